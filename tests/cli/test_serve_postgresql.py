"""`bonded serve` with its book in PostgreSQL, as a process."""

import json
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from bonded.cli.main import main
from bonded.index.running.data_folder import read_served
from books import new_database, programs
from index_world import wheel_offer
from served_world import started

FILE = str(wheel_offer().filename)


@contextmanager
def served(folder: Path, data: Path, config: Path) -> Iterator[dict[str, Any]]:
    """Serve while the block runs, and give what was said."""
    words = ("--data", str(data), "--config", str(config), "--port", "0")
    process, said = started(folder, *words)
    try:
        yield said
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def settings(folder: Path, database: str) -> Path:
    """Write settings that name a database."""
    path = folder / f"{database.partition('?')[0].rpartition('/')[2]}.toml"
    path.write_text(f"[database]\nurl = {json.dumps(database)}\n")
    return path


def used(folder: Path, data: Path, config: Path) -> dict[str, Any]:
    """Serve an index, publish a file there, and return what its start said."""
    with served(folder, data, config) as said:
        words = ("token", "add", "up", "--scope", "upload", "--project", "greeter", "--create")
        out = folder / f"{config.stem}-token"
        assert main([*words, "--out", str(out), "--data", str(data)]) == 0
        body, kind = wheel_offer().body()
        bearer = f"Bearer {out.read_text().strip()}"
        answer = httpx2.post(
            f"{said['address']}/legacy/",
            content=body,
            headers={"content-type": kind, "authorization": bearer},
        )
        assert answer.status_code == 200, answer.text
    return said


def test_a_folder_of_another_book_is_not_served(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty folder on a used book, as of a disk that is not mounted, is refused until it is the right one."""
    config, data = settings(tmp_path, new_database()), tmp_path / "data"
    used(tmp_path, data, config)
    data.rename(tmp_path / "elsewhere")
    serve = ["serve", "--data", str(data), "--config", str(config), "--port", "0"]
    refused = [main(serve), main(serve), main(["fsck", *serve[1:5]])]
    told = capsys.readouterr().err
    shutil.rmtree(data)
    (tmp_path / "elsewhere").rename(data)

    assert refused == [2, 2, 2]
    assert told.count(f"{data} is not the folder of the files that the book") == 3
    assert f'write "folder": "{read_served(data).folder}" into it' in told
    with served(tmp_path, data, config) as said:
        assert FILE in httpx2.get(f"{said['address']}/simple/greeter/").text


def test_servers_share_a_book_and_its_folder(tmp_path: Path) -> None:
    """Two servers, one of which sees the folder by another path, as on another machine, serve the same index."""
    config, data = settings(tmp_path, new_database()), tmp_path / "data"
    used(tmp_path, data, config)
    (tmp_path / "mounted").symlink_to(data)
    with (
        served(tmp_path, data, config) as first,
        served(tmp_path, tmp_path / "mounted", config) as second,
    ):
        pages = [httpx2.get(f"{one['address']}/simple/greeter/").text for one in (first, second)]

    assert pages[0] == pages[1]
    assert FILE in pages[0]


def test_a_dump_and_the_folder_become_the_same_index(tmp_path: Path) -> None:
    """What the page of the docs says brings everything back: the book, the files and the audience."""
    book, data, back = new_database(), tmp_path / "data", tmp_path / "back"
    before = used(tmp_path, data, settings(tmp_path, book))
    dump, again = tmp_path / "book.dump", new_database()
    for command in (
        ("pg_dump", "--format=custom", f"--file={dump}", book),
        ("pg_restore", "--exit-on-error", "--no-owner", f"--dbname={again}", str(dump)),
    ):
        subprocess.run([str(programs() / command[0]), *command[1:]], check=True)
    config = settings(tmp_path, again)
    back.mkdir()
    shutil.copytree(data / "files", back / "files")
    without = main(["serve", "--data", str(back), "--config", str(config)])
    shutil.copy(data / "served.json", back)

    assert without == 2
    assert main(["fsck", "--data", str(back), "--config", str(config)]) == 0
    with served(tmp_path, back, config) as said:
        page = httpx2.get(f"{said['address']}/simple/greeter/")
    assert FILE in page.text
    assert said["audience"] == before["audience"] == read_served(back).audience
