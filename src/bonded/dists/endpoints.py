"""PyPI and TestPyPI: the places that this program knows by name.

Their addresses are twine's constants and are written nowhere else. twine takes a tenth of a second to import, its
constants do not: they are read out of its source at the first question, and the answers are kept.
"""

import ast
import importlib.machinery
import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from bonded.dists.names import ProjectName
from bonded.errors import BondedError

__all__ = ["Endpoints", "for_host", "known", "percent_encoded", "pypi", "testpypi"]

UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")
HOST = re.compile(r"https://([^/:]+)(?::\d+)?/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where one index takes uploads, shows projects and lists files; every URL ends with a slash.

    `audience` is the text that its ID tokens must be made for; `hosts` are all host names that
    twine knows as its own, old ones included, in lower case.
    """

    name: Literal["pypi", "testpypi"]
    title: str
    audience: str
    upload_url: str
    web_url: str
    simple_url: str
    hosts: frozenset[str]

    def project_url(self, project: ProjectName) -> str:
        """Return the address of a project's page."""
        return f"{self.web_url}project/{project}/"

    def publishing_form_url(self, project: ProjectName, fields: Mapping[str, str]) -> str:
        """Return the link to the "add publisher" form of an existing project, filled in beforehand.

        `fields` are the form's own names and values and `provider`; empty ones are left out. The
        page saves nothing before its owner presses the button.
        """
        query = "&".join(
            f"{percent_encoded(name)}={percent_encoded(text)}"
            for name, text in fields.items()
            if text
        )
        page = f"{self.web_url}manage/project/{project}/settings/publishing/"
        return f"{page}?{query}" if query else page


@cache
def pypi() -> Endpoints:
    """Return the endpoints of PyPI."""
    upload, web = _constant("DEFAULT_REPOSITORY"), _constant("WAREHOUSE_WEB")
    others = map(_constant, ("WAREHOUSE", "OLD_WAREHOUSE", "LEGACY_PYPI"))
    return Endpoints(
        name="pypi",
        title="PyPI",
        audience="pypi",
        upload_url=upload,
        web_url=web,
        simple_url=f"{web}simple/",
        hosts=frozenset(map(_host, (upload, web, *others))),
    )


@cache
def testpypi() -> Endpoints:
    """Return the endpoints of TestPyPI, whose pages and uploads share one host."""
    upload, web = _constant("TEST_REPOSITORY"), _constant("TEST_WAREHOUSE")
    return Endpoints(
        name="testpypi",
        title="TestPyPI",
        audience="testpypi",
        upload_url=upload,
        web_url=web,
        simple_url=f"{web}simple/",
        hosts=frozenset(map(_host, (upload, web, _constant("LEGACY_TEST_PYPI")))),
    )


def known() -> tuple[Endpoints, ...]:
    """Return every index known by name."""
    return (pypi(), testpypi())


def for_host(host: str) -> Endpoints | None:
    """Return the index to which a host name belongs, in any letter case, or None; ports are not part of it."""
    wanted = host.lower().removesuffix(".")
    return next((endpoints for endpoints in known() if wanted in endpoints.hosts), None)


@cache
def _constants() -> Mapping[str, str]:
    """Return the texts that twine's modules assign to names, without running them."""
    spec = importlib.util.find_spec("twine")
    if spec is None or spec.submodule_search_locations is None:
        raise BondedError(
            "twine is not installed", hint="install bonded again, with its dependencies"
        )
    found: dict[str, str] = {}
    for folder in spec.submodule_search_locations:
        for module in ("utils", "repository"):
            source = importlib.machinery.SourceFileLoader(module, "").get_data(
                f"{folder}/{module}.py"
            )
            for node in ast.parse(source).body:
                match node:
                    case ast.Assign([ast.Name(name)], ast.Constant(str() as text)):
                        found[name] = text
    return found


def _constant(name: str) -> str:
    try:
        return _constants()[name]
    except KeyError:
        raise BondedError(f"this twine has no constant {name}", hint="use twine 7") from None


def _host(url: str) -> str:
    match = HOST.match(url)
    if match is None:
        raise ValueError(f"twine's constant is not an https address: {url!r}")
    return match[1].lower()


def percent_encoded(text: str) -> str:
    """Percent-encode one part of a query (RFC 3986): unreserved characters stay, all others become UTF-8 bytes."""
    return "".join(
        character
        if UNRESERVED.fullmatch(character)
        else "".join(f"%{byte:02X}" for byte in character.encode())
        for character in text
    )
