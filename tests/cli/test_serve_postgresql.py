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
