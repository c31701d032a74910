"""`bonded rehearse`: arguments in, report out."""

import argparse
import gc
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bonded.errors import UsageError
from bonded.rehearsal.stage.sigstore.faults import Fault

if TYPE_CHECKING:
    from bonded.rehearsal.report import Report
    from bonded.rehearsal.stage.setting import Surroundings

_EPILOG = """\
examples:
  bonded rehearse                               the release of the project in this folder
  bonded rehearse --tag v1.2.0rc1               the same, for this tag
  bonded rehearse --event push --branch main    a push to main, with its TestPyPI leg
  bonded rehearse --html report.html --offline  nothing but what is cached, and a page to show

Nothing reaches PyPI or TestPyPI; other hosts can be reached unless --offline closes them too.
Exit code 0 is READY, 1 is NOT READY or not rehearsed.
"""


GARBAGE = 100_000
"""New objects between two collections; Python's own default is 700."""

_ONE: dict[str, object] = {"default": ""}
_MANY: dict[str, object] = {"action": "append", "default": []}
_FLAG: dict[str, object] = {"action": "store_true"}
_PATH: dict[str, object] = {"type": Path}

# Of each option its names, its settings, what its value is called (empty for a flag), and its help.
_OPTIONS: tuple[tuple[tuple[str, ...], dict[str, object], str, str], ...] = (
    (
        ("--event",),
        {**_ONE, "choices": ("push", "release", "workflow_dispatch")},
        "",
        "play this event",
    ),
    (("--tag",), _ONE, "TAG", "the tag of the release (default: from the version)"),
    (("--branch",), _ONE, "BRANCH", "play a push to this branch, or a dispatch on it"),
    (("--input",), _MANY, "NAME=VALUE", "an input of workflow_dispatch"),
    (("--workflow",), _MANY, "FILE", "play only this workflow file"),
    (("--repository",), _ONE, "OWNER/NAME", "the repository at GitHub"),
    (("--dirty",), _FLAG, "", "include what is not committed"),
    (("--secret",), _MANY, "NAME=VALUE", "a secret that steps may read"),
    (("--secrets",), _PATH, "FILE", "secrets as NAME=VALUE lines"),
    (("--var",), _MANY, "NAME=VALUE", "a configuration variable"),
    (("--offline",), _FLAG, "", "refuse every host that is not on the stage"),
    (("--no-isolation",), _FLAG, "", "do not keep steps in by namespaces of the kernel"),
    (("--keep-index",), _PATH, "DIR", "keep the stage's indexes here for the next rehearsal"),
    (
        ("--sigstore-fault",),
        {**_MANY, "choices": tuple(map(str, Fault))},
        "FAULT",
        f"let the stage's Sigstore fail: {', '.join(Fault)}",
    ),
    (("--plan",), _FLAG, "", "say what would be played, and play nothing"),
    (("--json",), _FLAG, "", "print the report as JSON"),
    (("--html",), _PATH, "FILE", "write the report as one page"),
    (("-q", "--quiet"), _FLAG, "", "no progress, only the verdict and its causes"),
    (("-v", "--verbose"), _FLAG, "", "print every line of every step"),
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.description = "Play the project's own release workflow, unmodified, on this machine."
    parser.epilog = _EPILOG
    parser.add_argument(
        "path",
        nargs="?",
        default=Path(),
        type=Path,
        help="the project's folder (default: this one)",
    )
    for names, settings, metavar, text in _OPTIONS:
        extra: dict[str, Any] = {**settings, "help": text}
        if metavar:
            extra["metavar"] = metavar
        parser.add_argument(*names, **extra)
    parser.set_defaults(run=rehearse)


def rehearse(options: argparse.Namespace) -> int:
    """Play, print and return the exit code."""
    # What the servers load stays: the collector need not look at it again and again while it is loaded.
    gc.set_threshold(GARBAGE)
    from bonded.cli.console import Progress, color_wanted
    from bonded.rehearsal.preparation import Request
    from bonded.rehearsal.processes import Stop
    from bonded.rehearsal.rehearse import rehearse as play
    from bonded.rehearsal.report import Verdict
    from bonded.rehearsal.script import Wishes
    from bonded.rehearsal.stage.isolation import leave_keyring

    request = Request(
        path=options.path,
        wishes=Wishes(
            event=options.event,
            tag=options.tag,
            branch=options.branch,
            inputs=_pairs(options.input, "--input"),
            workflows=tuple(options.workflow),
            variables=_pairs(options.var, "--var"),
        ),
        repository=options.repository,
        dirty=options.dirty,
        secrets=_secrets(options),
    )
    _check_page(options.html)
    _check_wishes(options)
    quiet = options.quiet or options.plan
    watcher = Progress(
        sys.stderr, color=color_wanted(sys.stderr), quiet=quiet, verbose=options.verbose
    )
    leave_keyring()
    stop = Stop()
    # A signal is only noted while this block runs, so a report is printed and written whole or not at all.
    with stop.on_signals():
        report = play(
            request, around=_around(options), watcher=watcher, stop=stop, plan_only=options.plan
        )
        _show(report, options)
    stop.close()
    return 0 if options.plan or report.verdict is Verdict.READY else 1


def _show(report: "Report", options: argparse.Namespace) -> None:
    from bonded.cli.console import color_wanted
    from bonded.rehearsal.report_text import render

    if options.json:
        json.dump(report.as_data(), sys.stdout, indent=2)
        print(flush=True)
    else:
        color = color_wanted(sys.stdout)
        print(render(report, color=color, quiet=options.quiet), flush=True)
    if options.html:
        from bonded.rehearsal.report_page import render_page

        _write(options.html, render_page(report))
    if os.environ.get("GITHUB_ACTIONS") == "true" and not report.planned:
        _tell_github(report)


def _tell_github(report: "Report") -> None:
    """Add the report to the step's summary and annotate the workflow; on standard error, so that JSON stays JSON."""
    from bonded.cli.actions import annotations, summary

    for line in annotations(report):
        print(line, file=sys.stderr)
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(summary(report))


def _around(options: argparse.Namespace) -> "Surroundings":
    from bonded.rehearsal.stage.setting import Surroundings

    home = Path.home()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return Surroundings(
        environ=dict(os.environ),
        home=home,
        cache=_cache(Path(os.environ.get("BONDED_CACHE_DIR") or cache / "bonded") / "upstream"),
        offline=options.offline,
        isolate=not options.no_isolation,
        keep_index=options.keep_index.resolve() if options.keep_index else None,
        sigstore_faults=frozenset(map(Fault, options.sigstore_fault)),
    )


def _pairs(texts: Iterable[str], option: str) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise UsageError(f"{option} wants NAME=VALUE, got {name!r}")
        pairs[name] = value
    return pairs


def _secrets(options: argparse.Namespace) -> dict[str, str]:
    found: dict[str, str] = {}
    if options.secrets:
        try:
            lines = options.secrets.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"the secrets in {options.secrets} cannot be read: {error}") from None
        for number, line in enumerate(lines, 1):
            name, equals, value = line.partition("=")
            if not line.strip() or line.startswith("#"):
                continue
            if not equals:
                raise UsageError(f"{options.secrets}:{number}: expected NAME=VALUE")
            found[name.strip()] = value
    return {**found, **_pairs(options.secret, "--secret")}


def _check_page(path: Path | None) -> None:
    """Refuse an unwritable page before the play, not after it."""
    if path is not None and not path.resolve().parent.is_dir():
        raise UsageError(f"the folder of {path} does not exist")


def _check_wishes(options: argparse.Namespace) -> None:
    """Refuse wishes of which one would silently win."""
    if options.branch and options.tag:
        raise UsageError("--tag and --branch are two different events", hint="give one of them")
    if options.branch and options.event == "release":
        raise UsageError("a release is made of a tag, not of a branch", hint="give --tag")
    if options.quiet and options.verbose:
        raise UsageError("--quiet and --verbose contradict each other")
    if options.keep_index and options.keep_index.exists() and not options.keep_index.is_dir():
        raise UsageError(f"--keep-index wants a folder, and {options.keep_index} is a file")


def _cache(folder: Path) -> Path:
    """Return the folder if it can be written; UsageError before anything is played otherwise."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"the cache folder {folder} cannot be made: {error.strerror}",
            hint="set BONDED_CACHE_DIR to a folder that can be written",
        ) from None
    if not os.access(folder, os.W_OK):
        raise UsageError(
            f"the cache folder {folder} cannot be written",
            hint="set BONDED_CACHE_DIR to one that can",
        )
    return folder


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
