"""`[names]` and `[upstream]`: what stays at home, and what stands behind."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
from packaging.version import Version

from bonded.dists import endpoints
from bonded.errors import InvalidInput
from bonded.index.configuration import Configuration, read_configuration
from bonded.index.policies import NO_NAMES, Cooldown, Exempt, Names
from bonded.index.upstream.settings import Credentials, UpstreamSettings
from bonded.outside.proxies import Proxies

LOCAL = 'url = "http://127.0.0.1:1/simple/"\nprivate-network = true\n'
NOTHING: Mapping[str, str] = MappingProxyType({})


def read(folder: Path, text: str, environ: Mapping[str, str] = NOTHING) -> Configuration:
    """Read a file of settings."""
    path = folder / "bonded.toml"
    path.write_text(text)
    return read_configuration(path, environ)


def behind(folder: Path, text: str, environ: Mapping[str, str] = NOTHING) -> UpstreamSettings:
    """Read the index behind."""
    found = read(folder, f"[upstream]\n{text}", environ).upstream
    assert found is not None
    return found


def faults(folder: Path, text: str) -> str:
    """Return what is wrong with a file."""
    with pytest.raises(InvalidInput) as caught:
        read(folder, text)
    return "\n".join(map(str, caught.value.faults))


def test_nothing_is_behind_unless_it_is_said(tmp_path: Path) -> None:
    """By default there is no index behind, and every name may be anybody's."""
    for text in ("", "[upstream]", "[upstream]\n[names]"):
        found = read(tmp_path, text)
        assert (found.upstream, found.names) == (None, NO_NAMES)


def test_the_whole_table(tmp_path: Path) -> None:
    """Every key comes into the settings of the index."""
    (tmp_path / "secret").write_text("hunter2\nmore\n")
    found = read(
        tmp_path,
        """
[names]
own = ["Acme_Core"]
reserved = ["Acme.*", "beta-*"]
[upstream]
url = "https://mirror.example/simple/"
user = "me"
password-file = "secret"
private-network = true
file-hosts = ["Files.mirror.example", "10.1.2.3", "::1"]
max-file = "1 GiB"
cache-size = "50 GiB"
proxy = "http://proxy.example:3128"
fresh = 60
stale = 2
offline = true
min-age = "7d"
min-age-except = ["certifi", "helper==1.0"]
trusted-dates = true
""",
    )

    names = found.settings(tmp_path, "x").names
    assert names == Names(own=frozenset({"acme-core"}), reserved=frozenset({"acme-", "beta-"}))  # type: ignore[arg-type]  # as text
    certifi = Exempt(project="certifi")  # type: ignore[arg-type]  # as text
    helper = Exempt(project="helper", version=Version("1"))  # type: ignore[arg-type]  # as text
    assert found.settings(tmp_path, "x").upstream == UpstreamSettings(
        url="https://mirror.example/simple/",
        credentials=Credentials(user="me", password="hunter2"),
        fresh=60,
        stale=2 * 86_400,
        offline=True,
        private_network=True,
        file_hosts=frozenset({"files.mirror.example", "10.1.2.3", "::1"}),
        max_file=1 << 30,
        cache_size=50 << 30,
        proxies=Proxies(by_scheme=dict.fromkeys(("http", "https"), "http://proxy.example:3128")),
        cooldown=Cooldown(min_age=7 * 86_400, exempt=(certifi, helper), trusted_dates=True),
    )
    assert "hunter2" not in repr(found)


def test_known_indexes_are_named(tmp_path: Path) -> None:
    """Nobody needs to write their addresses."""
    assert behind(tmp_path, 'to = "pypi"').url == endpoints.pypi().simple_url
    assert behind(tmp_path, 'to = "testpypi"').url == endpoints.testpypi().simple_url


def test_no_bound_to_what_is_kept_must_be_said(tmp_path: Path) -> None:
    """A disk that fills up is nobody's wish."""
    assert behind(tmp_path, LOCAL).cache_size == 20 << 30
    assert behind(tmp_path, f"{LOCAL}cache-size = 0").cache_size is None


def test_the_password_may_come_from_the_environment(tmp_path: Path) -> None:
    """So the file can be shown to anybody."""
    text = 'url = "https://mirror.example/simple/"\nuser = "me"'
    found = behind(tmp_path, text, {"BONDED_UPSTREAM_PASSWORD": "hunter2"})

    assert found.credentials == Credentials(user="me", password="hunter2")


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost", "[::1]:1"])
def test_this_machine_may_be_asked_without_tls(tmp_path: Path, host: str) -> None:
    """Plain http is taken here, where it is said that the network is private."""
    assert behind(tmp_path, f'url = "http://{host}/simple/"\nprivate-network = true').url


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('to = "npm"', "upstream.to: expected 'pypi' or 'testpypi'"),
        ('to = ""', "upstream.to: expected 'pypi' or 'testpypi'"),
        ('to = "pypi"\nurl = "https://x.example/"', "leave one of them out"),
        ('url = "x"', "expected https://HOST/PATH/simple/"),
        ('url = "https://"', "expected https://HOST/PATH/simple/"),
        ('url = "https://me:hunter2@[x/"', "expected https://HOST/PATH/simple/"),
        ('url = "https://me:hunter2@x:port/"', "expected https://HOST/PATH/simple/"),
        ('url = "ftp://x.example/"', "expected https://HOST/PATH/simple/"),
        ('url = "http://me:hunter2@x.example/"', "an address with https"),
        ('url = "http://x.example/"\nprivate-network = true', "an address with https"),
        ('url = "http://127.0.0.1/"', "private-network"),
        (
            'url = "https://127.0.0.1/"',
            "upstream.url: its address is not asked: loopback\n  with 'private-network = true'",
        ),
        ('url = "https://203.0.113.7/"', "not asked: for documentation\n  with 'private-network"),
        ('url = "https://[fc00::1]/"', "not asked: private\n  with 'private-network = true'"),
        ('url = "https://169.254.1.1/"\nprivate-network = true', "not asked: link-local"),
        ("fresh = 1", "upstream.fresh: is of no use: no index is named"),
        ('min-age = "7d"', "upstream.min-age: is of no use"),
        (f'{LOCAL}user = "me"', "belong together"),
        (f'{LOCAL}password = "hunter2"', "belong together"),
        (f'{LOCAL}user = "me"\npassword = "hunter2"\npassword-file = "x"', "leave one of them out"),
        (f'{LOCAL}user = "me"\npassword-file = "none"', "'none' cannot be read: No such file"),
        (f'{LOCAL}user = "me"\npassword-file = "a\\u0000"', "cannot be read"),
        (f'{LOCAL}user = "me"\npassword-file = "bytes"', "cannot be read: it is no text"),
        (f'{LOCAL}user = "me"\npassword-file = "empty"', "has no password in its first line"),
        (
            'url = "https://you:x@x.example/"\nuser = "me"\npassword = "hunter2"',
            "leave it out there",
        ),
        (f'{LOCAL}ca-bundle = "none"', "no file of certificates"),
        (f'{LOCAL}proxy = "socks5://hunter2"', "expected http://HOST:PORT"),
        (f'{LOCAL}min-age = "soon"', "'soon' is no age"),
        (f"{LOCAL}min-age = 7", "expected a text"),
        (f'{LOCAL}min-age-except = ["a b"]', "names no project and no release"),
        (f'{LOCAL}file-hosts = ["a:1"]', "names of hosts or addresses, without a port"),
        (f'{LOCAL}file-hosts = ["https://a/"]', "names of hosts or addresses"),
        ('to = "pypi"\nfile-hosts = ["a.example"]', "is of no use without 'private-network"),
        (f"{LOCAL}fresh = -1", "expected a number of seconds"),
        (f"{LOCAL}trusted-date = true", "did you mean 'trusted-dates'?"),
    ],
)
def test_what_cannot_be_is_said(tmp_path: Path, text: str, message: str) -> None:
    """Every fault has its key and what was expected, and none repeats a password."""
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")

    told = faults(tmp_path, f"[upstream]\n{text}")

    assert message in told
    assert "hunter2" not in told


def test_names_that_protect_nothing_are_faults(tmp_path: Path) -> None:
    """A name or prefix that cannot be would be a hole that looks like a wall."""
    told = faults(tmp_path, '[names]\nown = ["a b", "fine"]\nreserved = ["acme", "ok-*"]')

    assert "names.own: expected a project name" in told
    assert "names.reserved: 'acme' is no reserved prefix" in told
    assert "acme-*" in told
