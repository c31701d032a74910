import pytest

from bonded.rehearsal.stage.holder import masked_sockets, places

TABLE = """Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 20000 /run/docker.sock
0000000000000000: 00000002 00000000 00010000 0001 01 20000 /run/docker.sock
0000000000000000: 00000002 00000000 00010000 0005 01 20001 /run/with a space
0000000000000000: 00000002 00000000 00010000 0001 01 20002 @/tmp/.X11-unix/X0
0000000000000000: 00000003 00000000 00000000 0001 03 20003 /run/connected
0000000000000000: 00000002 00000000 00010000 0001 01 20004 /stage/own.sock
0000000000000000: 00000002 00000000 00010000 0001 01 20005
"""


def test_sockets_of_daemons_are_masked() -> None:
    """Who listens at a path is masked once; abstract, unnamed and the stage's own sockets are not."""
    assert masked_sockets(TABLE, ["/stage"]) == ["/run/docker.sock", "/run/with a space"]


@pytest.mark.parametrize(
    ("writable", "readable", "expected"),
    [
        (["/stage"], ["/usr"], [("/stage", True)]),
        (["/tmp/s"], ["/tmp/venv"], [("/tmp/s", True), ("/tmp/venv", False)]),
        (["/tmp/a/s"], ["/tmp/a"], [("/tmp/a", False), ("/tmp/a/s", True)]),
        (["/tmp/a"], ["/tmp/a", "/tmpfiles"], [("/tmp/a", True)]),
    ],
)
def test_places_come_outermost_first(
    writable: list[str], readable: list[str], expected: list[tuple[str, bool]]
) -> None:
    """Only what a cover would hide must be put back for reading; what is inside another comes after it."""
    assert places(writable, readable, ["/tmp"]) == expected
