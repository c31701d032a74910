"""pypa/gh-action-pypi-publish: metadata check, trusted publishing, upload by twine.

The checks come in the action's order and end the step with its sentences; the token exchange and the upload are real
requests to the stage's index, the upload by the real twine; attestations are signed by the stage's Sigstore. As in the
action, twine gets all that is visible in the folder, so that a file which is no distribution ends the step.
"""

import sys
from pathlib import Path

from bonded.dists import endpoints
from bonded.rehearsal.actions.attesting import SUFFIX, attest_files
from bonded.rehearsal.actions.identity import host_of, mint
from bonded.rehearsal.actions.role import Call, Input, StandIn, StepFailed

_SUFFIXES = (".whl", ".tar.gz", ".zip")


def _play(call: Call) -> None:
    call.inputs = _renamed(call)
    url = call.inputs["repository-url"] or endpoints.pypi().upload_url
    folder = call.path("packages-dir")
    files = _distributions(call, folder)
    password = call.inputs["password"].strip()
    token = password or mint(call, url)
    if not password:
        call.log("Trusted publishing: an upload token was minted from the job's identity")
    if call.flag("verify-metadata"):
        call.run(_twine("check", *_visible(folder)))
    attested = call.flag("attestations") and not password and _attest(call, url, files)
    if call.flag("print-hash"):
        for file in files:
            call.log(f"{file.name} sha256:{call.digest(file)}")
    command = _twine("upload", "--non-interactive", "--disable-progress-bar")
    command += ["--skip-existing"] if call.flag("skip-existing") else []
    command += ["--verbose"] if call.flag("verbose") else []
    command += ["--attestations"] if attested else []
    call.run(
        [*command, *_visible(folder)],
        env={
            "TWINE_USERNAME": call.inputs["user"],
            "TWINE_PASSWORD": token,
            "TWINE_REPOSITORY_URL": url,
        },
    )


def _renamed(call: Call) -> dict[str, str]:
    """Return the inputs with what was given under old names."""
    values = dict(call.inputs)
    for old in _OLD_NAMES:
        if values[old]:
            new = old.replace("_", "-")
            call.log(f"::warning::The input {old} is deprecated; use `{new}`")
            if values[new] == _INPUTS[new].default:
                values[new] = values[old]
    return values


def _twine(*arguments: str) -> list[str]:
    # The action brings its own twine in an image of its own; here it is the stage's.
    return [sys.executable, "-m", "twine", *arguments]


def _distributions(call: Call, folder: Path) -> list[Path]:
    entries = (
        sorted(folder.iterdir()) if folder.is_dir() and call.theatre.inside.holds(folder) else []
    )
    files = [path for path in entries if path.name.endswith(_SUFFIXES) and path.is_file()]
    if not files:
        raise StepFailed(
            f"It looks like there are no Python distribution packages in the directory '{folder}'.",
            hint="is the artifact downloaded into `packages-dir` (default `dist/`)?",
        )
    odd = [path.name for path in entries if path.name.endswith(_SUFFIXES) and not path.is_file()]
    if odd:
        raise StepFailed(f"These paths look like distributions but are not files: {', '.join(odd)}")
    left = [path.name for path in entries if path.name.endswith(SUFFIX)]
    if left:
        raise StepFailed(
            f"The following distributions already have publish attestations: {', '.join(left)}",
            hint="an earlier publish step of the same job left them; publish to each index from a job of its own",
        )
    return files


def _visible(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.iterdir() if not path.name.startswith("."))


def _attest(call: Call, url: str, files: list[Path]) -> bool:
    """Leave an attestation beside each file, and return whether this index has a use for them."""
    if endpoints.for_host(host_of(url)) is None:
        call.log("::warning::attestations are made for PyPI and TestPyPI only; none here")
        return False
    # The action leaves them beside the files, too; a second publish step of the same job stumbles over them.
    attest_files(call, [path for path in files if not path.name.endswith(".zip")])
    return True


_INPUTS = {
    "user": Input("__token__"),
    "password": Input(),
    "repository-url": Input(),
    "packages-dir": Input("dist"),
    "verify-metadata": Input("true"),
    "skip-existing": Input("false"),
    "verbose": Input("false"),
    "print-hash": Input("false"),
    "attestations": Input("true"),
}
# The names before version 1.5, with underscores: still taken, with a warning.
_OLD_NAMES = ("repository_url", "packages_dir", "verify_metadata", "skip_existing", "print_hash")

ACTION = StandIn(
    names=("pypa/gh-action-pypi-publish",),
    inputs=_INPUTS | dict.fromkeys(_OLD_NAMES, Input()),
    act=_play,
)
