"""Buildkite as a publisher: one pipeline of one organisation, perhaps one step, branch or tag of it.

Documented by Buildkite ("buildkite-agent oidc") are `organization_slug`, `pipeline_slug`, `build_branch`, `step_key`
(null if the step has no key), `build_tag` (there only if the build has a tag) and `runner_environment`, in every token;
`organization_id` and `pipeline_id` (UUIDs) only in tokens requested with `--claim organization_id,pipeline_id`.

* One issuer signs for every organisation, and slugs that are freed can be taken by others. So the ids are required; a
  token requested without them is refused for want of a claim.
* The slugs are compared too: they are what people read, and after a rename they would lie.
* **jti** is not in the guide, but in the tokens since January 2025 (RubyGems' issue 5412); it is required.
* No claim tells a build of a fork's pull request. Where a pipeline builds these, name a tag, a branch or a step here.
  A branch has the name that whoever pushed it gave; only the step is the pipeline's own.
* `sub` is not looked at: it can be asked for in several forms.

Sigstore's certificates name the pipeline as their subject alone, in no extension, so no attestation can be matched.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from bonded.publishers.comparing import equal, if_set, present
from bonded.publishers.globs import GlobField, matches_claim
from bonded.publishers.identifiers import uuid_field
from bonded.publishers.most_specific import most_specific, nothing_stricter
from bonded.publishers.provider import NotFound, Provider
from bonded.publishers.rule import (
    PYPI,
    CertificateFact,
    Check,
    Claims,
    Field,
    Link,
    Publisher,
    Rules,
    said,
)

__all__ = ["FORM", "ISSUER", "PROVIDER", "REQUIRED_CLAIMS", "BuildkitePublisher"]

ISSUER = "https://agent.buildkite.com"

REQUIRED_CLAIMS = ("organization_slug", "organization_id", "pipeline_slug", "pipeline_id", "jti")
"""Claims that must be present and not null."""

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]*")
_SLUG_RULE = "is lower-case letters, digits and hyphens, a letter or digit first"


def _slug_field(name: str, label: str) -> Field:
    return Field(
        name=name,
        form_name=name,
        label=label,
        help="As in the pipeline's address: https://buildkite.com/ORGANIZATION/PIPELINE",
        pattern=_SLUG,
        rule=_SLUG_RULE,
        normalise=str.strip,
    )


def _ref_field(name: str, label: str, explanation: str) -> GlobField:
    return GlobField(
        name=name,
        form_name=name,
        label=label,
        help=explanation,
        pattern=re.compile(r"[^\s\x00-\x1f\x7f]+"),
        rule="has no spaces",
        required=False,
        max_length=255,
        normalise=str.strip,
    )


FORM = (
    _slug_field("organization_slug", "Organization"),
    uuid_field("organization_id", "Organization id", "From the organization's settings"),
    _slug_field("pipeline_slug", "Pipeline"),
    uuid_field("pipeline_id", "Pipeline id", "From the pipeline's settings"),
    Field(
        name="step_key",
        form_name="step_key",
        label="Step key",
        help="The key of the step that publishes; empty takes every step",
        pattern=re.compile(r"[A-Za-z0-9_:-]+"),
        rule="is letters, digits, '_', '-' and ':'",
        required=False,
        max_length=255,
    ),
    _ref_field("build_branch", "Branch", "The branch of the build, such as main or release/*"),
    _ref_field("build_tag", "Tag", "The tag of the build, such as v*"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildkitePublisher:
    """One pipeline; an empty step, branch or tag means any.

    Make it with `from_fields`, which checks and normalises.
    """

    organization_slug: str
    organization_id: str
    pipeline_slug: str
    pipeline_id: str
    step_key: str = ""
    build_branch: str = ""
    build_tag: str = ""

    @property
    def kind(self) -> str:
        """Return `buildkite`."""
        return PROVIDER.kind

    @property
    def issuer(self) -> str:
        """Return Buildkite's issuer."""
        return ISSUER

    @property
    def specificity(self) -> int:
        """Return how many of step, branch and tag are set."""
        return sum(map(bool, (self.step_key, self.build_branch, self.build_tag)))

    @property
    def title(self) -> str:
        """One line for people."""
        parts = {"step": self.step_key, "branch": self.build_branch, "tag": self.build_tag}
        where = "".join(f", {name} {value}" for name, value in parts.items() if value)
        return f"{self.organization_slug}/{self.pipeline_slug}{where}"

    def to_fields(self) -> dict[str, str]:
        """Return the fields under their stored names; an empty text means not set."""
        return asdict(self)

    def form_values(self) -> dict[str, str]:
        """Return the fields as the form names them, with `provider`."""
        return {"provider": self.kind, **self.to_fields()}

    def checks(self, rules: Rules = PYPI) -> tuple[Check, ...]:
        """Return what each claim must say, from the organisation inward."""
        stays = "equal; the id stays when the name changes"
        return (
            Check("organization_id", self.organization_id, stays, equal),
            Check("organization_slug", self.organization_slug, "equal", equal),
            Check("pipeline_id", self.pipeline_id, stays, equal),
            Check("pipeline_slug", self.pipeline_slug, "equal", equal),
            Check("jti", "an id that was not used before", "each token is taken once", present),
            _optional("step_key", self.step_key),
            _optional("build_branch", self.build_branch),
            _optional("build_tag", self.build_tag),
            *((HOSTED,) if rules.require_hosted_runner else ()),
        )

    def sources(self) -> tuple[str, ...]:
        """Return the pipeline, the organisation and their names, as an index files them."""
        slugs = f"{self.organization_slug}/{self.pipeline_slug}"
        return _sources(self.pipeline_id, self.organization_id, slugs)

    def links(self) -> tuple[Link, ...]:
        """Return the pipeline's page."""
        url = f"https://buildkite.com/{self.organization_slug}/{self.pipeline_slug}"
        return (Link(label="pipeline", url=url),)

    def certificate_facts(self, claims: Claims) -> tuple[CertificateFact, ...]:  # noqa: ARG002 - the role's signature
        """Return nothing: no extension of these certificates names the pipeline."""
        return ()


def look_up(publishers: Sequence[Publisher], claims: Claims) -> Publisher | NotFound:
    """Find the one publisher of the pipeline that claims speak for."""
    return most_specific(publishers, claims, sources_of(claims)[0])


def sources_of(claims: Claims) -> tuple[str, ...]:
    """Return where an index finds the publishers of a pipeline, and near misses: renamed, or made anew."""
    slugs = f"{said(claims, 'organization_slug')}/{said(claims, 'pipeline_slug')}"
    return _sources(said(claims, "pipeline_id"), said(claims, "organization_id"), slugs)


def same_source(publisher: Publisher, claims: Claims) -> bool:
    """Whether claims come from the publisher's pipeline, by the ids that are never given twice."""
    assert isinstance(publisher, BuildkitePublisher)
    return (
        claims.get("iss") == publisher.issuer
        and said(claims, "organization_id") == publisher.organization_id
        and said(claims, "pipeline_id") == publisher.pipeline_id
    )


def _sources(pipeline_id: str, organization_id: str, slugs: str) -> tuple[str, ...]:
    return (f"pipeline {pipeline_id}", f"organization {organization_id}", f"name {slugs}")


def _optional(claim: str, expected: str) -> Check:
    how = "equal, a star for anything but /" if expected else "not compared"
    return Check(claim, expected, how, if_set(matches_claim), required=False)


def _build(fields: Mapping[str, str]) -> BuildkitePublisher:
    return BuildkitePublisher(**fields)


HOSTED = Check("runner_environment", "buildkite-hosted", "equal", equal)

PROVIDER = Provider(
    kind="buildkite",
    title="Buildkite",
    issuer=ISSUER,
    form=FORM,
    required_claims=REQUIRED_CLAIMS,
    build=_build,
    look_up=look_up,
    looked_up=nothing_stricter,
    sources_of=sources_of,
    same_source=same_source,
    immutable_claims=("organization_id", "pipeline_id"),
    on_pypi=False,
)
