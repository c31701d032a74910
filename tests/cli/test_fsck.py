"""`bonded fsck` as a person runs it: what it says, and with which code it ends."""

import json
from pathlib import Path

import pytest

from bonded.cli.fsck import _Progress
from bonded.cli.main import main
from bonded.index.blobs import Folder
from bonded.index.running.data_folder import Served, make_folder, write_served
from index_world import wheel_offer, world


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Give the folder of an index with one file, and bytes that nothing refers to."""
    folder = tmp_path / "data"
    make_folder(folder)
    write_served(folder, Served(audience="x"))
    with world(folder) as stage:
        assert stage.upload(wheel_offer()).status_code == 200
    store = Folder(folder / "files")
    for number in range(22):
        spool = store.spool()
        spool.write(bytes([number]))
        spool.finish()
        spool.keep()
        spool.discard()
    store.close()
    return folder


def blob(data: Path) -> Path:
    """Return where the published file lies."""
    return next(path for path in data.glob("files/??/*") if path.stat().st_size > 1)


def test_leftovers_are_told_and_given_back(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They are no fault: the index is whole before and after."""
    codes, texts = [], []
    for options in ([], ["--fix"], ["--quick"]):
        codes.append(main(["fsck", "--data", str(data), *options]))
        texts.append(capsys.readouterr().out)

    assert codes == [0, 0, 0]
    assert texts[0].count("no file refers to it") == 20
    assert "… and 2 more" in texts[0]
    assert (
        "1 files, 0.0 MiB read: the index is whole; 0.0 MiB to be given back by --fix" in texts[0]
    )
    assert texts[1].count("removed") == 20
    assert "given back" in texts[1]
    assert texts[2] == "1 files, 0.0 MiB looked at, not read: the index is whole\n"


def test_a_fault_is_told_and_ends_with_1(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is gone is named with what was expected, for people and as JSON."""
    blob(data).unlink()
    codes = [main(["fsck", "--data", str(data), *more]) for more in ([], ["--json"])]
    text, _, rest = capsys.readouterr().out.partition("\n{")
    found = json.loads("{" + rest)

    assert codes == [1, 1]
    assert text.startswith("greeter-1.0-py3-none-any.whl: bytes: expected ")
    assert "1 violations" in text
    assert found["violations"][0]["check"] == "bytes"
    assert (found["files"], found["read"], len(found["orphans"])) == (1, True, 22)


def test_what_is_no_index_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is made where there is no index."""
    assert main(["fsck", "--data", str(tmp_path / "none")]) == 2
    assert "holds no index" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("wanted", [True, False])
def test_progress_is_one_line_that_goes(
    *, wanted: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is drawn over, a few times a second at most, and taken away in the end."""
    progress = _Progress(wanted=wanted)
    for done in (64, 65):
        progress.tell(done, 1000)
    progress.end()
    out, err = capsys.readouterr()

    assert out == ""
    assert err == ("\r\x1b[K 25%  1,000 files\r\x1b[K" if wanted else "")
