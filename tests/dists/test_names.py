import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from bonded.dists.names import (
    InvalidName,
    SdistName,
    WheelName,
    parse_filename,
    parse_project_name,
    strict_name_fault,
)


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("Widget", "widget"),
        ("oslo.config", "oslo-config"),
        ("a__b.-c", "a-b-c"),
        ("0", "0"),
        ("x" * 255, "x" * 255),
    ],
)
def test_a_project_name_is_normalised(text: str, normalised: str) -> None:
    """Names that mean the same project are the same value."""
    assert parse_project_name(text) == normalised


@pytest.mark.parametrize(
    "text",
    ["", "-a", "a-", "_", "a b", "a\n", "İnspect", "\u212aelvin", "a/b", "x" * 256, "a\ud800"],
)
def test_what_is_no_project_name_is_refused(text: str) -> None:
    """Only ASCII letters, digits and inner separators make a name, whatever Unicode folds to."""
    with pytest.raises(InvalidName, match="expected a project name") as caught:
        parse_project_name(text)

    assert caught.value.got == text
    assert "letters" in caught.value.expected


@given(st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,20}[A-Za-z0-9])?", fullmatch=True))
@settings(deadline=None)
def test_a_normalised_name_is_its_own_normal_form(text: str) -> None:
    """Normalising twice is normalising once."""
    name = parse_project_name(text)

    assert parse_project_name(name) == name


@given(st.text(max_size=40))
@settings(deadline=None)
def test_any_text_is_a_name_or_refused(text: str) -> None:
    """No text makes the parser fail in another way."""
    try:
        name = parse_project_name(text)
    except InvalidName:
        return
    assert name == name.lower()


def test_a_wheel_name_is_taken_apart() -> None:
    """A wheel's file name tells project, version, build and tags."""
    name = parse_filename("Oslo_Config-1.0-2b-cp311.cp312-abi3-manylinux_2_28_x86_64.whl")

    assert isinstance(name, WheelName)
    assert (name.project, name.version, name.build) == ("oslo-config", Version("1.0"), (2, "b"))
    assert {tag.interpreter for tag in name.tags} == {"cp311", "cp312"}
    assert name.raw_project == "Oslo_Config"


@pytest.mark.parametrize(
    ("text", "project", "version"),
    [
        ("widget-1.0.tar.gz", "widget", "1.0"),
        ("oslo.config-1.0rc1.tar.gz", "oslo-config", "1.0rc1"),
        ("a-b-1.0.zip", "a-b", "1.0"),
    ],
)
def test_an_sdist_name_is_taken_apart(text: str, project: str, version: str) -> None:
    """The last hyphen of a source distribution parts name and version."""
    expected = SdistName(
        filename=text, project=parse_project_name(project), version=Version(version)
    )

    assert parse_filename(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "widget",
        "widget-1.0.exe",
        "widget-1.0.WHL",
        "widget.tar.gz",
        "-1.0.tar.gz",
        "_-1.0.tar.gz",
        "a b-1.0.tar.gz",
        "widget-one.tar.gz",
        "widget-1.0-py3-none.whl",
        "widget-1.0-x1-py3-none-any.whl",
        "wïdget-1.0-py3-none-any.whl",
        "wi__dget-1.0-py3-none-any.whl",
        "_x-1.0-py3-none-any.whl",
        "../widget-1.0.tar.gz",
        "x\\widget-1.0.tar.gz",
        "widget-1.0.tar.gz\n",
        "widget\x00-1.0.tar.gz",
        "widget-1.0-" + "9" * 5000 + "-py3-none-any.whl",
        "x" * 256 + "-1.0.tar.gz",
    ],
)
def test_what_is_no_distribution_name_is_refused(text: str) -> None:
    """Paths, control characters and malformed parts never become a name."""
    with pytest.raises(InvalidName):
        parse_filename(text)


@given(st.one_of(st.text(max_size=30), st.text("ab-_.1/\\pynoewhltargz", max_size=40)))
@settings(deadline=None)
def test_any_text_is_a_file_name_or_refused(text: str) -> None:
    """No text makes the parser fail in another way, and a name keeps its text."""
    for suffix in ("", ".whl", ".tar.gz"):
        try:
            name = parse_filename(text + suffix)
        except InvalidName:
            continue
        assert name.filename == text + suffix
        assert "/" not in name.filename


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("oslo_config-1.0.tar.gz", None),
        ("oslo-config-1.0.tar.gz", "should be 'oslo_config-1.0.tar.gz'."),
        ("Widget-1.0.tar.gz", "should be 'widget-1.0.tar.gz'."),
        ("widget-1.02.3.tar.gz", "should be 'widget-1.2.3.tar.gz'."),
        ("widget-1.0.zip", "should be 'widget-1.0.tar.gz'."),
        ("oslo_config-1.0-py3-none-any.whl", None),
        ("oslo_config-1.00-py3-none-any.whl", None),
        ("oslo.config-1.0-py3-none-any.whl", "normalized project name 'oslo_config'"),
        ("Widget-1.0-py3-none-any.whl", "normalized project name 'widget'"),
    ],
)
def test_pypi_is_stricter_than_the_grammar(text: str, fault: str | None) -> None:
    """PyPI wants the one exact name of an sdist, and the normalised project in a wheel's."""
    found = strict_name_fault(parse_filename(text))

    assert (found is None) == (fault is None)
    assert fault is None or (found is not None and fault in found)
