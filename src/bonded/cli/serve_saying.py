"""What `bonded serve` says once clients are answered: to people in lines, to programs in one line of JSON."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bonded.index.configuration import Configuration
    from bonded.index.running.data_folder import Served

__all__ = ["Said", "as_json", "as_lines", "bracketed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """All that is said. `token` is empty where none was made, or where it went into the file `token_out`."""

    configuration: "Configuration"
    served: "Served"
    host: str
    port: int
    token: str
    token_out: Path | None

    @property
    def listen(self) -> str:
        """Where it listens."""
        return f"{bracketed(self.host)}:{self.port}"

    @property
    def issuers(self) -> dict[str, str]:
        """Who is trusted, and as what."""
        return {issuer.url: issuer.kind for issuer in self.configuration.issuers}


def bracketed(host: str) -> str:
    """Return a host as addresses have it."""
    return f"[{host}]" if ":" in host else host


def as_json(said: Said) -> str:
    """Return it as one line of JSON."""
    address = said.served.address
    return json.dumps(
        {
            "name": said.configuration.name,
            "address": address,
            "listen": said.listen,
            "upload": f"{address}/legacy/",
            "simple": f"{address}/simple/",
            "audience": said.served.audience,
            "configuration": said.served.configuration or None,
            "issuers": said.issuers,
            "admin_token": said.token or None,
            "admin_token_file": str(said.token_out) if said.token_out else None,
        }
    )


def as_lines(said: Said) -> Iterator[str]:
    """Give it line by line; the token comes first, because whoever reads may go away after a few lines."""
    address = said.served.address
    if said.token:
        yield f"  admin token  {said.token}  (shown once: keep it)"
    yield f"{said.configuration.name} is served at {address}"
    yield f"  listens on   {said.listen}"
    yield f"  uploads      {address}/legacy/"
    yield f"  installs     {address}/simple/"
    yield f"  audience     {said.served.audience}"
    yield f"  configured   {said.served.configuration or 'by nothing: the defaults'}"
    for url, kind in said.issuers.items():
        yield f"  trusts       {url} ({kind})"
    if said.token_out:
        yield f"  admin token  in {said.token_out}"
