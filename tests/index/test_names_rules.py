"""Which names are free: PyPI's rules, both ways."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.dists.names import ProjectName
from bonded.index.names_rules import alike, name_fault, standard_library, taken_fault


@pytest.mark.parametrize(
    "name", ["toast1ng", "toastlng", "t0asting", "toast-ing", "toast.ing", "toast_ing", "TOASTING"]
)
def test_names_that_look_alike_are_alike(name: str) -> None:
    """Separators, letter case, l, i and 1, o and 0 make no difference."""
    assert alike(name) == alike("toasting")


@pytest.mark.parametrize(
    "name",
    ["xml", "pickle", "test", "uu", "cgi", "al", "main", "future", "xml.etree.ElementTree", "encodings.utf_8_sig",
     "distutils.command.build_clib", "CGIHTTPServer", "xml-etree", "Tkinter", "tomllib"],
)  # fmt: skip
def test_modules_of_any_python_are_taken(name: str) -> None:
    """A module of the standard library, of any Python and in any spelling, is no name of a project."""
    assert "standard library" in name_fault(name)


@pytest.mark.parametrize("name", ["", "a b", "-a", "a-", "é", "İnspect", "a\n", "a/b", "x" * 300])
def test_what_is_no_name_is_refused(name: str) -> None:
    """The grammar comes first, in PyPI's words."""
    assert name_fault(name).startswith("Invalid project name")


@pytest.mark.parametrize("name", ["greeter", "a", "Zope.Interface", "xmlish", "x2"])
def test_other_names_are_free(name: str) -> None:
    """Everything else may be a project."""
    assert name_fault(name) == ""


def test_what_is_taken_says_by_whom() -> None:
    """A name that exists and one that looks like another are told apart."""
    mine, other = ProjectName("mine"), ProjectName("m1ne")

    assert taken_fault(mine, ()) == ""
    assert "'mine' already exists" in taken_fault(mine, (other, mine))
    assert "too similar to an existing project: 'm1ne'" in taken_fault(mine, (other,))


def test_the_standard_library_has_no_odd_names() -> None:
    """Every name in the list is one that a project could have in normalised form."""
    assert {"os", "sys", "this", "xml-etree"} <= standard_library()
    assert all(name == name.lower() for name in standard_library())


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=20))
def test_any_text_is_judged(text: str) -> None:
    """No text makes the rules fail, and looking alike does not change with doing it twice."""
    assert isinstance(name_fault(text), str)
    assert alike(alike(text)) == alike(text)
