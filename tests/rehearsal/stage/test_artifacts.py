import hashlib
import zipfile
from pathlib import Path

import pytest

from bonded.rehearsal.stage.artifacts import FORBIDDEN, ArtifactError, Artifacts, unpack
from bonded.rehearsal.stage.inside import Inside
from stage_world import write


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file to upload."""
    return write(tmp_path, {"a.txt": "text"}) / "a.txt"


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    """The artifacts of a run that has none yet."""
    return Artifacts(tmp_path / "artifacts")


def test_an_artifact_is_found_by_all_its_marks(artifacts: Artifacts, file: Path) -> None:
    """Name, number and pattern lead to the same artifact, whose digest is its archive's."""
    made = artifacts.upload("dist-linux", [(file, "x/a.txt")])

    assert artifacts.all() == (made,)
    assert artifacts.by_name("dist-linux") is artifacts.by_id(1) is made
    assert artifacts.by_name("Dist-Linux") is artifacts.by_id(2) is None
    assert (made.files, made.size) == (1, made.archive.stat().st_size)
    assert made.digest == hashlib.sha256(made.archive.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*", ["dist-linux", "dist-macos", "docs"]),
        ("dist-*", ["dist-linux", "dist-macos"]),
        ("dist-{linux,macos}", ["dist-linux", "dist-macos"]),
        ("{do{c,t}s,dist-l*}", ["dist-linux", "docs"]),
        ("doc?", ["docs"]),
        ("DOCS", []),
        ("{docs}", []),
        ("d{", []),
    ],
)
def test_patterns_choose_names(
    artifacts: Artifacts, file: Path, pattern: str, names: list[str]
) -> None:
    """Globs are compared with the letters as they are; braces list alternatives."""
    for name in ("dist-linux", "dist-macos", "docs"):
        artifacts.upload(name, [(file, "a")])

    assert [artifact.name for artifact in artifacts.by_pattern(pattern)] == names


@pytest.mark.parametrize("char", FORBIDDEN)
def test_some_characters_are_no_part_of_a_name(artifacts: Artifacts, file: Path, char: str) -> None:
    """The service refuses what some file system could not store."""
    with pytest.raises(ArtifactError, match="is not valid"):
        artifacts.upload(f"a{char}b", [(file, "a")])


def test_a_name_is_needed_and_used_once(artifacts: Artifacts, file: Path) -> None:
    """An empty name is refused, a used one too, unless it is to be overwritten."""
    with pytest.raises(ArtifactError, match="is empty"):
        artifacts.upload("", [])
    first = artifacts.upload("a", [(file, "a")])
    with pytest.raises(ArtifactError, match="409"):
        artifacts.upload("a", [(file, "a")])
    second = artifacts.upload("a", [(file, "b")], overwrite=True)

    assert (first.id, second.id) == (1, 2)
    assert artifacts.all() == (second,)
    assert artifacts.by_id(1) is None


def test_the_same_files_have_the_same_digest(artifacts: Artifacts, file: Path) -> None:
    """Neither time nor mode goes into the archive."""
    first = artifacts.upload("a", [(file, "a")])
    file.chmod(0o755)
    file.touch()

    assert artifacts.upload("b", [(file, "a")]).digest == first.digest


def test_what_went_in_comes_out(artifacts: Artifacts, file: Path, tmp_path: Path) -> None:
    """Files land below the folder under the names that they have inside."""
    unpack(
        artifacts.upload("a", [(file, "x/a.txt"), (file, "b")]),
        tmp_path / "new" / "out",
        Inside(tmp_path),
    )

    assert (tmp_path / "new" / "out" / "x" / "a.txt").read_text() == "text"
    assert (tmp_path / "new" / "out" / "b").read_text() == "text"


def test_what_was_exchanged_is_refused(artifacts: Artifacts, file: Path, tmp_path: Path) -> None:
    """An archive that is not what was uploaded is not unpacked."""
    made = artifacts.upload("a", [(file, "a")])
    with zipfile.ZipFile(made.archive, "w") as packed:
        packed.writestr("evil", "")

    with pytest.raises(ArtifactError, match="digest"):
        unpack(made, tmp_path / "out", Inside(tmp_path))
    assert not (tmp_path / "out").exists()
