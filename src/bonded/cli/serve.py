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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bonded.errors import UsageError

if TYPE_CHECKING:
    from bonded.attestations.trust_root import TrustRoot
    from bonded.cli.serve_saying import Said
    from bonded.index.app import Index
    from bonded.index.configuration import Configuration
    from bonded.index.running.data_folder import Occupation, Served
    from bonded.index.serving import Tls
    from bonded.index.watching import Watched

_EPILOG = """\
examples:
  bonded serve --data /srv/index --tls-cert chain.pem --tls-key key.pem --port 8443
  bonded serve --data index                     without TLS: for a proxy in front, and to try

The first start prints the admin token, once. `bonded publisher --help` says how a workflow
gets the right to publish. SIGTERM and Ctrl-C end it when the open requests are answered, a
second one at once; SIGHUP reads a renewed certificate. Later starts use the configuration of
the last one, unless --config names another. `bonded config show` tells what counts.
"""

_SIGNALLED = 128
_PORTS = {"https": 443, "http": 80}
_ANYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - only compared with
_PRIVATE = 0o077
_MAX_PORT = 1 << 16
_ID_BYTES = 16

_DAY = 86_400.0
_EXPIRY = "the index, for it had expired"
"""Who ends tokens that expired long ago, in the book of what was done."""

ADMIN = "admin"
"""What the first admin token is called, in the book of what was done."""

_log = logging.getLogger("bonded.serve")


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.description = "Serve a package index that trusts CI workflows instead of passwords."
    parser.epilog = _EPILOG
    add = parser.add_argument
    data = os.environ.get("BONDED_DATA")
    add(
        *("--data",),
        type=Path,
        required=not data,
        default=Path(data) if data else None,
        metavar="DIR",
        help="the index's folder, made if new",
    )
    add("--host", help="the address to listen on (default: 127.0.0.1)")
    add("--port", type=_port, help="the port to listen on (default: 8080)")
    add("--tls-cert", type=Path, metavar="FILE", help="the certificate chain, PEM")
    add("--tls-key", type=Path, metavar="FILE", help="its private key, PEM")
    add(
        "--audience",
        metavar="TEXT",
        help="what ID tokens must be made for (default: the index's host)",
    )
    add("--config", type=Path, metavar="FILE", help="rules and issuers, TOML")
    add(
        "--admin-token-out",
        type=Path,
        metavar="FILE",
        help="where a new admin token goes, for its owner's eyes only (default: the output)",
    )
    add(
        "--new-admin-token",
        action="store_true",
        help="only end the admin token and print a new one; nothing is served",
    )
    _add_log(parser)
    add("--json", action="store_true", help="say what is served as one line of JSON")
    parser.set_defaults(run=serve)


def _add_log(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--log-format",
        choices=("auto", "text", "json"),
        help="how the log is written (default: auto)",
    )
    parser.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        help="the least that is written (default: info)",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """What is known once a socket listens."""

    configuration: "Configuration"
    listener: socket.socket
    host: str
    tls: "Tls | None"
    names: tuple[str, ...]


def serve(options: argparse.Namespace) -> int:
    """Serve until told to stop; return 128 and the signal's number. Where a new admin token is all, return 0."""
    from bonded.cli.serve_settings import configured
    from bonded.index.running.data_folder import is_open, make_folder, occupy
    from bonded.index.running.logs import logged_to
    from bonded.index.serving import listen

    if bool(options.tls_cert) != bool(options.tls_key):
        raise UsageError("--tls-cert and --tls-key belong together", hint="give both, or neither")
    before = os.umask(_PRIVATE)
    with ExitStack() as closing:
        closing.callback(os.umask, before)
        if options.new_admin_token:
            return _renew(options)
        configuration = _flagged(configured(options), options)
        log, where = configuration.log, configuration.listen
        closing.callback(logged_to(sys.stderr, form=log.format, level=log.level))
        tls, names = _tls(where.tls_cert, where.tls_key)
        make_folder(options.data, secrets.token_hex(_ID_BYTES))
        if is_open(options.data):
            _log.warning("other users may look into %s: chmod 700 ends that", options.data)
        listener = closing.enter_context(listen(where.host, where.port))
        occupation = closing.enter_context(occupy(options.data))
        opened = _Opened(
            configuration=configuration, listener=listener, host=where.host, tls=tls, names=names
        )
        return _SIGNALLED + _play(options, opened, occupation)


def _flagged(configuration: "Configuration", options: argparse.Namespace) -> "Configuration":
    """Return the configuration with what the flags say in its place."""
    listen, log = configuration.listen, configuration.log
    if options.tls_cert:
        listen = replace(listen, tls_cert=options.tls_cert, tls_key=options.tls_key)
    listen = replace(
        listen,
        host=listen.host if options.host is None else options.host,
        port=listen.port if options.port is None else options.port,
    )
    log = replace(
        log, format=options.log_format or log.format, level=options.log_level or log.level
    )
    return replace(configuration, listen=listen, log=log)


def _tls(certificate: Path | None, key: Path | None) -> "tuple[Tls | None, tuple[str, ...]]":
    """Return the certificate with its key, and the names that it is for."""
    from bonded.index.serving import Tls, names_of

    if certificate is None or key is None:
        return None, ()
    tls = Tls(certificate, key)
    return tls, names_of(certificate)


def _renew(options: argparse.Namespace) -> int:
    """Print a new admin token, and do nothing else: a server that runs on the folder goes on as it is."""
    from bonded.cli.owner_where import open_administration_of
    from bonded.cli.serve_token import hand_over

    with open_administration_of(options) as (administration, _, _):
        token = hand_over(lambda: administration.new_token(ADMIN), options.admin_token_out)
    if not token:
        return 0
    print(json.dumps({"admin_token": token}) if options.json else token, flush=True)
    if not options.json:
        said = "bonded: this is the admin token from now on, shown once; the one before has ended"
        print(said, file=sys.stderr, flush=True)
    return 0


def _play(options: argparse.Namespace, opened: _Opened, occupation: "Occupation") -> int:
    """Open the index and serve it; return the signal that ended it."""
    from bonded.cli.serve_saying import Said
    from bonded.cli.serve_settings import believing, keys_of
    from bonded.cli.serve_watch import watched
    from bonded.index.app import open_index
    from bonded.index.errands import every
    from bonded.index.running.data_folder import read_served, write_served

    configuration, port = opened.configuration, opened.listener.getsockname()[1]
    served = _served(options, opened, port)
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
        token, token_out = _first_token(index, options.admin_token_out, occupation)
        handing_over = closing.enter_context(ExitStack())
        if token:
            # A token that nobody was shown is none: the next start makes another.
            handing_over.callback(index.administration.end_token, ADMIN)
        known_at = served.address if occupation.alone else read_served(options.data).address
        write_served(options.data, replace(served, address=known_at))
        occupation.share()
        said = Said(
            configuration=configuration,
            served=served,
            host=opened.host,
            port=port,
            token=token,
            token_out=token_out,
        )
        closing.enter_context(every(_DAY, index.administration.tokens(_EXPIRY).sweep))
        watching = closing.enter_context(watched(index, configuration, options.data))
        return _served_until_told(watching, opened, lambda: _say(said, options, handing_over))


def _first_token(
    index: "Index", out: Path | None, occupation: "Occupation"
) -> tuple[str, Path | None]:
    """Return a new admin token where there is none, or the file that it went into."""
    from bonded.cli.serve_token import hand_over

    if not occupation.alone or index.administration.has_token():
        return "", None
    return hand_over(lambda: index.administration.new_token(ADMIN), out), out


def _say(said: "Said", options: argparse.Namespace, handing_over: ExitStack) -> None:
    """Tell what is served, once clients are answered; with its first line, a new token is handed over."""
    from bonded.cli.serve_saying import as_json, as_lines

    for line in [as_json(said)] if options.json else as_lines(said):
        print(line, flush=True)
        handing_over.pop_all()
    if said.served.address.startswith("http:") and not options.json:
        text = "without TLS: clients ask the mint by https only, so put a proxy with TLS in front"
        _log.warning(text)


def _served_until_told(watching: "Watched", opened: _Opened, started: Callable[[], None]) -> int:
    """Serve; return the signal that ended it."""
    from bonded.index import serving

    readiness = watching.readiness
    configuration = opened.configuration
    return serving.serve(
        watching.app,
        opened.listener,
        tls=opened.tls,
        started=started,
        patience=replace(configuration.listen.patience, proxies=configuration.trusted_proxies),
        ending=serving.Ending(drain=readiness.drain, is_watched=lambda: readiness.is_watched),
        refused=watching.refused,
    )


def _trust_root(configuration: "Configuration") -> "Callable[[], TrustRoot] | None":
    """Return what gives the Sigstore that is believed, None for the public one as it came with the library.

    A file is read now, so that what is wrong with it is told now.
    """
    if configuration.trust_root is None:
        from bonded.index.public_root import PublicRoot

        return PublicRoot(clock=time.monotonic) if configuration.trust_refreshes else None
    from bonded.attestations.trust_root import read_root

    root = read_root(configuration.trust_root)
    return lambda: root


def _served(options: argparse.Namespace, opened: _Opened, port: int) -> "Served":
    """Decide what this index is called, by clients and in ID tokens."""
    from bonded.index.configuration import audience_fault
    from bonded.index.running.data_folder import Served, read_served

    scheme = "https" if opened.tls else "http"
    host = _host(opened.names, opened.host)
    authority = host if port == _PORTS[scheme] else f"{host}:{port}"
    kept = read_served(options.data)
    audience = options.audience
    if audience is None:
        audience = opened.configuration.mint.audience or kept.audience or authority
    if message := audience_fault(audience):
        raise UsageError(message, hint="use the host that clients know, such as 'packages.example'")
    named = options.config or os.environ.get("BONDED_CONFIG")
    return Served(
        audience=audience,
        configuration=str(Path(named).resolve()) if named else kept.configuration,
        address=f"{scheme}://{authority}",
        folder=kept.folder,
    )


def _host(names: tuple[str, ...], host: str) -> str:
    """Return the host by which clients know this server: its certificate's, else where it listens."""
    from bonded.cli.serve_saying import bracketed

    if names:
        return names[0]
    return socket.getfqdn() if host in _ANYWHERE else bracketed(host)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:6]) < _MAX_PORT):
        raise argparse.ArgumentTypeError(f"a port is 0 to {_MAX_PORT - 1}, got {text!r}")
    return int(text)
