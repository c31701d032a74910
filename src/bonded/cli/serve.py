"""`bonded serve`: an index with trusted publishing, from one folder, in one process."""

import argparse
import json
import logging
import os
import secrets
import socket
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bonded.errors import UsageError

if TYPE_CHECKING:
    import ssl

    from bonded.attestations.trust_root import TrustRoot
    from bonded.index.configuration import Configuration
    from bonded.index.data_folder import Occupation, Served

_EPILOG = """\
examples:
  bonded serve --data /srv/index --tls-cert chain.pem --tls-key key.pem --port 8443
  bonded serve --data index                     without TLS: for a proxy in front, and to try

The first start prints the admin token, once. `bonded publisher --help` says how a workflow
gets the right to publish. SIGTERM and Ctrl-C end it when the open requests are answered.
Later starts use the configuration of the last one, unless --config names another.
"""

_SIGNALLED = 128
_PORTS = {"https": 443, "http": 80}
_ANYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - only compared with
_PRIVATE = 0o077
_MAX_PORT = 1 << 16

ADMIN = "admin"
"""What the first admin token is called, in the book of what was done."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.description = "Serve a package index that trusts CI workflows instead of passwords."
    parser.epilog = _EPILOG
    add = parser.add_argument
    add("--data", type=Path, required=True, metavar="DIR", help="the index's folder, made if new")
    add("--host", default="127.0.0.1", help="the address to listen on (default: 127.0.0.1)")
    add("--port", type=_port, default=8080, help="the port to listen on (default: 8080)")
    add("--tls-cert", type=Path, metavar="FILE", help="the certificate chain, PEM")
    add("--tls-key", type=Path, metavar="FILE", help="its private key, PEM")
    add(
        "--audience",
        metavar="TEXT",
        help="what ID tokens must be made for (default: the index's host)",
    )
    add("--config", type=Path, metavar="FILE", help="rules and issuers, TOML")
    add(
        "--new-admin-token",
        action="store_true",
        help="only end the admin token and print a new one; nothing is served",
    )
    add("--json", action="store_true", help="say what is served as one line of JSON")
    parser.set_defaults(run=serve)


def serve(options: argparse.Namespace) -> int:
    """Serve until told to stop; return 128 and the signal's number. Where a new admin token is all, return 0."""
    from bonded.cli.serve_settings import configured
    from bonded.index.data_folder import is_open, make_folder, occupy
    from bonded.index.serving import listen, tls_context

    if bool(options.tls_cert) != bool(options.tls_key):
        raise UsageError("--tls-cert and --tls-key belong together", hint="give both, or neither")
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("bonded").setLevel(logging.INFO)
    before = os.umask(_PRIVATE)
    try:
        if options.new_admin_token:
            return _renew(options)
        configuration = configured(options)
        context = tls_context(options.tls_cert, options.tls_key) if options.tls_cert else None
        make_folder(options.data)
        if is_open(options.data):
            _warn(f"other users may look into {options.data}: chmod 700 ends that")
        with (
            listen(options.host, options.port) as listener,
            occupy(options.data) as occupation,
        ):
            return _SIGNALLED + _play(options, configuration, listener, context, occupation)
    finally:
        os.umask(before)


def _renew(options: argparse.Namespace) -> int:
    """Print a new admin token, and do nothing else: a server that runs on the folder goes on as it is."""
    from bonded.cli.owner_where import open_administration_of

    with open_administration_of(options) as (administration, _, _):
        token = administration.new_token(ADMIN)
    print(json.dumps({"admin_token": token}) if options.json else token, flush=True)
    if not options.json:
        _warn("this is the admin token from now on, shown once; the one before has ended")
    return 0


def _play(
    options: argparse.Namespace,
    configuration: "Configuration",
    listener: socket.socket,
    context: "ssl.SSLContext | None",
    occupation: "Occupation",
) -> int:
    """Open the index and serve it; return the signal that ended it."""
    from bonded.cli.serve_settings import believing, keys_of
    from bonded.index import serving
    from bonded.index.app import open_index
    from bonded.index.data_folder import read_served, write_served

    port = listener.getsockname()[1]
    served = _served(options, configuration, port)
    trust_root = _trust_root(configuration)
    settings = believing(configuration.settings(options.data, served.audience), os.environ)
    with keys_of(configuration, os.environ) as keys, ExitStack() as closing:
        index = open_index(
            settings,
            keys=keys,
            clock=time.time,
            entropy=secrets.token_bytes,
            sweep=occupation.alone,
            remember=0,
            trust_root=trust_root,
        )
        closing.callback(index.close)
        token = ""
        if occupation.alone and not index.administration.has_token():
            token = index.administration.new_token(ADMIN)
        known_at = served.address if occupation.alone else read_served(options.data).address
        write_served(options.data, replace(served, address=known_at))
        occupation.share()

        def started() -> None:
            _say(options, configuration, served, port=port, token=token)

        return serving.serve(index.app, listener, context=context, started=started)


def _trust_root(configuration: "Configuration") -> "Callable[[], TrustRoot] | None":
    """Return what gives a private Sigstore, None for the public one; a file is read now, so that it is told now."""
    if configuration.trust_root is None:
        return None
    from bonded.attestations.trust_root import read_root

    root = read_root(configuration.trust_root)
    return lambda: root


def _served(options: argparse.Namespace, configuration: "Configuration", port: int) -> "Served":
    """Decide what this index is called, by clients and in ID tokens."""
    from bonded.index.configuration import audience_fault
    from bonded.index.data_folder import Served, read_served

    scheme = "https" if options.tls_cert else "http"
    host = _host(options)
    authority = host if port == _PORTS[scheme] else f"{host}:{port}"
    kept = read_served(options.data)
    audience = options.audience
    if audience is None:
        audience = configuration.mint.audience or kept.audience or authority
    if message := audience_fault(audience):
        raise UsageError(message, hint="use the host that clients know, such as 'packages.example'")
    return Served(
        audience=audience,
        configuration=str(options.config.resolve()) if options.config else kept.configuration,
        address=f"{scheme}://{authority}",
    )


def _host(options: argparse.Namespace) -> str:
    """Return the host by which clients know this server: its certificate's, else where it listens."""
    from bonded.index.serving import names_of

    if options.tls_cert and (names := names_of(options.tls_cert)):
        return names[0]
    host = str(options.host)
    if host in _ANYWHERE:
        return socket.getfqdn()
    return _bracketed(host)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _say(
    options: argparse.Namespace,
    configuration: "Configuration",
    served: "Served",
    *,
    port: int,
    token: str,
) -> None:
    """Tell what is served, once clients are answered."""
    issuers = {issuer.url: issuer.kind for issuer in configuration.issuers}
    if options.json:
        said = {
            "name": configuration.name,
            "address": served.address,
            "listen": f"{_bracketed(options.host)}:{port}",
            "upload": f"{served.address}/legacy/",
            "simple": f"{served.address}/simple/",
            "audience": served.audience,
            "configuration": served.configuration or None,
            "issuers": issuers,
            "admin_token": token or None,
        }
        print(json.dumps(said), flush=True)
        return
    lines = [
        f"{configuration.name} is served at {served.address}",
        f"  listens on   {_bracketed(options.host)}:{port}",
        f"  uploads      {served.address}/legacy/",
        f"  installs     {served.address}/simple/",
        f"  audience     {served.audience}",
        f"  configured   {served.configuration or 'by nothing: the defaults'}",
        *(f"  trusts       {url} ({kind})" for url, kind in issuers.items()),
    ]
    if token:
        lines.append(f"  admin token  {token}  (shown once: keep it)")
    print("\n".join(lines), flush=True)
    if not options.tls_cert:
        _warn("without TLS: clients ask the mint by https only, so put a proxy with TLS in front")


def _warn(text: str) -> None:
    print(f"bonded: {text}", file=sys.stderr, flush=True)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:6]) < _MAX_PORT):
        raise argparse.ArgumentTypeError(f"a port is 0 to {_MAX_PORT - 1}, got {text!r}")
    return int(text)
