"""Identities of PEP 740: who an index says has published, and what a certificate must then say.

The publisher object of PEP 740, `attestation-identities` of a lock file (PEP 751) and `[tool.bonded.verify]` spell an
identity alike: `kind` and the keys of that kind. What the certificate of such an identity must say, the publisher's own
file knows (`certificate_facts`); nothing of it is repeated here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bonded.attestations.certificates import Signer
from bonded.publishers import Claims, InvalidPublisher, Publisher, from_fields
from bonded.publishers.circleci import CircleCIPublisher
from bonded.publishers.rule import CertificateFact

__all__ = [
    "KINDS",
    "Expected",
    "Identity",
    "expected_of",
    "expected_of_identity",
    "identity_of",
    "identity_of_signer",
    "parse_identity",
    "publisher_of",
]

KINDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "GitHub": (("repository", "workflow"), ("environment",)),
    "GitLab": (("repository", "workflow_filepath"), ("environment",)),
    "Google": (("email",), ()),
    "CircleCI": (("project_id", "pipeline_definition_id"), ("vcs_origin", "vcs_ref")),
}
"""Of each kind the keys that it must and may have; PyPI's, as `pypi_attestations` reads them."""

_CIRCLECI = "https://oidc.circleci.com"
_COMMIT = "1.3.6.1.4.1.57264.1.13"
_REF = "1.3.6.1.4.1.57264.1.14"
_NO_ID = "0"
_MAX_TEXT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who has published; `fields` are the keys of its kind that are set, in the order of `KINDS`."""

    kind: str
    fields: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        """Return one field, empty if it is not set."""
        return dict(self.fields).get(name, "")

    @property
    def environment(self) -> str:
        """The environment, empty where none is named."""
        return self.get("environment")

    @property
    def title(self) -> str:
        """One line for people."""
        if self.kind == "Google":
            return self.get("email")
        if self.kind == "CircleCI":
            origin = self.get("vcs_origin") or self.get("project_id")
            return f"CircleCI {origin}, definition {self.get('pipeline_definition_id')}"
        workflow = self.get("workflow") or self.get("workflow_filepath")
        return f"{self.get('repository')} {workflow}"

    def to_object(self) -> dict[str, object]:
        """Return the publisher object as PyPI writes it: every key of its kind, null where it is not set."""
        must, may = KINDS[self.kind]
        return {
            "kind": self.kind,
            "claims": None,
            **{name: self.get(name) or None for name in (*must, *may)},
        }

    def to_table(self) -> dict[str, str]:
        """Return it as a TOML table: kind and the keys that are set (PEP 751)."""
        return {"kind": self.kind, **dict(self.fields)}

    def same_source(self, other: "Identity") -> bool:
        """Whether two are the same workflow of the same repository, in whichever environment and at whichever ref."""
        return _source(self) == _source(other)


def _source(identity: Identity) -> tuple[str, dict[str, str]]:
    fields = {
        name: text for name, text in identity.fields if name not in {"environment", "vcs_ref"}
    }
    if "repository" in fields:
        fields["repository"] = fields["repository"].lower()
    return identity.kind, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Whom an attestation must come from.

    `claims` are those of the token that was shown at the upload; with None the certificate's own ref and commit stand
    in for them, because whoever installs knows neither. An `environment` is compared with the certificate's, letter
    case aside, where the certificate names one; `environment_required` refuses a certificate that does not.
    """

    publisher: Publisher
    claims: Claims | None = field(default=None, repr=False)
    environment: str = ""
    environment_required: bool = False
    ref: str = ""

    def facts(self, signer: Signer) -> tuple[CertificateFact, ...]:
        """Return what the certificate must say; empty if identities of this kind cannot sign."""
        marks = {"sha": signer.commit, "ref": signer.ref, "ref_path": signer.ref}
        facts = self.publisher.certificate_facts(marks if self.claims is None else self.claims)
        if not facts:
            return ()
        asked = tuple(fact for fact in facts if fact.accepted != ("",))
        if self.ref:
            asked += (CertificateFact(name="ref", oid=_REF, accepted=(self.ref,)),)
        sha = (self.claims or {}).get("sha")
        if isinstance(sha, str) and sha and self.publisher.kind in {"github", "gitlab"}:
            asked += (CertificateFact(name="commit", oid=_COMMIT, accepted=(sha,)),)
        return asked


def expected_of(
    publisher: Publisher, claims: Claims | None = None, *, environment_required: bool = False
) -> Expected:
    """Return what is expected of a publisher's attestations; its environment is one of its fields.

    Without `claims`, or where the publisher takes any environment, nothing is asked of the certificate's but what the
    token said.
    """
    said = (claims or {}).get("environment")
    environment = publisher.to_fields().get("environment", "")
    if not environment and isinstance(said, str):
        environment = said
    return Expected(
        publisher=publisher,
        claims=claims,
        environment=environment,
        environment_required=environment_required and bool(environment),
    )


def parse_identity(value: object) -> Identity:
    """Read a publisher object or a lock file's identity; unknown keys are left aside (PEP 740 allows them).

    Raises ValueError that names what is wrong: an unknown kind, a key that is missing, a value that is no text.
    """
    if not isinstance(value, Mapping):
        raise ValueError("a publisher is an object")  # noqa: TRY004 - a fault of the text, not of a program
    kind = value.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"a publisher's kind is one of {', '.join(KINDS)}, got {kind!r}")
    must, may = KINDS[kind]
    fields = []
    for name in (*must, *may):
        text = value.get(name)
        if text is None or (text == "" and name in may):
            if name in must:
                raise ValueError(f"a {kind} publisher has {name}")
            continue
        if not isinstance(text, str) or not 0 < len(text) <= _MAX_TEXT or not text.isprintable():
            raise ValueError(f"{name} of a {kind} publisher is a text, got {str(text)[:80]!r}")
        fields.append((name, text))
    return Identity(kind=kind, fields=tuple(fields))


def publisher_of(identity: Identity) -> Publisher:
    """Return the publisher whose certificates an identity has; raises InvalidPublisher where there can be none."""
    environment = identity.environment
    owner, _, name = identity.get("repository").rpartition("/")
    if identity.kind == "GitHub":
        # The owner's id is not part of an identity; a certificate is compared by what the identity says.
        return from_fields(
            "github",
            {
                "repository_owner": owner,
                "repository_owner_id": _NO_ID,
                "repository_name": name,
                "workflow_filename": identity.get("workflow"),
                "environment": environment,
            },
        )
    if identity.kind == "GitLab":
        fields = {"namespace": owner, "project": name, "environment": environment}
        return from_fields(
            "gitlab", {**fields, "workflow_filepath": identity.get("workflow_filepath")}
        )
    if identity.kind == "Google":
        return from_fields("google", {"email": identity.get("email")})
    # An identity does not name the organisation, which a publisher's form wants.
    return CircleCIPublisher(
        organization_id="",
        project_id=identity.get("project_id"),
        pipeline_definition_id=identity.get("pipeline_definition_id"),
        vcs_origin=identity.get("vcs_origin"),
        issuer_url=_CIRCLECI,
    )


def expected_of_identity(identity: Identity, *, environment_required: bool = False) -> Expected:
    """Return what is expected of an identity's attestations; raises ValueError where it can have none."""
    try:
        publisher = publisher_of(identity)
    except InvalidPublisher as error:
        raise ValueError(f"{identity.kind} publisher: {error.message}") from None
    return Expected(
        publisher=publisher,
        environment=identity.environment,
        environment_required=environment_required and bool(identity.environment),
        ref=identity.get("vcs_ref"),
    )


def identity_of(publisher: Publisher) -> Identity | None:
    """Return the identity under which an index shows a publisher's attestations; None if it cannot sign."""
    fields = publisher.to_fields()
    environment = fields.get("environment", "")
    if not publisher.certificate_facts({"sha": "any"}):
        return None
    match publisher.kind:
        case "github":
            repository = f"{fields['repository_owner']}/{fields['repository_name']}"
            shown = {"repository": repository, "workflow": fields["workflow_filename"]}
        case "gitlab":
            repository = f"{fields['namespace']}/{fields['project']}"
            path = fields["workflow_filepath"]
            shown = {"repository": repository, "workflow_filepath": path}
        case "google":
            shown = {"email": fields["email"]}
        case "circleci":
            names = ("project_id", "pipeline_definition_id", "vcs_origin")
            shown = {name: fields[name] for name in names}
        case _:
            return None
    kinds = {"github": "GitHub", "gitlab": "GitLab", "google": "Google", "circleci": "CircleCI"}
    return parse_identity(
        {"kind": kinds[publisher.kind], **shown, "environment": environment or None}
    )


def identity_of_signer(signer: Signer) -> Identity | None:
    """Return the identity that a certificate's own words describe; None for a kind that is not known.

    It only says who has signed, for want of anybody who says who should have.
    """
    github, gitlab = "https://github.com/", "https://gitlab.com/"
    path = signer.repository
    config = signer.workflow
    for mark in (signer.ref, signer.commit):
        config = config.removesuffix(f"@{mark}") if mark else config
    environment = signer.environment or None
    said: dict[str, object]
    if path.startswith(github):
        workflow = config.removeprefix(f"{path}/.github/workflows/")
        repository = path.removeprefix(github)
        said = {"kind": "GitHub", "repository": repository, "workflow": workflow}
    elif path.startswith(gitlab):
        file = config.removeprefix(f"{path}//")
        said = {
            "kind": "GitLab",
            "repository": path.removeprefix(gitlab),
            "workflow_filepath": file,
        }
    elif not path and len(signer.names) == 1:
        said = {"kind": "Google", "email": signer.names[0]}
    else:
        return None
    try:
        return parse_identity({**said, "environment": environment})
    except ValueError:
        return None
