"""`bonded serve` as it is run: the token's file, flags and variables, renewed certificates, the log."""

import json
import signal
import stat
from pathlib import Path

import pytest

from bonded.cli.main import main
from served_world import certificate, started


def test_the_token_goes_into_a_file(tmp_path: Path) -> None:
    """With `--admin-token-out` the token is in no output, and its file is for the owner alone; later starts keep it."""
    options = ("--data", "data", "--port", "0", "--admin-token-out", "token")
    kept = []
    for _ in range(2):
        process, said = started(tmp_path, *options)
        process.terminate()
        process.communicate(timeout=30)
        kept.append((said["admin_token"], said["admin_token_file"]))
    token = (tmp_path / "token").read_text().strip()

    assert kept == [(None, "token"), (None, None)]
    assert token.startswith("bonded-")
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600


def test_a_file_that_cannot_be_written_loses_no_token(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file is opened before a token is made; a new token replaces what is in it."""
    data, out = tmp_path / "data", tmp_path / "token"
    process, said = started(tmp_path, "--data", "data", "--port", "0")
    process.terminate()
    process.communicate(timeout=30)
    words = ["serve", "--data", str(data), "--new-admin-token", "--admin-token-out"]
    codes = [main([*words, str(tmp_path / "no" / "token")]), main([*words, str(out)])]
    printed = capsys.readouterr()

    assert codes == [2, 0]
    assert "token cannot be written: No such file" in printed.err
    assert printed.out == ""
    assert out.read_text().strip() not in {"", said["admin_token"]}


def test_flags_are_stronger_than_the_environment(tmp_path: Path) -> None:
    """A flag counts before a variable, a variable before the file; `BONDED_DATA` and `BONDED_CONFIG` name both."""
    (tmp_path / "own.toml").write_text(
        'name = "A"\n[mint]\naudience = "file"\n[log]\nlevel = "info"\n'
    )
    environ = {
        "BONDED_DATA": "data",
        "BONDED_CONFIG": "own.toml",
        "BONDED_NAME": "B",
        "BONDED_LISTEN_HOST": "127.0.0.1",
        "BONDED_LISTEN_PORT": "1",
        "BONDED_LOG_LEVEL": "error",
    }
    process, said = started(
        tmp_path, "--port", "0", "--log-level", "debug", "--log-format", "text", environ=environ
    )
    process.terminate()
    _, err = process.communicate(timeout=30)

    assert (said["name"], said["audience"]) == ("B", "file")
    assert said["configuration"] == str(tmp_path / "own.toml")
    assert not said["listen"].endswith(":1")
    assert "Traceback" not in err


def test_a_variable_that_is_misspelt_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule in the environment that would silently not count keeps the index from being served."""
    monkeypatch.setenv("BONDED_MINT_MAX_LIVETIME", "60")

    assert main(["serve", "--data", str(tmp_path / "data"), "--port", "0"]) == 2
    assert "did you mean 'BONDED_MINT_MAX_LIFETIME'?" in capsys.readouterr().err


def test_a_renewed_certificate_is_shown(tmp_path: Path) -> None:
    """After SIGHUP new connections see what is in the files by then; the settings may name them."""
    import ssl

    tls = certificate(tmp_path, "localhost")
    (tmp_path / "own.toml").write_text(
        f'[listen]\ntls-cert = "{tls.chain}"\ntls-key = "{tls.key}"\n'
    )
    process, said = started(tmp_path, "--data", "d", "--port", "0", "--config", "own.toml")
    port = int(said["listen"].rpartition(":")[2])
    before = ssl.get_server_certificate(("127.0.0.1", port))
    certificate(tmp_path, "localhost", "second")
    process.send_signal(signal.SIGHUP)
    after = before
    while after == before:  # the signal is heard within a moment
        after = ssl.get_server_certificate(("127.0.0.1", port))
    process.terminate()
    _, err = process.communicate(timeout=30)

    assert said["address"].startswith("https://localhost:")
    assert (
        f"read anew, for connections from now on: {tls.chain} (for localhost, second, until" in err
    )
    assert process.returncode == 143


def test_requests_have_lines_in_the_log(tmp_path: Path) -> None:
    """One object a line on standard error; those of watchers only where everything is wanted."""
    import urllib.request

    found = {}
    for level in ("info", "debug"):
        environ = {"BONDED_LOG_REQUESTS": "true", "BONDED_LOG_LEVEL": level}
        process, said = started(tmp_path, "--data", "d", "--port", "0", environ=environ)
        for path in ("/simple/", "/health"):
            urllib.request.urlopen(said["address"] + path, timeout=30).close()
        process.terminate()
        _, err = process.communicate(timeout=30)
        lines = [json.loads(line) for line in err.splitlines()]
        found[level] = [line["path"] for line in lines if line["logger"] == "bonded.request"]

    assert found == {"info": ["/simple/"], "debug": ["/simple/", "/health"]}
