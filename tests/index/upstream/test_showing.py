from packaging.version import Version

from bonded.dists.names import ProjectName
from bonded.index.foreign import ForeignFile, ForeignPage
from bonded.index.policies import Cooldown, parse_exempt
from bonded.index.simple import PageFile
from bonded.index.upstream.showing import held_line, held_text, shown

HELPER = ProjectName("helper")
RULE = Cooldown(min_age=100.0)


def file(filename: str, sha256: str, version: str | None, uploaded: float | None) -> ForeignFile:
    """Return a file of another index."""
    return ForeignFile(
        shown=PageFile(filename=filename, url="", sha256=sha256),
        url=f"https://other.example/{filename}",
        version=Version(version) if version else None,
        uploaded=uploaded,
    )


PAGE = ForeignPage(
    versions=["odd", "1.0", "2.0", "3.0"],
    files=[
        file("helper-1.0.tar.gz", "a", "1", 0.0),
        file("helper-2.0.tar.gz", "b", "2", 0.0),
        file("helper-2.0-py3-none-any.whl", "c", "2", 950.0),
        file("helper-3.0.tar.gz", "d", "3", 960.0),
        file("helper-4.exe", "e", None, None),
    ],
)


def test_without_a_rule_all_is_shown_through_us() -> None:
    """Every file is addressed through this index, and nothing else is changed."""
    now = shown(HELPER, PAGE, cooldown=Cooldown(), first_seen={}, now=0.0)

    assert [one.url for one in now.page.files] == [
        f"../../upstream/helper/{one.shown.sha256}/{one.shown.filename}" for one in PAGE.files
    ]
    assert now.page.versions is PAGE.versions
    assert (now.held, now.until, now.page.serial) == ({}, float("inf"), None)


def test_young_files_are_left_out_and_their_versions_with_them() -> None:
    """A version stays while one file of it is shown; the page holds until the next file is ripe."""
    first_seen = dict.fromkeys("abcde", 0.0)

    now = shown(HELPER, PAGE, cooldown=RULE, first_seen=first_seen, now=1000.0)

    assert [one.filename for one in now.page.files] == [
        "helper-1.0.tar.gz",
        "helper-2.0.tar.gz",
        "helper-4.exe",
    ]
    assert now.page.versions == ["odd", "1.0", "2.0"]
    assert now.held == {"helper-2.0-py3-none-any.whl": 1050.0, "helper-3.0.tar.gz": 1060.0}
    assert now.until == 1050.0
    later = shown(HELPER, PAGE, cooldown=RULE, first_seen=first_seen, now=1060.0)
    assert (later.held, list(later.page.versions)) == ({}, list(PAGE.versions))


def test_what_was_never_seen_is_seen_now() -> None:
    """A file without a record is as young as can be, unless it is exempt."""
    rule = Cooldown(min_age=100.0, exempt=(parse_exempt("helper==3"),))

    now = shown(HELPER, PAGE, cooldown=rule, first_seen={}, now=1000.0)

    assert [one.filename for one in now.page.files] == ["helper-3.0.tar.gz"]
    assert now.page.versions == ["odd", "3.0"]


def test_the_reason_names_the_day() -> None:
    """Who asks for a file is told the rule and when it may be had, never too early."""
    assert held_text("x.whl", 0.5).endswith("(min-age); it may be had from 1970-01-01T00:00:01Z")


def test_the_log_names_what_comes_next() -> None:
    """One line for a page, however many of its files are held back."""
    held = {f"{name}.whl": at for name, at in zip("dcba", (3.0, 2.0, 1.0, 0.0), strict=True)}

    assert held_line(HELPER, held) == (
        "helper: 4 files are held back by min-age: a.whl (from 1970-01-01T00:00:01Z),"
        " b.whl (from 1970-01-01T00:00:02Z), c.whl (from 1970-01-01T00:00:03Z), …"
    )
    assert not held_line(HELPER, {"a": 0.0}).endswith("…")
