"""Which index is meant: by name, by the audience that its tokens are made for, or by its address.

Nothing is asked over the network, so the audience of an address is what an index of bonded chooses unless it is told
otherwise: the host, with the port where that is not the usual one.
"""

from urllib.parse import urlsplit

from bonded.dists.endpoints import known

__all__ = ["audience_of", "note_on"]

_PORTS = {"https": 443, "http": 80}


def audience_of(index: str, said: object = None) -> str:
    """Return the audience of an index, empty for an empty text; `said` is the token's, which may be an address itself.

    A text that is neither a known name nor an address is an audience as it stands.
    """
    audiences: dict[str, str] = {one.name: one.audience for one in known()}
    if index in audiences:
        return audiences[index]
    authority = _authority(index)
    if not authority or said == index:
        return index
    hosts = {host: one.audience for one in known() for host in one.hosts}
    return hosts.get(authority, authority)


def note_on(index: str, audience: str) -> str:
    """Return what to know about an audience that follows from an address, empty where there is nothing."""
    if audience == index or not _authority(index) or audience in {one.audience for one in known()}:
        return ""
    return (
        f"the audience of {index} is taken to be {audience!r}; the index tells its own at /_/oidc/audience: "
        "if it is another, give that with --index"
    )


def _authority(index: str) -> str:
    """Return host and port of an address, empty for what is none."""
    try:
        parts = urlsplit(index)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in _PORTS or not host:
        return ""
    host = f"[{host}]" if ":" in host else host
    return host if port in {None, _PORTS[parts.scheme]} else f"{host}:{port}"
