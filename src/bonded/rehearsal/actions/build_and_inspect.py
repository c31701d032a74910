"""hynek/build-and-inspect-python-package: build, check, and hand on as the artifact `Packages`."""

import json
import sys
from pathlib import Path

from bonded.dists import archives
from bonded.rehearsal.actions import attest
from bonded.rehearsal.actions.role import Call, Input, StandIn, StepFailed
from bonded.rehearsal.actions.upload_artifact import store

_CLASSIFIER = "Programming Language :: Python :: 3."


def _play(call: Call) -> None:
    project = call.path("path")
    if not project.is_dir():
        raise StepFailed(f"the folder '{call.inputs['path']}' does not exist in the workspace")
    dist = call.temp / "baipp" / "dist"
    epoch = call.run(["git", "log", "-1", "--pretty=%ct"], cwd=project, quiet=True)
    only = ["--sdist"] if call.flag("skip-wheel") else []
    call.run(
        [
            str(call.theatre.toolbox.uv),
            "build",
            "--no-progress",
            *only,
            "--out-dir",
            str(dist),
            str(project),
        ],
        env={"SOURCE_DATE_EPOCH": epoch.strip()},
    )
    files = sorted(path for path in dist.iterdir() if path.name.endswith((".whl", ".tar.gz")))
    call.run([sys.executable, "-m", "twine", "check", "--strict", *map(str, files)])
    name = f"Packages{call.inputs['upload-name-suffix']}"
    store(call, name, [(path, path.name) for path in files])
    if call.flag("attest-build-provenance-github"):
        attest.attest(call, attest_subjects(call, files))
    call.outputs["dist"] = str(dist)
    call.outputs["artifact-name"] = name
    _describe(call, files)
    call.theatre.report.differ(
        "build-and-inspect-python-package also runs check-wheel-contents and prints the file trees; here it does not"
    )


def attest_subjects(call: Call, files: list[Path]) -> list[tuple[str, str]]:
    """Return the name and SHA-256 of each file."""
    return [(path.name, call.digest(path)) for path in files]


def _describe(call: Call, files: list[Path]) -> None:
    """Give the outputs that are read from the package's own metadata."""
    from packaging.metadata import Metadata

    sdist = next(path for path in files if path.name.endswith(".tar.gz"))
    with call.theatre.inside.read(sdist) as stream:
        contents = archives.read_sdist(stream)
    if isinstance(contents, archives.ArchiveFault):
        raise StepFailed(f"{sdist.name}: {contents.reason}")
    metadata = Metadata.from_email(contents.metadata, validate=False)
    supported = [
        line.removeprefix("Programming Language :: Python :: ")
        for line in metadata.classifiers or []
        if line.startswith(_CLASSIFIER)
    ]
    call.outputs["package_name"] = metadata.name
    call.outputs["package_version"] = str(metadata.version)
    call.outputs["supported_python_classifiers_json_array"] = json.dumps(supported)
    call.outputs["supported_python_classifiers_json_job_matrix_value"] = json.dumps(
        {"python-version": supported}
    )


ACTION = StandIn(
    names=("hynek/build-and-inspect-python-package",),
    inputs={
        "path": Input("."),
        "skip-wheel": Input("false"),
        "upload-name-suffix": Input(),
        "attest-build-provenance-github": Input("false"),
    },
    act=_play,
)
