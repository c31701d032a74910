from pathlib import Path

import pytest

from bonded.rehearsal.stage.default_index import default_index, users_index
from stage_world import write

MINE, OTHER, NONE = "https://mine.example/simple", "https://other.example/simple", "https://else/"


@pytest.mark.parametrize(
    ("environ", "files", "url"),
    [
        ({}, {}, NONE),
        ({"UV_DEFAULT_INDEX": MINE, "PIP_INDEX_URL": OTHER}, {}, MINE),
        ({"UV_DEFAULT_INDEX": f"corp={MINE}"}, {}, MINE),
        ({"UV_INDEX_URL": MINE}, {}, MINE),
        ({"PIP_INDEX_URL": MINE}, {"uv/uv.toml": f"index-url = '{OTHER}'"}, MINE),
        ({"UV_DEFAULT_INDEX": "", "PIP_INDEX_URL": "not an address"}, {}, NONE),
        (
            {},
            {"uv/uv.toml": f"index = [{{url = '{OTHER}'}}, {{url = '{MINE}', default = true}}]"},
            MINE,
        ),
        ({}, {"uv/uv.toml": f"index = [3]\n[pip]\nindex-url = '{MINE}'"}, MINE),
        ({}, {"uv/uv.toml": "index = 3\npip = 3"}, NONE),
        ({}, {"uv/uv.toml": "index = [", "pip/pip.conf": f"[global]\nindex-url = {MINE}"}, MINE),
        (
            {},
            {"pip/pip.conf": f"[global]\nindex-url = {OTHER}\n[install]\nindex-url =  {MINE} "},
            MINE,
        ),
        ({}, {"pip/pip.conf": "[global]\ntimeout = 5"}, NONE),
        ({}, {"pip/pip.conf": "index-url = x"}, NONE),
        ({}, {"../.pip/pip.conf": f"[global]\nindex-url = {MINE}/%40"}, f"{MINE}/%40"),
    ],
)
def test_the_index_is_the_users(
    tmp_path: Path, environ: dict[str, str], files: dict[str, str], url: str
) -> None:
    """Variables go before uv's file, that before pip's; what cannot be read says nothing."""
    write(tmp_path / ".config", files)

    assert default_index(environ, tmp_path, otherwise=NONE) == url


def test_folders_of_settings_may_be_elsewhere(tmp_path: Path) -> None:
    """`XDG_CONFIG_HOME` and `PIP_CONFIG_FILE` are heard."""
    write(
        tmp_path,
        {"xdg/uv/uv.toml": f"index-url = '{MINE}'", "my.conf": f"[global]\nindex-url={OTHER}"},
    )
    pip = {"PIP_CONFIG_FILE": str(tmp_path / "my.conf")}

    assert default_index(pip, tmp_path, otherwise=NONE) == OTHER
    xdg = {"XDG_CONFIG_HOME": str(tmp_path / "xdg")}
    assert default_index(pip | xdg, tmp_path, otherwise=NONE) == MINE


def test_the_users_index_is_asked_as_the_users_tools_ask_it(tmp_path: Path) -> None:
    """Wherever it is, without TLS where the user has none, and through the proxy and authorities of the environment."""
    environ = {
        "PIP_INDEX_URL": "http://me:hunter2@mirror.example/simple/",
        "HTTPS_PROXY": "http://proxy.example:3128",
        "SSL_CERT_FILE": "/certs.pem",
    }

    found = users_index(environ, tmp_path, otherwise="", cache=tmp_path / "cache", offline=True)

    assert found.url == environ["PIP_INDEX_URL"]
    assert found.proxies.proxy_for("https", "far.example", 443) == "http://proxy.example:3128"
    assert (found.ca_bundle, found.cache) == (Path("/certs.pem"), tmp_path / "cache")
    assert (found.private_network, found.plain_http, found.offline) == (True, True, True)
    assert (found.follows, found.cooldown.min_age) == (True, 0)
    assert "hunter2" not in repr(found)
