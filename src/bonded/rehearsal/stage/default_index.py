"""The index from which this user installs: what everything but the rehearsed project comes from.

Read where uv and pip read it, in the order in which uv would let one win over the other. The address may hold
credentials: it stays with the stage's own index and is never shown, logged or given to a step.
"""

import configparser
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bonded.index.upstream.settings import UpstreamSettings
from bonded.outside.proxies import proxies_of

_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")
# uv lets an index be given as `name=address`.
_NAMED = re.compile(r"[\w.-]+=(?=https?://)")
_PIP_SECTIONS = ("install", "global")


def default_index(environ: Mapping[str, str], home: Path, *, otherwise: str) -> str:
    """Return the address of the user's default simple index; `otherwise` where nobody set one."""
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    found = (
        *(environ.get(name, "") for name in _VARIABLES),
        _from_uv(config / "uv" / "uv.toml"),
        _from_uv(Path("/etc/uv/uv.toml")),
        *(
            _from_pip(path)
            for path in (
                Path(environ.get("PIP_CONFIG_FILE") or "/nonexistent"),
                config / "pip" / "pip.conf",
                home / ".pip" / "pip.conf",
                Path("/etc/pip.conf"),
            )
        ),
    )
    urls = (_NAMED.sub("", url) for url in found)
    return next((url for url in urls if url.startswith(("http://", "https://"))), otherwise)


def users_index(
    environ: Mapping[str, str], home: Path, *, otherwise: str, cache: Path, offline: bool
) -> UpstreamSettings:
    """Return the user's default index as the user's own tools ask it: wherever it is or leads, by their proxies.

    `cache` is where its pages and files are kept; `otherwise` is the address where nobody set one.
    """
    bundle = environ.get("SSL_CERT_FILE")
    return UpstreamSettings(
        url=default_index(environ, home, otherwise=otherwise),
        cache=cache,
        offline=offline,
        private_network=True,
        plain_http=True,
        follows=True,
        frank=True,
        ca_bundle=Path(bundle) if bundle else None,
        proxies=proxies_of(environ),
    )


def _from_uv(path: Path) -> str:
    data = _toml(path)
    indexes, pip = data.get("index"), data.get("pip")
    for index in indexes if isinstance(indexes, list) else []:
        if isinstance(index, dict) and index.get("default") is True:
            return str(index.get("url", ""))
    legacy = data.get("index-url") or (pip.get("index-url") if isinstance(pip, dict) else "")
    return str(legacy or "")


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _from_pip(path: Path) -> str:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, configparser.Error):
        return ""
    for section in _PIP_SECTIONS:
        if parser.has_option(section, "index-url"):
            return parser.get(section, "index-url").strip()
    return ""
