"""An index over its API: what must not happen to the token on its way."""

import socket
from pathlib import Path

import pytest

from bonded.cli.main import main
from index_world import serving, world


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy"])
def test_over_plain_http_no_proxy_reads_the_token(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
) -> None:
    """Plain http is for this machine; a proxy of the environment is not asked, and does not see the token."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with (
        socket.create_server(("127.0.0.1", 0)) as proxy,
        world(tmp_path) as stage,
        serving(stage.index.app) as address,
    ):
        proxy.setblocking(False)
        monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        monkeypatch.setenv("BONDED_TOKEN", stage.index.administration.new_token("root"))
        code = main(["publisher", "list", "--url", address])
        with pytest.raises(BlockingIOError):
            proxy.accept()

    assert (code, capsys.readouterr().out) == (0, "There are no publishers.\n")
