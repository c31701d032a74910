"""Where to publish: PyPI and TestPyPI by name, any other index by the address at which it takes uploads. Pure."""

import re
from dataclasses import dataclass
from typing import Literal

from bonded.dists import endpoints
from bonded.dists.names import ProjectName
from bonded.errors import UsageError
from bonded.oidc.urls import InvalidUrl, parse_url

__all__ = ["Target", "parse_target"]

_SIMPLE = re.compile(r"(?P<base>.*/)legacy/?")
"""Indexes of PyPI's kind show at `…/simple/` what they take at `…/legacy/`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One index as whoever publishes sees it.

    `name` is `pypi`, `testpypi` or `other`. `simple_url` ends with a slash and is empty where nobody knows it; then
    what is served cannot be compared. `web_url` has the pages for people, or is empty.
    """

    name: Literal["pypi", "testpypi", "other"]
    title: str
    upload_url: str
    origin: str
    """Scheme, host and port: everything that carries a token stays here."""
    path: str
    """The path of uploads, as PEP 807 asks for it."""
    simple_url: str = ""
    web_url: str = ""
    audience: str = ""
    """What its ID tokens are made for, where that is known beforehand."""

    def takes_tokens_for(self, audience: str) -> bool:
        """Whether an ID token for this audience may be shown to the index.

        Whoever has such a token can use it wherever the audience is believed. So an index is not asked to be honest: it
        gets what is made for PyPI only if it is PyPI, and any other only what is made for its own host.
        """
        if self.audience:
            return audience == self.audience
        own, said = self.origin.casefold(), audience.casefold()
        if any(said == one.audience for one in endpoints.known()):
            return False  # also where a host inside of a company is called like that
        host = own.partition("://")[2]
        bare = host if host.endswith("]") else host.rpartition(":")[0] or host
        return said in {host, bare, own} or said.startswith(f"{own}/")

    @property
    def is_known(self) -> bool:
        """Whether it is PyPI or TestPyPI."""
        return self.name != "other"

    def page_url(self, project: ProjectName) -> str:
        """Return the address of the project's list of files, or empty."""
        return f"{self.simple_url}{project}/" if self.simple_url else ""

    def release_url(self, project: ProjectName, version: str) -> str:
        """Return the address of the release's page for people, or of the list of files, or empty."""
        return (
            f"{self.web_url}project/{project}/{version}/"
            if self.web_url
            else self.page_url(project)
        )


def parse_target(text: str, *, simple_url: str = "") -> Target:
    """Read what `--to` says; raises UsageError for what is no index, or would carry a token over plain http."""
    known = next((one for one in endpoints.known() if one.name == text.strip().lower()), None)
    address = known.upload_url if known else text.strip()
    try:
        url = parse_url(address)
        shown = parse_url(simple_url) if simple_url else None
    except InvalidUrl as error:
        raise UsageError(
            f"--to: {error.message}",
            hint=error.hint
            if "//" in address
            else "`pypi`, `testpypi`, or where uploads go, such as https://…/legacy/",
        ) from None
    known = known or endpoints.for_host(url.host)
    origin = f"{url.scheme}://{url.authority}"
    where = _SIMPLE.fullmatch(url.path)
    guessed = f"{origin}{where['base']}simple/" if where else ""
    given = f"{simple_url.rstrip('/')}/" if shown else ""
    if known is not None:
        return Target(
            name=known.name,
            title=known.title,
            upload_url=address,
            origin=origin,
            path=url.path,
            simple_url=given or known.simple_url,
            web_url=known.web_url,
            audience=known.audience,
        )
    return Target(
        name="other",
        title=url.authority,
        upload_url=address,
        origin=origin,
        path=url.path or "/",
        simple_url=given or guessed,
    )
