import base64
import json
from pathlib import Path

import pytest

from bonded.rehearsal.actions.build_and_inspect import ACTION
from bonded.rehearsal.actions.role import StepFailed
from bonded.rehearsal.stage.github import IdentityAccess
from stage_world import World, repository

# A build back end in the project itself, so that a build needs nothing from any index.
BACKEND = """
import gzip, io, os, tarfile, zipfile

META = open("META").read()

def build_sdist(folder, settings=None):
    files = {"PKG-INFO": META, **{n: open(n).read() for n in ("META", "backend.py", "pyproject.toml")}}
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo("tool-1.0/" + name)
            entry.size, entry.mtime = len(text.encode()), int(os.environ["SOURCE_DATE_EPOCH"])
            archive.addfile(entry, io.BytesIO(text.encode()))
    with open(os.path.join(folder, "tool-1.0.tar.gz"), "wb") as out:
        out.write(gzip.compress(stream.getvalue(), mtime=0))
    return "tool-1.0.tar.gz"

def build_wheel(folder, settings=None, metadata=None):
    name = "tool-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as archive:
        archive.writestr("tool.py", "")
        archive.writestr("tool-1.0.dist-info/METADATA", META)
        archive.writestr("tool-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        archive.writestr("tool-1.0.dist-info/RECORD", "")
    return name
"""
FILES = {
    "pyproject.toml": "[project]\nname = 'tool'\nversion = '1.0'\n"
    "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n",
    "backend.py": BACKEND,
    "META": "Metadata-Version: 2.1\nName: tool\nVersion: 1.0\n"
    "Classifier: Programming Language :: Python\n"
    "Classifier: Programming Language :: Python :: 3.11\n"
    "Classifier: Programming Language :: Python :: 3.12\n"
    "Description-Content-Type: text/markdown\n\nA tool.\n",
}


@pytest.fixture
def project(world: World) -> World:
    """A stage whose workspace is a project that builds itself."""
    repository(world.workspace, FILES)
    return world


def env(world: World) -> dict[str, str]:
    return world.env | {"UV_PYTHON": str(world.theatre.toolbox.own.program)}


def test_a_project_is_built_checked_and_handed_on(project: World) -> None:
    """The artifact holds sdist and wheel; the outputs tell what the metadata says."""
    call = project.play(ACTION, env=env(project), upload_name_suffix="-x")
    (artifact,) = project.theatre.artifacts.all()
    dist = Path(call.outputs["dist"])
    jobs = json.loads(call.outputs["supported_python_classifiers_json_job_matrix_value"])

    assert (artifact.name, artifact.files) == ("Packages-x", 2)
    assert call.outputs["artifact-name"] == "Packages-x"
    assert {path.name for path in dist.iterdir()} >= {
        "tool-1.0.tar.gz",
        "tool-1.0-py3-none-any.whl",
    }
    assert (call.outputs["package_name"], call.outputs["package_version"]) == ("tool", "1.0")
    assert jobs == {"python-version": ["3.11", "3.12"]}
    assert any("check-wheel-contents" in text for text in project.theatre.report.differences)


def test_the_wheel_may_be_left_out(project: World) -> None:
    """`skip-wheel` builds the sdist alone."""
    project.play(ACTION, env=env(project), skip_wheel="true")

    assert project.theatre.artifacts.all()[0].files == 1


def test_a_provenance_may_be_attested(
    project: World, signing: World, access: IdentityAccess
) -> None:
    """With `attest-build-provenance-github` the files are subjects of one statement, where the job may sign."""
    call = signing.play(
        ACTION,
        env=env(project),
        attest_build_provenance_github="true",
        permissions={"attestations": "write"},
        identity=access,
    )
    bundle = json.loads(Path(call.outputs["bundle-path"]).read_text())
    statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))

    assert len(statement["subject"]) == 2


@pytest.mark.parametrize(
    "meta",
    [
        "Metadata-Version: 2.1\nName: tool\n",
        FILES["META"].replace("Version: 1.0", "Version: 1.0\nRequires-Dist: !"),
    ],
)
def test_a_bad_build_fails(world: World, meta: str) -> None:
    """What cannot be built, or does not pass the checks, fails the step."""
    repository(world.workspace, FILES | {"META": meta})

    with pytest.raises(StepFailed, match="ended with exit code"):
        world.play(ACTION, env=env(world))


def test_an_odd_sdist_fails(world: World) -> None:
    """An sdist that the index would refuse is refused here."""
    odd = BACKEND.replace('"tool-1.0/" + name', "name")
    repository(world.workspace, FILES | {"backend.py": odd})
    with pytest.raises(StepFailed):
        world.play(ACTION, env=env(world), skip_wheel="true")


def test_the_folder_must_exist(world: World) -> None:
    """A path that is no folder fails the step."""
    with pytest.raises(StepFailed, match="the folder 'none' does not exist"):
        world.play(ACTION, path="none")
