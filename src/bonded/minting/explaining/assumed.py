"""Claims that are known in part: what is taken for granted about the rest, so that the known part can be judged.

A CI log shows the claims that its client prints, about eight of thirty. Each check whose claim is not among them is
given a value that passes, and is said to be unknown. What one claim tells about another is used first: GitHub's `sub`
names the environment, and a workflow's claim ends with the ref.
"""

from collections.abc import Iterator, Mapping

from bonded.publishers import Claims, Publisher, Rules, said, shown
from bonded.publishers.provider import Provider
from bonded.publishers.providers import provider_of_kind
from bonded.publishers.rule import Check

__all__ = ["assumed_for", "inferred", "is_of_shape", "provider_by_shape"]

SHAPES = (
    ("activestate", frozenset({"organization", "actor_id"})),
    ("gitlab", frozenset({"project_path"})),
    ("google", frozenset({"email"})),
    ("buildkite", frozenset({"pipeline_slug"})),
    ("circleci", frozenset({"oidc.circleci.com/project-id"})),
    ("github", frozenset({"repository"})),
)
"""Claims by which a kind is known; the first that fits counts."""

ALIKE = {"ghes": "github", "forgejo": "github"}
"""Kinds whose tokens have the shape of another's; their publishers say which issuer is meant."""

PLAUSIBLE: Mapping[str, object] = {
    "jti": "not known",
    "event_name": "push",
    "pipeline_source": "push",
    "email_verified": True,
    "ref_protected": "true",
    "sha": "0" * 40,
}
"""What the claims of an honest release say, where any of many values would do."""

SAME = {"job_project_id": "project_id"}
"""Claims that say the same as another one, where nothing is amiss."""

NAMED_REFS = (
    ("ref", "job_workflow_ref"),
    ("ref", "workflow_ref"),
    ("ref_path", "ci_config_ref_uri"),
)
"""Claims that end with the value of another one."""


def provider_by_shape(claims: Claims) -> Provider | None:
    """Return the provider whose tokens look like that, or None."""
    kind = next((kind for kind, names in SHAPES if names <= claims.keys()), "")
    return provider_of_kind(kind)


def is_of_shape(kind: str, claims: Claims) -> bool:
    """Whether claims may be those of a kind of publisher; claims of no known shape may be anybody's."""
    shape = provider_by_shape(claims)
    return shape is None or kind == "generic" or ALIKE.get(kind, kind) == shape.kind


def inferred(claims: Claims, absent: frozenset[str]) -> tuple[dict[str, object], frozenset[str]]:
    """Return the claims with those that follow from them, and which claims are known to be absent."""
    found = dict(claims)
    subject = said(claims, "sub")
    if "environment" not in found.keys() | absent and subject.startswith("repo:"):
        _, named, environment = subject.partition(":environment:")
        if named:
            found["environment"] = environment.replace("%3A", ":")
        elif ":ref:" in subject or subject.endswith(":pull_request"):
            absent |= {"environment"}
    if "repository_owner" not in found.keys() | absent and "repository" in found:
        found["repository_owner"] = (shown(found["repository"]) or "").partition("/")[0]
    for name, whole in NAMED_REFS:
        ref = said(found, whole).partition("@refs/")[2]
        if name not in found.keys() | absent and ref:
            found[name] = f"refs/{ref}"
    return found, absent


def assumed_for(
    publisher: Publisher, claims: Claims, absent: frozenset[str], rules: Rules
) -> dict[str, object]:
    """Return what must be taken for granted about claims that are not known, for this publisher to match."""
    provider = provider_of_kind(publisher.kind)
    required = provider.required_claims if provider else ()
    unknown = {"iss": publisher.issuer} | {
        name: PLAUSIBLE.get(name, "not known") for name in required
    }
    whole = {**unknown, **claims}
    for check in publisher.checks(rules):
        other = SAME.get(check.claim, "")
        if other and other not in whole:
            unknown[other] = whole[other] = whole.get(check.claim, "not known")
        for value in _plausible(check, whole):
            tried = {**whole, check.claim: value}
            if value is not None and check.same(check.expected, check.read(value), tried):
                unknown[check.claim] = value
                break
    return {name: value for name, value in unknown.items() if name not in claims.keys() | absent}


def _plausible(check: Check, claims: Claims) -> Iterator[object]:
    yield PLAUSIBLE.get(check.claim)
    yield claims.get(SAME.get(check.claim, ""))
    yield check.expected
    yield check.expected.split()
    yield from (False, True)
    for mark in ("ref", "ref_path"):
        yield f"{check.expected}@{shown(claims.get(mark))}"
