"""`bonded serve`: how it starts, what it says, and what it does not start on."""

import argparse
import asyncio
import json
import logging
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bonded.cli import serve
from bonded.cli.main import main
from bonded.cli.owner_where import open_administration_of
from bonded.dists.endpoints import known
from bonded.index import serving
from bonded.index.running.data_folder import Served, make_folder, read_served, write_served
from served_world import certificate, measured, started

ONLY_GITLAB = 'issuers-only = true\n[[issuers]]\nurl = "https://gitlab.com"\nkind = "gitlab"\n'


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--tls-cert", "chain.pem"), 2, "belong together"),
        (("--tls-cert", "none.pem", "--tls-key", "key.pem"), 2, "none.pem cannot be read"),
        (("--tls-cert", "chain.pem", "--tls-key", "text"), 2, "no certificate with its key"),
        (("--tls-cert", "chain.pem", "--tls-key", "locked.pem"), 2, "no certificate with its key"),
        (("--config", "none.toml"), 2, "none.toml: cannot be read"),
        (("--config", "bad.toml"), 2, "bad.toml: nane: unknown key"),
        (("--config", "rootless.toml"), 2, "bad.toml: not a trust root of Sigstore"),
        (("--port", "99999"), 2, "a port is 0 to 65535"),
        (("--host", "no.such.host.invalid"), 3, "cannot be listened on"),
        (("--host", "a" * 300), 3, "that is no name of a host"),
        (("--host", "a..b"), 3, "that is no name of a host"),
        (("--audience", known()[0].audience), 2, "is the audience of"),
        (("--audience", "a b"), 2, "an audience has no spaces"),
        (("--audience", ""), 2, "an audience is a text of 1 to 255"),
        (("--data", "foreign"), 2, "is no index"),
        (("--data", "text"), 2, "cannot be used"),
    ],
)
def test_what_it_does_not_start_on(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    *,
    code: int,
    said: str,
) -> None:
    """A wrong option is one clear sentence, and no traceback."""
    certificate(tmp_path, "localhost")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text").write_text("no certificate")
    (tmp_path / "bad.toml").write_text("nane = 1")
    (tmp_path / "rootless.toml").write_text('[attestations]\ntrust-root = "bad.toml"')
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "thesis.tex").touch()
    (tmp_path / "locked.pem").write_bytes(_locked())
    options = ["serve", "--data", "new", "--port", "0", *words]
    try:
        got = main(options)
    except SystemExit as error:  # argparse ends by itself
        got = int(error.code or 0)

    out, err = capsys.readouterr()
    assert (got, out) == (code, "")
    assert said in err
    assert "Traceback" not in err


def _locked() -> bytes:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )


def test_a_port_in_use_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another program on the port is an error of the machine."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--data", str(tmp_path / "d"), "--port", str(port)]) == 3

    assert f"127.0.0.1:{port} cannot be listened on: Address already in use\n" in (
        capsys.readouterr().err
    )


def test_the_first_start_says_everything(tmp_path: Path) -> None:
    """One line of JSON: where it is, its audience, whom it trusts, and the admin token, once."""
    options = ("--data", "data", "--port", "0")
    process, said = started(tmp_path, *options)
    second, again = started(tmp_path, *options)
    kept = read_served(tmp_path / "data").address
    for one, number in ((process, signal.SIGTERM), (second, signal.SIGINT)):
        one.send_signal(number)
        one.communicate(timeout=30)
    ends = [process.returncode, second.returncode]

    assert (
        kept == said["address"] != again["address"]
    )  # the first of several is the index's address
    assert said["upload"] == f"{said['address']}/legacy/"
    assert said["address"] == f"http://{said['audience']}"
    assert said["listen"].startswith("127.0.0.1:")
    assert said["issuers"]["https://gitlab.com"] == "gitlab"
    assert said["admin_token"].startswith("bonded-")
    assert (again["admin_token"], again["audience"]) == (None, said["audience"])
    assert ends == [143, 130]
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert said["admin_token"] not in _everything(tmp_path / "data")


def _everything(folder: Path) -> str:
    return "".join(
        path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file()
    )


def test_a_lost_token_is_replaced_beside_the_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A new admin token is all that is made: nothing else is served, and the server goes on as it was told."""
    (tmp_path / "own.toml").write_text(ONLY_GITLAB)
    process, said = started(
        tmp_path, *("--data", "data", "--port", "0", "--config", "own.toml", "--audience", "here")
    )
    before = (tmp_path / "data" / "served.json").read_text()
    words = ["serve", "--data", str(tmp_path / "data"), "--new-admin-token"]
    codes = [main(words), main([*words, "--json"])]
    process.terminate()
    process.communicate(timeout=30)
    text, json_line = capsys.readouterr().out.splitlines()
    tokens = [said["admin_token"], text, json.loads(json_line)["admin_token"]]

    assert codes == [0, 0]
    assert len(set(tokens)) == 3
    assert all(token.startswith("bonded-") for token in tokens)
    assert (tmp_path / "data" / "served.json").read_text() == before


def test_only_an_index_gets_a_new_token(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that holds no index is not made one for the sake of a token."""
    assert main(["serve", "--data", str(tmp_path / "new"), "--new-admin-token"]) == 2
    assert "holds no index" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_later_starts_keep_the_rules(tmp_path: Path) -> None:
    """A start without `--config` uses that of the start before, and says so: it is never laxer in silence."""
    (tmp_path / "own.toml").write_text(ONLY_GITLAB)
    kept = []
    for more in (("--config", "own.toml"), (), ()):
        process, said = started(tmp_path, "--data", "data", "--port", "0", *more)
        process.terminate()
        process.communicate(timeout=30)
        kept.append((said["issuers"], said["configuration"]))

    assert kept == [({"https://gitlab.com": "gitlab"}, str(tmp_path / "own.toml"))] * 3


def test_rules_that_are_gone_are_no_defaults(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the remembered file is missing, nothing is served; the sentence says what to do."""
    data, gone = tmp_path / "data", tmp_path / "gone.toml"
    make_folder(data)
    write_served(data, Served(audience="here", configuration=str(gone)))

    assert main(["serve", "--data", str(data), "--port", "0"]) == 2
    err = capsys.readouterr().err
    assert f"{gone}: cannot be read" in err
    assert "put it back, or name another with --config" in err

    gone.write_text("nane = 1")
    assert main(["serve", "--data", str(data), "--port", "0"]) == 2
    assert "nane: unknown key" in capsys.readouterr().err


def test_people_are_told_in_lines(tmp_path: Path) -> None:
    """Without `--json` the same is said in words, and that clients will ask by https."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bonded", "serve", "--data", str(tmp_path / "d"), "--port", "0"],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), **measured()},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    lines = [process.stdout.readline()]
    while "trusts       https://gitlab.com" not in lines[-1]:
        lines.append(process.stdout.readline())
        assert lines[-1], lines
    assert process.stderr is not None
    warning = process.stderr.readline()
    process.terminate()
    process.communicate(timeout=30)

    assert lines[0].startswith("  admin token  bonded-")
    assert lines[1].startswith("bonded is served at http://127.0.0.1:")
    assert lines[-1] == "  trusts       https://gitlab.com (gitlab)\n"
    assert "put a proxy with TLS in front" in warning


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_token_that_nobody_could_read_is_none(tmp_path: Path, more: list[str]) -> None:
    """Where the output closed before, nothing is served and the token ends, so the next start shows another."""
    data = tmp_path / "d"
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "bonded", "serve", "--data", str(data), "--port", "0", *more],
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), **measured()},
            check=False,
            stdout=writing,
            stderr=subprocess.DEVNULL,
            timeout=60,
        )
    finally:
        os.close(writing)
    options = argparse.Namespace(data=data, config=None)
    with open_administration_of(options) as (administration, _, _):
        assert not administration.has_token()
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("names", "found"), [(("a.example", "*.b.example"), ("a.example",)), ((), ())]
)
def test_the_certificate_says_the_host(
    tmp_path: Path, names: tuple[str, ...], found: tuple[str, ...]
) -> None:
    """Clients know a server by the names of its certificate; a wildcard is no name."""
    assert serving.names_of(certificate(tmp_path, *names).chain) == found


@pytest.mark.parametrize(
    ("host", "known_as"),
    [("0.0.0.0", socket.getfqdn()), ("::1", "[::1]"), ("packages.example", "packages.example")],
)
def test_clients_know_the_host(host: str, known_as: str) -> None:
    """Whoever listens everywhere is known by the machine's name."""
    assert serve._host((), host) == known_as


def test_over_tls_the_certificate_is_the_name(tmp_path: Path) -> None:
    """With a certificate the index is known by its host, and nothing is warned of."""
    tls = certificate(tmp_path, "localhost")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "bonded", "serve", "--data", "d", "--port", "0"),
            *("--tls-cert", str(tls.chain), "--tls-key", str(tls.key)),
        ],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), **measured()},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    _token, known = process.stdout.readline(), process.stdout.readline()
    process.terminate()
    _, err = process.communicate(timeout=30)

    assert known.startswith("bonded is served at https://localhost:")
    assert err == ""


def test_ipv6_is_served(tmp_path: Path) -> None:
    """An IPv6 address is written in brackets, as addresses are."""
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    try:
        serving.listen("::1", 0).close()
    except Exception:  # noqa: BLE001 - whatever it is, there is no such address here
        pytest.skip("this machine has no IPv6 loopback")
    process, said = started(tmp_path, "--data", "d", "--host", "::1", "--port", "0")
    process.terminate()
    process.communicate(timeout=30)

    assert said["address"].startswith("http://[::1]:")
    assert json.loads((tmp_path / "d" / "served.json").read_text())["address"] == said["address"]


def test_a_folder_that_others_may_read_is_said(tmp_path: Path) -> None:
    """An index that was made elsewhere may lie open; whoever serves it hears of that."""
    data = tmp_path / "data"
    make_folder(data)
    data.chmod(0o755)
    process, _ = started(tmp_path, "--data", "data", "--port", "0")
    process.terminate()
    _, err = process.communicate(timeout=30)

    assert "other users may look into data: chmod 700 ends that" in err


@pytest.mark.parametrize(
    ("kind", "kept"), [(asyncio.CancelledError, False), (ValueError, True), (None, True)]
)
def test_a_request_that_is_cut_off_leaves_no_trace(
    kind: type[BaseException] | None, *, kept: bool
) -> None:
    """A server that ends cuts off what takes too long; only what went wrong is in its log."""
    info = (kind, kind(), None) if kind else None
    record = logging.LogRecord("uvicorn.error", logging.ERROR, "x", 1, "text", (), info)

    assert serving.is_news(record) is kept
