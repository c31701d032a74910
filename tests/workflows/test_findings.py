"""Places and severities as people see them."""

from bonded.errors import Location
from bonded.workflows.findings import Place, Severity


def test_a_place_is_shown_as_editors_want_it() -> None:
    """File, line and column; the file alone where there is no line."""
    assert str(Place("a.yml", 3, 5, 3, 9)) == "a.yml:3:5"
    assert str(Place("a.yml")) == "a.yml"
    assert Place.of(Location("a.yml", 2, 1)) == Place("a.yml", 2, 1, 2, 1)


def test_severities_have_an_order() -> None:
    """An error is worse than a warning, and both have words."""
    assert Severity.INFO < Severity.WARNING < Severity.ERROR
    assert [one.word for one in Severity] == ["info", "warning", "error"]
