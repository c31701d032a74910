"""API tokens in the book: only their hashes are kept, they end, and lose the projects that are deleted."""

from pathlib import Path

import pytest

from bonded.dists.names import ProjectName
from bonded.index.model import ApiToken, Scope
from books import KINDS, opened, place

HER, HIS = ProjectName("hers"), ProjectName("his")


def token(name: str, scope: Scope = Scope.ADMIN, *projects: ProjectName) -> ApiToken:
    """Return a token that lives from 1 to 10."""
    return ApiToken(name=name, scope=scope, projects=projects, created=1.0, expires=10.0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_lives_until_its_end(kind: str, tmp_path: Path) -> None:
    """It is found by its hash until it is revoked, and lives until it expires; then its name is free again."""
    with opened(place(kind, tmp_path)) as (records, _), records.writing() as book:
        added = book.add_api_token("h1", token("ci", Scope.UPLOAD, HER), by="me")
        again = book.add_api_token("h2", token("ci"), by="me")
        found = book.api_token("h1")
        ends = [book.api_token_end(one) for one in ("h1", "h2")]
        later = ApiToken(name="ci", scope=Scope.READ, created=10.0, expires=20.0)
        renewed = book.add_api_token("h3", later, by="me")
        left = book.api_tokens()
        revoked = [book.revoke_api_token("ci", 11.0, by="me") for _ in range(2)]

        assert (added, again, renewed) == (True, False, True)
        assert found == token("ci", Scope.UPLOAD, HER)
        assert ends == [10.0, 0.0]
        assert left == [later]
        assert revoked == [True, False]
        assert book.api_token("h3") is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_project_is_taken_from_upload_tokens(kind: str, tmp_path: Path) -> None:
    """A token that is left with no project ends; each change has its event."""
    with opened(place(kind, tmp_path)) as (records, _), records.writing() as book:
        book.add_api_token("h1", token("both", Scope.UPLOAD, HER, HIS), by="me")
        book.add_api_token("h2", token("hers", Scope.UPLOAD, HER), by="me")
        book.add_api_token("h3", token("root"), by="me")

        book.take_from_api_tokens(HER, 2.0, by="her")

        assert {one.name: one.projects for one in book.api_tokens()} == {"both": (HIS,), "root": ()}
        told = [(one["tag"], one["subject"], one["details"]) for one in book.events("", 2, None)]
        assert told == [
            ("api-token:remove", "hers", {"by": "her"}),
            ("api-token:change", "both", {"lost": "hers", "by": "her"}),
        ]
