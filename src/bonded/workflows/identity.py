"""Who a publishing job would be to an index, and what the index would say: the trust kernel, asked beforehand."""

from collections.abc import Iterator

from bonded.publishers import Selection, select
from bonded.publishers.github import ISSUER, GitHubPublisher
from bonded.workflows.case import Case
from bonded.workflows.claims import Run, id_token_claims
from bonded.workflows.publishing import Publishing
from bonded.workflows.reach import tag_push


def verdicts(case: Case) -> Iterator[tuple[Publishing, Selection]]:
    """Yield what the registered publishers say to each trusted publishing step whose identity is plain from the text.

    Nothing for an index at which no publisher of GitHub is recorded, and for an environment that an expression names.
    """
    for publishing in case.publishings:
        known = [
            one.publisher
            for one in case.facts.registered or ()
            if one.index == publishing.index and isinstance(one.publisher, GitHubPublisher)
        ]
        environment = publishing.job.environment
        name = environment.name.text if environment else ""
        if publishing.trusted and known and "${{" not in name:
            first = known[0]
            assert isinstance(first, GitHubPublisher)
            yield publishing, select(known, _claims(case, first, name))


def _claims(case: Case, likeliest: GitHubPublisher, environment: str) -> dict[str, str]:
    """Return the claims; where nobody knows the repository it is taken to be the registered one.

    An address in pyproject.toml may have another letter case than GitHub, which spells the claim.
    """
    repository = case.facts.repository or likeliest.repository
    if repository.lower() == likeliest.repository.lower():
        repository = likeliest.repository
    run = Run(
        repository=repository,
        repository_id="1",
        repository_owner_id=likeliest.repository_owner_id,
        actor="",
        actor_id="",
        run_id="1",
        workflow_path=case.path,
        workflow_title=case.workflow.title,
        event=tag_push("v1"),
    )
    return {**id_token_claims(run, environment=environment), "iss": ISSUER, "jti": "1"}
