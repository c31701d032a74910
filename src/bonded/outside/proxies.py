"""Through which proxy a server is asked, as every other program of this machine reads it out of the environment.

The names are those of curl and pip: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, and `NO_PROXY` with hosts that are asked
directly. In small letters they win.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

__all__ = ["NO_PROXIES", "Proxies", "proxies_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxies:
    """The proxies for each scheme, and who is asked without one.

    The addresses may hold passwords, so they are not shown. `direct` are host names, for themselves and all names under
    them, addresses, networks such as `10.0.0.0/8`, each perhaps with a port, or `*`.
    """

    by_scheme: Mapping[str, str] = field(default_factory=dict, repr=False)
    direct: tuple[str, ...] = ()

    def proxy_for(self, scheme: str, host: str, port: int) -> str:
        """Return the address of the proxy through which a server is asked; empty where it is asked directly."""
        host = host.lower().strip("[]").removesuffix(".")
        if any(_covers(entry, host, port) for entry in self.direct):
            return ""
        return self.by_scheme.get(scheme, "")


NO_PROXIES = Proxies()


def proxies_of(environ: Mapping[str, str]) -> Proxies:
    """Return the proxies that the environment names; one without a scheme is spoken to in http, as curl does."""
    every = _named(environ, "all_proxy")
    found = {scheme: _named(environ, f"{scheme}_proxy") or every for scheme in ("http", "https")}
    return Proxies(
        by_scheme={scheme: _whole(proxy) for scheme, proxy in found.items() if proxy},
        direct=tuple(
            entry.strip().lower()
            for entry in _named(environ, "no_proxy").split(",")
            if entry.strip()
        ),
    )


def _named(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name) or environ.get(name.upper(), "")


def _whole(proxy: str) -> str:
    return proxy if "://" in proxy else f"http://{proxy}"


def _covers(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    entry, _, wanted = _split(entry)
    if wanted and wanted != str(port):
        return False
    try:
        return ip_address(host) in ip_network(entry, strict=False)
    except ValueError:
        name = entry.removeprefix("*").lstrip(".")
        return bool(name) and (host == name or host.endswith(f".{name}"))


def _split(entry: str) -> tuple[str, str, str]:
    """Take a port off; an IPv6 address has colons of its own, and brackets where it has a port."""
    if entry.startswith("["):
        inner, _, port = entry[1:].partition("]")
        return inner, ":", port.removeprefix(":")
    return (entry, "", "") if entry.count(":") > 1 else entry.partition(":")
