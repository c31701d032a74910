"""The connections that are kept for the next request, apart from each other by what they may reach."""

import ssl
import threading
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpcore2
import httpx2

from bonded.errors import Fault, InvalidInput, Location
from bonded.outside.addresses import refusal
from bonded.outside.errors import AddressRefused, NotReached
from bonded.outside.network import GuardedNetwork, Resolve
from bonded.outside.proxies import Proxies

__all__ = ["Pools"]

_IDLE, _KEPT = 5.0, 4
"""A connection is kept for the next request this many seconds, and at most so many are."""
_PORTS = {"https": 443, "http": 80}


class Pools:
    """The connections of one client; what one pool may connect to, another may not, so they share nothing."""

    def __init__(self, *, ca_bundle: Path | None, resolve: Resolve, proxies: Proxies) -> None:
        self._context = _tls(ca_bundle)
        self._resolve = resolve
        self._proxies = proxies
        self._pools: dict[tuple[bool, str], httpcore2.ConnectionPool] = {}
        self._lock = threading.Lock()

    def pool(self, target: httpx2.URL, *, private_network: bool) -> httpcore2.ConnectionPool:
        """Return the connections through which a server is asked; raises AddressRefused where it may not be."""
        port = target.port or _PORTS[target.scheme]
        proxy = self._proxies.proxy_for(target.scheme, target.host, port)
        if proxy:
            _check_named(target.host, private_network=private_network)
        key = private_network, proxy
        with self._lock:
            if key not in self._pools:
                self._pools[key] = self._made(proxy, private_network=private_network)
            return self._pools[key]

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for pool in self._pools.values():
                pool.close()

    def _made(self, proxy: str, *, private_network: bool) -> httpcore2.ConnectionPool:
        # Whoever named the proxy knows where it is.
        private = private_network or bool(proxy)
        options: dict[str, Any] = {
            "ssl_context": self._context,
            "max_connections": None,
            "max_keepalive_connections": _KEPT,
            "keepalive_expiry": _IDLE,
            "network_backend": GuardedNetwork(private_network=private, resolve=self._resolve),
        }
        if not proxy:
            return httpcore2.ConnectionPool(**options)
        where, auth = _proxy(proxy)
        if where.scheme == "https":
            options["proxy_ssl_context"] = self._context
        return httpcore2.HTTPProxy(str(where), proxy_auth=auth, **options)


def _tls(ca_bundle: Path | None) -> ssl.SSLContext:
    """Make the context of all connections: certificates and names are checked, the environment is not asked."""
    if ca_bundle is None:
        return httpx2.create_ssl_context(trust_env=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(ca_bundle)
    except OSError as error:
        fault = Fault(Location(str(ca_bundle)), f"not a file of certificates in PEM form: {error}")
        raise InvalidInput((fault,)) from None
    return context


def _proxy(text: str) -> tuple[httpx2.URL, tuple[str, str] | None]:
    """Read the address of a proxy and its user; what is wrong is told without showing it, it may hold a secret."""
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL:
        url = httpx2.URL("")
    if url.scheme not in {"http", "https"} or not url.host:
        hint = "expected http:// or https://, a host and a port"
        raise NotReached("the proxy", "is none that can be gone through", hint=hint)
    auth = (url.username, url.password) if url.userinfo else None
    return url.copy_with(userinfo=b"", path="/", query=None, fragment=None), auth


def _check_named(host: str, *, private_network: bool) -> None:
    """Judge what can be judged of a server that a proxy will look up."""
    try:
        reason = refusal(ip_address(host), private_network=private_network)
    except ValueError:
        reason = "" if private_network or host != "localhost" else "loopback"
    if reason:
        raise AddressRefused(host, f"it is not asked: {reason}")
