"""What to do about an issuer that an index does not know, or whose kind it has switched off."""

from bonded.dists.endpoints import known
from bonded.minting.advice.wording import Advice, service
from bonded.publishers import ghes, github
from bonded.publishers.issuer_urls import host_of
from bonded.publishers.providers import (
    PROVIDERS,
    provider_like,
    provider_of_issuer,
    provider_of_kind,
)

__all__ = ["kind_of_issuer", "not_enabled", "unknown_issuer"]

FORGEJO = "/api/actions"


def kind_of_issuer(issuer: str) -> str:
    """Return the kind of publisher that an issuer is for, as far as its address tells; `generic` fits every other."""
    own = provider_of_issuer(issuer)
    if own is not None:
        return own.kind
    field = next(one for one in ghes.PROVIDER.form if one.name == "issuer_url")
    if not field.fault(issuer):
        return ghes.PROVIDER.kind
    if issuer.endswith(FORGEJO):
        return "forgejo"
    return "gitlab" if "gitlab" in host_of(issuer).lower() else "generic"


def unknown_issuer(issuer: str, *, audience: str) -> Advice:
    """Return what to do about an issuer that is not trusted by the index of this audience."""
    why = f"Tokens of {issuer!r} are not taken here"
    alike = provider_like(issuer)
    if alike is not None and not alike.signs_as(issuer):
        return Advice(
            sentence=f"{why}: {alike.title} signs as {alike.issuer!r}, letter for letter. Ask {alike.title} itself for "
            "the token.",
            side="provider",
            field="iss",
            new_value=alike.issuer,
        )
    kind = kind_of_issuer(issuer)
    if audience in {index.audience for index in known()}:
        return _at_pypi(why, issuer, kind)
    return Advice(
        sentence=f"{why} yet: let whoever runs the index trust this issuer as {kind!r}, and register a publisher of "
        "that kind.",
        side="publisher",
        field="kind",
        new_value=kind,
    )


def _at_pypi(why: str, issuer: str, kind: str) -> Advice:
    """PyPI's issuers are fixed, but for the GitLabs of organisations."""
    if kind == "ghes" and issuer.startswith(f"{github.ISSUER}/"):
        return Advice(
            sentence=f"{why}: it is your enterprise's own, PyPI knows {github.ISSUER!r} only. In the enterprise's OIDC "
            "settings, set `include_enterprise_slug` to false.",
            side="provider",
            field="include_enterprise_slug",
            new_value="false",
        )
    if kind == "gitlab":
        return Advice(
            sentence=f"{why}, unless your organisation at the index has it: ask for that, and register a GitLab "
            f"publisher with the issuer {issuer!r}.",
            side="publisher",
            field="issuer_url",
            new_value=issuer,
        )
    services = ", ".join(one.title for one in PROVIDERS if one.on_pypi)
    return Advice(
        sentence=f"{why}: publish from a CI service that this index trusts, which are {services}.",
        side="project",
        field="kind",
        new_value=services,
    )


def not_enabled(kind: str) -> Advice:
    """Return what to do where trusted publishing is switched off for a kind of publisher."""
    title = service(provider_of_kind(kind))
    return Advice(
        sentence=f"Trusted publishing from {title} is switched off at this index, and nothing of yours is at fault: "
        f"ask whoever runs it to switch {kind!r} on, or wait until it is.",
        side="publisher",
        field="kind",
        new_value=kind,
    )
