"""What the form says, against what the file says: by what it means, not by how it is spelt."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.dists.agreement import disagreements, omission_fault, published
from bonded.dists.metadata import CoreMetadata, read_declared, read_form

BASE = (("metadata_version", "2.4"), ("name", "greeter"), ("version", "1.0"))


def form(*pairs: tuple[str, str]) -> CoreMetadata:
    """Return a valid form with these fields."""
    read = read_form([*BASE, *pairs])
    assert isinstance(read, CoreMetadata), read
    return read


def file(text: str, version: str = "2.4") -> bytes:
    """Return METADATA with these lines."""
    return f"Metadata-Version: {version}\nName: greeter\nVersion: 1.0\n{text}".encode()


def fields(pairs: list[tuple[str, str]], text: str, **sdist: str) -> list[str]:
    """Return the fields in which form and file disagree; `version` makes it a source distribution's."""
    data = file(text, **sdist)
    found = disagreements(form(*pairs), read_declared(data), is_sdist=bool(sdist))
    return [disagreement.field for disagreement in found]


SAME: dict[str, tuple[list[tuple[str, str]], str]] = {
    "nothing": ([], ""),
    "left out by the form": ([], "Summary: x\nRequires-Dist: a\n"),
    "summary with other blanks": ([("summary", "a  b ")], "Summary: a b\n"),
    "summary, folded": ([("summary", "a b")], "Summary: a\n b\n"),
    "UNKNOWN in the file": ([], "Summary: UNKNOWN\nAuthor: UNKNOWN\n"),
    "UNKNOWN on both sides": (
        [("summary", "UNKNOWN"), ("platform", "UNKNOWN")], "Summary: UNKNOWN\nPlatform: UNKNOWN\n"),
    "platform UNKNOWN in the form": ([("platform", "UNKNOWN"), ("platform", "x")], "Platform: x\n"),
    "description without the last line feed": ([("description", "# Hi\n\nyou")], "\n# Hi\n\nyou\n\n"),
    "description with other line ends": ([("description", "a\r\nb")], "\na\nb\n"),
    "description in a header": ([("description", "a\nb\nc")], "Description: a\n        |b\n        |c\n"),
    "description in a header, by blanks": ([("description", "a\nb")], "Description: a\n        b\n"),
    "licence in lines": ([("license", "a\nb")], "License: a\n         b\n"),
    "keywords by commas": ([("keywords", "a,b,c")], "Keywords: a, b, c\n"),
    "keywords by blanks": ([("keywords", "a,b,c")], "Keywords: a b c\n"),
    "keywords by semicolons": ([("keywords", "a b c")], "Keywords: a;b;c\n"),
    "keywords in another order": ([("keywords", "b, a")], "Keywords: a,b\n"),
    "requirement in brackets": ([("requires_dist", "Foo.Bar (>=1,<2)")], "Requires-Dist: foo-bar<2,>=1\n"),
    "requirement with a marker": (
        [("requires_dist", "a; extra=='x' and python_version<'4'")],
        'Requires-Dist: a ; (extra == "x" and python_version < "4")\nProvides-Extra: x\n'),
    "requirements in another order": (
        [("requires_dist", "b"), ("requires_dist", "a")], "Requires-Dist: a\nRequires-Dist: b\n"),
    "requirement with extras": ([("requires_dist", "a[Y_y,x]")], "Requires-Dist: a[x, y-y]\n"),
    "Python in another order": ([("requires_python", "<4, >=3.8")], "Requires-Python: >=3.8,<4\n"),
    "extra in another spelling": ([("provides_extra", "a_b")], "Provides-Extra: a-b\n"),
    "content type with its charset": (
        [("description_content_type", "text/markdown; charset=UTF-8")], "Description-Content-Type: text/markdown\n"),
    "content type in another order": (
        [("description_content_type", "text/markdown; variant=GFM; charset=UTF-8")],
        "Description-Content-Type: text/markdown; charset=UTF-8; variant=GFM\n"),
    "links in another order": (
        [("project_urls", "B, https://b"), ("project_urls", "A,https://a")],
        "Project-URL: A, https://a\nProject-URL: B, https://b\n"),
    "home page among the links": ([("home_page", "https://a")], "Project-URL: Homepage, https://a\n"),
    "licence as its expression": ([("license_expression", "MIT")], "License: MIT\n"),
    "licence expression as text": ([("license", "MIT")], "License-Expression: MIT\n"),
    "classifiers in another order": ([("classifiers", "B"), ("classifiers", "A")], "Classifier: A\nClassifier: B\n"),
    "author beyond ASCII": ([("author", "Zoë")], "Author: Zoë\n"),
    "dynamic in another letter case": ([("dynamic", "Requires-Dist")], "Dynamic: requires-dist\n"),
}  # fmt: skip


@pytest.mark.parametrize(("pairs", "text"), SAME.values(), ids=SAME)
def test_what_means_the_same_agrees(pairs: list[tuple[str, str]], text: str) -> None:
    """Every client writes the form in its own hand."""
    assert fields(pairs, text) == []


OTHER: dict[str, tuple[str, str, str]] = {
    "Summary": ("summary", "a", "Summary: b\n"),
    "Description": ("description", "a", "\nb\n"),
    "Description-Content-Type": ("description_content_type", "text/plain", "Description-Content-Type: text/markdown\n"),
    "Requires-Python": ("requires_python", ">=3.9", "Requires-Python: >=3.8\n"),
    "Requires-Dist": ("requires_dist", "a>1", "Requires-Dist: a>2\n"),
    "Provides-Extra": ("provides_extra", "a", "Provides-Extra: b\n"),
    "Requires-External": ("requires_external", "a", "Requires-External: b\n"),
    "Provides-Dist": ("provides_dist", "a", "Provides-Dist: b\n"),
    "Obsoletes-Dist": ("obsoletes_dist", "a", "Obsoletes-Dist: b\n"),
    "Classifiers": ("classifiers", "a", "Classifier: b\n"),
    "Keywords": ("keywords", "a", "Keywords: b\n"),
    "License": ("license", "MIT", "License: BSD\n"),
    "License-Expression": ("license_expression", "MIT", "License-Expression: 0BSD\n"),
    "License-Files": ("license_file", "A", "License-File: B\n"),
    "Dynamic": ("dynamic", "summary", "Dynamic: license\n"),
    "Home-Page": ("home_page", "https://a", "Home-Page: https://b\n"),
    "Download-Url": ("download_url", "https://a", "Download-URL: https://b\n"),
    "Project-Urls": ("project_urls", "A, https://a", "Project-URL: A, https://b\n"),
    "Author": ("author", "a", "Author: b\n"),
    "Author-Email": ("author_email", "a@x.example", "Author-Email: b@x.example\n"),
    "Maintainer": ("maintainer", "a", "Maintainer: b\n"),
    "Maintainer-Email": ("maintainer_email", "a@x.example", "Maintainer-Email: b@x.example\n"),
    "Platforms": ("platform", "a", "Platform: b\n"),
    "Supported-Platforms": ("supported_platform", "a", "Supported-Platform: b\n"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "name", "value", "text"), [(k, *v) for k, v in OTHER.items()], ids=OTHER
)
@pytest.mark.parametrize("there", [True, False], ids=["other", "missing"])
def test_what_means_something_else_disagrees(
    field: str, name: str, value: str, text: str, *, there: bool
) -> None:
    """Every field counts, whether the file has another value or none."""
    assert fields([(name, value)], text if there else "") == [field]


OPEN: list[tuple[str, str, str, str, bool]] = [
    ("before 2.2", "2.1", "requires_dist", "", True),
    ("before 2.2, but said", "2.1", "requires_dist", "Requires-Dist: b\n", False),
    ("of no version", "x", "requires_dist", "", False),
    ("dynamic", "2.2", "requires_dist", "Dynamic: Requires-Dist\n", True),
    ("dynamic, but said", "2.2", "requires_dist", "Dynamic: Requires-Dist\nRequires-Dist: b\n", False),
    ("dynamic is another", "2.2", "requires_dist", "Dynamic: License\n", False),
    ("dynamic classifiers", "2.4", "classifiers", "Dynamic: Classifier\n", True),
    ("dynamic files", "2.4", "license_file", "Dynamic: license-file\n", True),
]  # fmt: skip


@pytest.mark.parametrize(
    ("version", "name", "text", "agree"), [row[1:] for row in OPEN], ids=[row[0] for row in OPEN]
)
def test_a_source_distribution_may_leave_open_what_its_metadata_says(
    version: str, name: str, text: str, *, agree: bool
) -> None:
    """Before metadata 2.2 nothing was promised; since then what is open is called Dynamic (PEP 643)."""
    assert (fields([(name, "a")], text, version=version) == []) is agree


def test_a_disagreement_says_what_is_there_and_what_came() -> None:
    """Of lists what the other has not; of long texts only the beginning."""
    pairs = [
        ("requires_dist", "a"),
        ("requires_dist", "b"),
        ("description", "x" * 300),
        ("summary", "s"),
    ]
    data = file("Requires-Dist: a\nRequires-Dist: c\nProject-URL: A, https://a\n")
    first, *rest = disagreements(form(*pairs), read_declared(data), is_sdist=False)

    assert str(first) == "Requires-Dist: expected 'c', got 'b'"
    assert str(rest[0]) == "Summary: expected nothing, got 's'"
    assert "a text of 300 characters" in rest[1].got
    links = form(("project_urls", "A, https://b"))
    (link,) = disagreements(links, read_declared(data), is_sdist=False)
    assert str(link) == "Project-Urls: expected 'A: https://a', got 'A: https://b'"


def test_what_the_file_says_twice_agrees_with_nothing() -> None:
    """Programs take the first or the last."""
    assert fields([], "Summary: a\nSummary: b\n") == ["summary"]


@pytest.mark.parametrize(
    "text", ["Name: other\nVersion: 1.0\n", "Name: greeter\nVersion: 1.1\n", "Version: x\n", ""]
)
def test_name_and_version_must_be_there(text: str) -> None:
    """They are the file's identity; no form fills them in."""
    data = f"Metadata-Version: 2.1\n{text}".encode()

    assert disagreements(form(), read_declared(data), is_sdist=True)


def test_a_file_fills_in_what_the_form_omits() -> None:
    """The index says what the file says, where installers obey it."""
    inside = read_declared(file("Requires-Python: >=3.8\nRequires-Dist: six\nSummary: s\n"))
    whole = published(form(("summary", "s")), inside)

    assert (whole.requires_python, whole.texts("requires_dist")) == (">=3.8", ("six",))
    assert whole.text("summary") == "s"
    assert published(form(), read_declared(file(""))).requires_python == ""


@pytest.mark.parametrize(
    "line",
    ["Project-URL: x, javascript:alert(1)", "Home-page: javascript:alert(1)", "Classifier: Foo :: Bar",
     "License-Expression: MIT OR", "Description-Content-Type: text/evil", f"Summary: {'x' * 5000}"],
)  # fmt: skip
def test_nothing_else_is_said_that_the_form_does_not_say(line: str) -> None:
    """What no check has seen is not published."""
    assert published(form(), read_declared(file(f"{line}\n"))) == form()


def test_a_requirement_that_cannot_be_read_is_compared_as_text() -> None:
    """Numbers that Python does not read end no comparison."""
    text = f"Requires-Dist: six>={'1' * 5000}\n"

    assert fields([("requires_dist", "six")], text) == ["Requires-Dist"]
    assert fields([], text) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [("Requires-Python: three\n", "requires-python"), ("Requires-Dist: a b\n", "requires-dist"),
     ("Provides-Extra: -\n", "provides-extra"), ("Requires-Dist: a\n", "")],
)  # fmt: skip
def test_what_is_filled_in_is_judged(text: str, words: str) -> None:
    """Installers obey it, so it must be valid; what the form has is judged with the form."""
    fault = omission_fault(form(), read_declared(file(text)))

    assert (fault.field if fault else "") == words


def test_what_the_form_says_is_not_judged_again() -> None:
    """Old files have requirements that were valid once."""
    assert (
        omission_fault(form(("requires_dist", "a")), read_declared(file("Requires-Dist: a b\n")))
        is None
    )


LINES = st.lists(
    st.tuples(
        st.sampled_from(["Summary", "Requires-Dist", "Requires-Python", "Keywords", "Classifier", "Dynamic",
                         "Description", "License", "Home-Page", "Project-URL",
                         "Provides-Extra", "Metadata-Version", "Name"]),
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20),
    ), max_size=8,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(lines=LINES, is_sdist=st.booleans())
def test_any_file_can_be_compared(lines: list[tuple[str, str]], *, is_sdist: bool) -> None:
    """Whatever a file says, the answer is a list of fields; and a form that omits all disagrees in nothing else."""
    inside = read_declared("".join(f"{name}: {text}\n" for name, text in lines).encode())
    found = disagreements(form(("summary", "a"), ("requires_dist", "a")), inside, is_sdist=is_sdist)

    assert all(disagreement.expected and disagreement.got for disagreement in found)
    assert omission_fault(form(), inside) is None or lines
