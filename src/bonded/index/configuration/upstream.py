"""`[upstream]`: the index behind this one."""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from bonded.dists.endpoints import known
from bonded.errors import BondedError
from bonded.index.configuration.keys import Key, Kind, Section
from bonded.index.configuration.paths import ca_bundle
from bonded.index.configuration.table import Table
from bonded.index.policies import Cooldown, Exempt, parse_age, parse_exempt
from bonded.index.upstream.settings import (
    CACHE_SIZE,
    FRESH,
    MAX_FILE,
    STALE,
    Credentials,
    UpstreamSettings,
)
from bonded.outside.addresses import refusal
from bonded.outside.proxies import NO_PROXIES, Proxies

__all__ = ["SECTION", "read"]

_DAY = 86_400.0
_MAX_SECRET = 4096
_HOST = re.compile(r"[0-9a-z_]([0-9a-z_.-]*[0-9a-z_])?|[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*")

SECTION = Section(
    name="upstream",
    title="The index behind this one",
    keys=(
        Key(
            name="to",
            kind=Kind.TEXT,
            choices=tuple(index.name for index in known()),
            told="nowhere",
            meaning="an index that is known by name",
        ),
        Key(
            name="url",
            kind=Kind.TEXT,
            secret=True,
            told="nowhere",
            meaning="the simple API of another one: `https://HOST/PATH/simple/`; in place of `to`",
        ),
        Key(name="user", kind=Kind.TEXT, meaning="the user name for it, with a password"),
        Key(
            name="password",
            kind=Kind.TEXT,
            secret=True,
            meaning="the password; better given as `BONDED_UPSTREAM_PASSWORD`, or in a file",
        ),
        Key(
            name="password-file", kind=Kind.TEXT, meaning="a file whose first line is the password"
        ),
        Key(
            name="private-network",
            kind=Kind.FLAG,
            meaning="it, and the `file-hosts`, may have addresses that are not public",
        ),
        Key(
            name="file-hosts",
            kind=Kind.TEXTS,
            meaning="other hosts of its files that may have addresses that are not public, with `private-network`",
        ),
        Key(
            name="ca-bundle",
            kind=Kind.TEXT,
            told="the machine's",
            meaning="a file of the authorities (PEM) that are believed for it, and no others",
        ),
        Key(
            name="proxy",
            kind=Kind.TEXT,
            secret=True,
            meaning="the proxy through which it is asked: `http://HOST:PORT`",
        ),
        Key(
            name="fresh",
            kind=Kind.SECONDS,
            default=FRESH,
            meaning="for how many seconds a page of it is shown without asking again; that there is none "
            "counts for 5 seconds",
        ),
        Key(
            name="stale",
            kind=Kind.DAYS,
            default=STALE / _DAY,
            meaning="for how many days a page that is kept is shown while it is down",
        ),
        Key(
            name="max-file",
            kind=Kind.SIZE,
            default=MAX_FILE,
            meaning="how large a file of it may be",
        ),
        Key(
            name="cache-size",
            kind=Kind.SIZE,
            default=CACHE_SIZE,
            zero_is_none=True,
            meaning="how much room the files of it that are kept may take; those that were used longest ago go first, "
            "0 for no bound",
        ),
        Key(name="offline", kind=Kind.FLAG, meaning="nothing is asked; what is kept is served"),
        Key(
            name="min-age",
            kind=Kind.TEXT,
            default="0d",
            meaning='how old a file of it must be: `"7d"`, `"36h"`',
        ),
        Key(
            name="min-age-except",
            kind=Kind.TEXTS,
            meaning="what need not wait: projects as `name`, releases as `name==1.2.3`",
        ),
        Key(
            name="trusted-dates",
            kind=Kind.FLAG,
            meaning="its own dates count alone, where it gives any; otherwise the later of its date and the first time "
            "that a file was seen here",
        ),
    ),
    notes="""\
Names that are not this index's own (`[names]`) are looked up there. Redirects of its pages to other servers are not
followed, and plain `http` is taken only on this machine itself, with `private-network`.""",
)


def read(table: Table) -> UpstreamSettings | None:
    """Read the index behind this one; None where there is none."""
    url = _url(table)
    private = table.flag("private-network")
    hosts = _hosts(table, is_private=private)
    max_file, cache_size = table.size("max-file"), table.size("cache-size")
    credentials = _credentials(table)
    bundle = ca_bundle(table)
    proxies = _proxies(table)
    fresh, stale = table.number("fresh"), table.number("stale") * _DAY
    offline = table.flag("offline")
    cooldown = _cooldown(table)
    table.close()
    if not url:
        given = [key.name for key in SECTION.keys if table.has(key.name)]
        if given and not {"to", "url"} & set(given):
            table.fault(given[0], "is of no use: no index is named", "give 'to' or 'url'")
        return None
    _check(table, url, private_network=private, has_credentials=credentials is not None)
    return UpstreamSettings(
        url=url,
        credentials=credentials,
        fresh=fresh,
        stale=stale,
        offline=offline,
        private_network=private,
        file_hosts=hosts,
        max_file=max_file,
        cache_size=cache_size or None,
        ca_bundle=bundle,
        proxies=proxies,
        cooldown=cooldown,
    )


def _url(table: Table) -> str:
    # Where nothing is chosen there is no default among the choices.
    to, url = table.text("to") if table.has("to") else "", table.text("url")
    if to and url:
        table.fault("to", "there is a 'url' beside it", "leave one of them out")
    return next((index.simple_url for index in known() if index.name == to), url)


def _check(table: Table, url: str, *, private_network: bool, has_credentials: bool) -> None:
    """Note what is wrong with the address; it is not repeated, for it may hold a password."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = SplitResult("", "", "", "", ""), ""
    if parts.scheme not in {"http", "https"} or not host:
        table.unexpected("url", "https://HOST/PATH/simple/", "what is none")
    elif parts.scheme == "http" and not (private_network and _is_this_machine(host)):
        hint = "with 'private-network = true', an index on this machine may be asked without TLS"
        table.unexpected("url", "an address with https", "http", hint)
    elif reason := _refusal(host, private_network=private_network):
        can_be_allowed = not _refusal(host, private_network=True)
        hint = "with 'private-network = true' it is asked" if can_be_allowed else ""
        table.fault("url", f"its address is not asked: {reason}", hint)
    if has_credentials and parts.username is not None:
        table.fault("user", "there is one in the 'url', too", "leave it out there")


def _refusal(host: str, *, private_network: bool) -> str:
    """Return why an address is never asked, empty where it may be; what a name leads to shows when it is asked."""
    try:
        return refusal(ip_address(host), private_network=private_network)
    except ValueError:
        return ""


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _hosts(table: Table, *, is_private: bool) -> frozenset[str]:
    hosts = frozenset(host.lower() for host in table.texts("file-hosts"))
    for host in sorted(hosts):
        if not _HOST.fullmatch(host):
            table.unexpected("file-hosts", "names of hosts or addresses, without a port", host)
    if hosts and not is_private:
        table.fault("file-hosts", "is of no use without 'private-network = true'")
    return hosts


def _credentials(table: Table) -> Credentials | None:
    user, password, file = (table.text(key) for key in ("user", "password", "password-file"))
    if password and file:
        table.fault("password", "there is a 'password-file' beside it", "leave one of them out")
    elif file:
        password = _first_line(table, file)
    if bool(user) != bool(password or file):
        table.fault("user", "a user name and a password belong together", "give both, or neither")
    return Credentials(user=user, password=password) if user else None


def _first_line(table: Table, name: str) -> str:
    try:
        with (table.folder / name).open(encoding="utf-8") as stream:
            line = stream.readline(_MAX_SECRET).strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        table.fault("password-file", f"{name!r} cannot be read: {reason}")
        return ""
    if not line:
        table.fault("password-file", f"{name!r} has no password in its first line")
    return line


def _proxies(table: Table) -> Proxies:
    proxy = table.text("proxy")
    if not proxy:
        return NO_PROXIES
    if not proxy.startswith(("http://", "https://")):
        table.unexpected("proxy", "http://HOST:PORT", "what is none")
    return Proxies(by_scheme={"http": proxy, "https": proxy})


def _cooldown(table: Table) -> Cooldown:
    exempt: list[Exempt] = []
    min_age = 0.0
    try:
        min_age = parse_age(table.text("min-age"))
    except BondedError as error:
        table.error("min-age", error)
    for text in table.texts("min-age-except"):
        try:
            exempt.append(parse_exempt(text))
        except BondedError as error:
            table.error("min-age-except", error)
    return Cooldown(
        min_age=min_age, exempt=tuple(exempt), trusted_dates=table.flag("trusted-dates")
    )
