"""What a signing certificate says of a job, where two services say it alike (Fulcio's `1.3.6.1.4.1.57264.1` arc)."""

from collections.abc import Sequence

from bonded.publishers.rule import CertificateFact

__all__ = ["workflow_facts"]


def workflow_facts(
    issuer: str, repository: str, config: str, marks: Sequence[str]
) -> tuple[CertificateFact, ...]:
    """Return the facts of PyPI's policy: issuer, repository, the started file at one of the `marks` (ref, commit)."""
    at = tuple(f"{config}@{mark}" for mark in marks if mark)
    return (
        CertificateFact(name="issuer", oid="1.3.6.1.4.1.57264.1.8", accepted=(issuer,)),
        CertificateFact(
            name="source repository", oid="1.3.6.1.4.1.57264.1.12", accepted=(repository,)
        ),
        CertificateFact(name="build config", oid="1.3.6.1.4.1.57264.1.18", accepted=at),
    )
