import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from packaging.version import Version

from bonded.dists.names import ProjectName, parse_project_name
from bonded.errors import UsageError
from bonded.index.policies import (
    Cooldown,
    Exempt,
    Names,
    is_ours,
    parse_age,
    parse_exempt,
    parse_reserved,
)

HELPER = ProjectName("helper")
DAY = 86_400.0


class Book:
    """A book that holds these names."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self.asked: list[float] = []

    def holds(self, name: ProjectName, now: float) -> bool:
        """Tell whether it does."""
        self.asked.append(now)
        return name in self.names


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("acme-*", "acme-"),
        ("Acme_*", "acme-"),
        ("acme.*", "acme-"),
        (" acme-tools-* ", "acme-tools-"),
        ("A.B_c-*", "a-b-c-"),
    ],
)
def test_a_reserved_prefix_is_normalised(text: str, prefix: str) -> None:
    """However a prefix is spelt, it is compared in the normal form of names."""
    assert parse_reserved(text) == prefix


@pytest.mark.parametrize(
    "text",
    ["", "*", "-*", "acme", "acme*", "acme-", "ac me-*", "acme-**", "-acme-*", "ä-*", "a--*"],
)
def test_what_reserves_nothing_is_an_error(text: str) -> None:
    """A prefix that would hold no name, or other names than it seems to, is refused with the right form."""
    with pytest.raises(UsageError, match="no reserved prefix"):
        parse_reserved(text)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("acme-tools", True),
        ("ACME_tools", True),
        ("acme.tools", True),
        ("acme--tools", True),
        ("acme", False),
        ("acmetools", False),
        ("my-acme-tools", False),
        ("secret", True),
        ("Secret", True),
        ("secrets", False),
    ],
)
def test_names_that_stay_at_home(name: str, kept: bool) -> None:  # noqa: FBT001 - a row of a table
    """A reserved prefix holds what begins with it and a separator, an own name itself, in every spelling."""
    names = Names(own=frozenset({ProjectName("secret")}), reserved=frozenset({"acme-"}))

    assert names.keep(parse_project_name(name)) is kept


def test_the_longest_prefix_counts() -> None:
    """Of two prefixes, the narrower one is named."""
    names = Names(reserved=frozenset({"acme-", "acme-tools-"}))

    assert names.prefix_of(ProjectName("acme-tools-x")) == "acme-tools-"
    assert names.prefix_of(ProjectName("acme-toolsx")) == "acme-"
    assert names.prefix_of(ProjectName("other")) == ""


def test_a_name_is_ours_by_the_rule_or_by_the_book() -> None:
    """What the owner keeps is ours without a look into the book; the rest is ours if the book holds it."""
    book = Book("greeter")
    names = Names(own=frozenset({HELPER}))

    assert is_ours(HELPER, names, book, 7.0)
    assert book.asked == []
    assert is_ours(ProjectName("greeter"), names, book, 7.0)
    assert not is_ours(ProjectName("other"), names, book, 7.0)
    assert book.asked == [7.0, 7.0]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7d", 7 * DAY),
        ("7", 7 * DAY),
        ("0", 0),
        ("36h", 1.5 * DAY),
        (" 2W ", 14 * DAY),
        ("90s", 90),
    ],
)
def test_an_age_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    """Days are meant where nothing is said."""
    assert parse_age(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "d", "-1d", "1.5d", "7 days", "1y", "1e3", "9999999d", "\u0667d"]
)
def test_what_is_no_age_is_an_error(text: str) -> None:
    """A rule that is misspelt must not be none."""
    with pytest.raises(UsageError, match="no age"):
        parse_age(text)


def test_exemptions_name_a_project_or_a_release() -> None:
    """Names and versions are compared by value."""
    assert parse_exempt("My_Lib") == Exempt(project=ProjectName("my-lib"))
    one = parse_exempt("helper == 1.0")
    assert one.covers(HELPER, Version("1.0.0"))
    assert not one.covers(HELPER, Version("1.1"))
    assert not one.covers(HELPER, None)
    assert parse_exempt("helper").covers(HELPER, None)


@pytest.mark.parametrize(
    "text", ["", "a b", "helper==", "==1", "helper>=1", "helper==1.*", "helper==" + "1" * 5000]
)
def test_what_exempts_nothing_is_an_error(text: str) -> None:
    """An exemption that cannot be read is refused."""
    with pytest.raises(UsageError, match="names no project and no release"):
        parse_exempt(text)


@pytest.mark.parametrize(
    ("uploaded", "seen", "trusted", "ripe"),
    [
        (100.0, 500.0, False, 500.0 + DAY),
        (500.0, 100.0, False, 500.0 + DAY),
        (None, 500.0, False, 500.0 + DAY),
        (100.0, 500.0, True, 100.0 + DAY),
        (None, 500.0, True, 500.0 + DAY),
    ],
)
def test_age_counts_from_the_later_date(
    *, uploaded: float | None, seen: float, trusted: bool, ripe: float
) -> None:
    """A date of the other index cannot make a file older than we know it, unless its dates are trusted."""
    rule = Cooldown(min_age=DAY, trusted_dates=trusted)

    assert rule.ripe(HELPER, Version("1"), uploaded=uploaded, first_seen=seen) == ripe


def test_what_is_exempt_need_not_wait() -> None:
    """Without an age, and for what is exempt, every file may be had at once."""
    exempt = Cooldown(min_age=DAY, exempt=(parse_exempt("helper==1"),))

    assert Cooldown().ripe(HELPER, None, uploaded=9e9, first_seen=9e9) == 0
    assert exempt.ripe(HELPER, Version("1"), uploaded=9e9, first_seen=9e9) == 0
    assert exempt.ripe(HELPER, Version("2"), uploaded=0, first_seen=0) == DAY


@examples(max_examples=60, deadline=None)
@given(st.from_regex(r"\A[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9])?\Z"), st.text(max_size=5))
def test_every_spelling_of_a_reserved_name_is_kept(base: str, rest: str) -> None:
    """Whatever comes after a prefix and a separator, it is reserved if it can be a name at all."""
    names = Names(reserved=frozenset({parse_reserved(f"{base}-*")}))
    for separator in ("-", "_", ".", "--", "_.-"):
        try:
            name = parse_project_name(f"{base.upper()}{separator}{rest}")
        except Exception:  # noqa: BLE001 - not a name
            continue
        assert names.keep(name)
