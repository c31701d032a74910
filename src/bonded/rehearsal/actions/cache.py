"""actions/cache with its restore and save halves, over the evening's own cache service."""

from pathlib import Path

from bonded.rehearsal.actions.role import Call, Input, StandIn, StepFailed
from bonded.rehearsal.stage import caches


def _paths(call: Call) -> list[Path]:
    home = call.env.get("HOME", "")
    found: list[Path] = []
    for line in call.lines("path"):
        text = home + line[1:] if line == "~" or line.startswith("~/") else line
        if "*" in text:
            base = Path("/") if text.startswith("/") else call.workspace
            found.extend(sorted(base.glob(text.lstrip("/"))))
        else:
            found.append(call.workspace / text)
    return found


def _restore(call: Call) -> None:
    key = call.inputs["key"]
    entry = call.theatre.caches.find(key, call.lines("restore-keys"))
    call.outputs["cache-primary-key"] = key
    if entry is None:
        call.outputs["cache-hit"] = ""
        if call.flag("fail-on-cache-miss"):
            raise StepFailed(
                f"Failed to restore cache entry. Exiting as fail-on-cache-miss is set. Input key: {key}",
                hint="caches are empty at the start of a rehearsal, as they are after a week without use",
            )
        call.log(f"Cache not found for input keys: {key}")
        return
    call.outputs["cache-hit"] = "true" if entry.key == key else "false"
    call.outputs["cache-matched-key"] = entry.key
    if not call.flag("lookup-only"):
        caches.restore(entry, call.workspace, call.theatre.inside)
    call.log(f"Cache restored from key: {entry.key}")


def _save(call: Call) -> None:
    if call.theatre.caches.save(call.inputs["key"], _paths(call), call.workspace):
        call.log(f"Cache saved with key: {call.inputs['key']}")
    else:
        call.log("Cache not saved: nothing to save, or the key is taken")


def _both(call: Call) -> None:
    _restore(call)
    if call.outputs["cache-hit"] != "true":
        call.posts.append(lambda: _save(call))


_KEY = {"path": Input(required=True), "key": Input(required=True)}
_RESTORE = {
    "restore-keys": Input(),
    "enablecrossosarchive": Input("false"),
    "fail-on-cache-miss": Input("false"),
    "lookup-only": Input("false"),
}
_SAVE = {"upload-chunk-size": Input(), "save-always": Input("false")}

ACTION = StandIn(names=("actions/cache",), inputs={**_KEY, **_RESTORE, **_SAVE}, act=_both)
RESTORE = StandIn(names=("actions/cache/restore",), inputs={**_KEY, **_RESTORE}, act=_restore)
SAVE = StandIn(
    names=("actions/cache/save",),
    inputs={**_KEY, "upload-chunk-size": Input(), "enablecrossosarchive": Input("false")},
    act=_save,
)
