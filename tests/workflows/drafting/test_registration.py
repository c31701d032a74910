import json
import re
import subprocess
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonded.dists import endpoints
from bonded.publishers import InvalidPublisher
from bonded.workflows.drafting.environment import gitlab_settings, settings
from bonded.workflows.drafting.recording import as_toml, recorded
from bonded.workflows.drafting.registration import Place, registrations
from bonded.workflows.drafting.subject import Package, Subject

PACKAGE = Package(name="Warm.Tweed")
SUBJECT = Subject(packages=(PACKAGE,), owner="octo", repository="tweed")
PLACE = Place(index=endpoints.pypi(), file="release.yml", environment="pypi")
ENTRY = {"index": "pypi", "repository": "octo/tweed", "workflow": "release.yml"}


def test_the_form_is_filled_in_field_by_field() -> None:
    """A registration has the form's fields in its order, and the link that fills them in."""
    one = registrations(SUBJECT, "github", {PACKAGE.name: (PLACE,)})[0]

    assert [(field.label, field.value) for field in one.fields] == [
        ("Owner", "octo"),
        ("Repository name", "tweed"),
        ("Workflow name", "release.yml"),
        ("Environment name", "pypi"),
    ]
    assert one.url == (
        f"{endpoints.pypi().web_url}manage/project/warm-tweed/settings/publishing/"
        "?provider=github&owner=octo&repository=tweed&workflow_filename=release.yml&environment=pypi"
    )
    assert one.pending_url.startswith(endpoints.pypi().web_url)


def test_gitlab_has_a_form_of_its_own() -> None:
    """A project at GitLab is registered by namespace, project and path of the pipeline."""
    place = Place(index=endpoints.testpypi(), file=".gitlab-ci.yml", environment="")
    subject = Subject(packages=(PACKAGE,), owner="octo/cloth", repository="tweed")
    one = registrations(subject, "gitlab", {PACKAGE.name: (place,)})[0]

    assert [field.value for field in one.fields][:4] == [
        "octo/cloth", "tweed", ".gitlab-ci.yml", "",
    ]  # fmt: skip
    assert "provider=gitlab&namespace=octo%2Fcloth" in one.url


def test_nobody_knows_the_repository() -> None:
    """Without a repository there is nothing to register."""
    assert registrations(Subject(packages=(PACKAGE,)), "github", {}) == ()


def test_a_repository_that_cannot_be_registered_is_refused() -> None:
    """An owner whom PyPI's form would not take is an error before anything is written."""
    with pytest.raises(InvalidPublisher, match="repository_owner"):
        registrations(
            Subject(packages=(PACKAGE,), owner="a_b", repository="x"),
            "github",
            {PACKAGE.name: (PLACE,)},
        )


def test_an_entry_names_the_project_only_where_it_is_another() -> None:
    """The project of the root is not repeated; empty environments are left out."""
    place = Place(index=endpoints.pypi(), file="release.yml", environment="")
    one = registrations(SUBJECT, "github", {PACKAGE.name: (place,)})[0]

    assert one.as_entry(in_project="warm-tweed") == ENTRY
    assert one.as_entry(in_project="")["project"] == "warm-tweed"


@pytest.mark.parametrize(
    "text",
    [
        '[project]\nname = "a"',
        '# only a comment\n[tool.bonded]\n\n[[tool.bonded.publishers]]\nindex = "testpypi"\n',
        '[[tool.bonded.publishers]]\nworkflow = "other.yml"\n[tool.last]\nx = 1\n',
        '[project]\r\nname = "a"\r\n',
    ],
)
def test_recording_only_adds(text: str) -> None:
    """What was there stays byte for byte, and the entries are what is read back."""
    after = recorded(text, [ENTRY], project="a")

    assert after is not None
    assert after.startswith(text)
    assert tomllib.loads(after)["tool"]["bonded"]["publishers"][-1] == ENTRY
    assert recorded(after, [ENTRY], project="a") == after
    assert ("\r\n" in after[len(text) :]) is ("\r\n" in text)


@pytest.mark.parametrize(
    "text",
    ["tool = {}\n", "tool.bonded.publishers = []\n", "[tool]\nbonded = 1\n", "[tool.bonded]\npublishers = 'x'\n"],
)  # fmt: skip
def test_what_cannot_be_added_to_is_left(text: str) -> None:
    """Inline tables and other things in the place of the entries are not touched."""
    assert recorded(text, [ENTRY], project="a") is None


def test_what_its_owner_recorded_is_the_truth() -> None:
    """An entry of the same index, project and workflow is kept, whatever else it says."""
    text = (
        '[[tool.bonded.publishers]]\nproject = "A"\nworkflow = "release.yml"\nrepository = "x/y"\n'
    )

    assert recorded(text, [ENTRY], project="a") == text


@given(st.dictionaries(st.sampled_from(["a", "b-c"]), st.text(max_size=8), max_size=2))
def test_an_entry_is_written_as_it_is_read(entry: dict[str, str]) -> None:
    """Whatever a value holds, TOML gives it back, or nothing is written."""
    after = recorded("", [entry], project="x")

    if after is not None and after:
        assert tomllib.loads(after)["tool"]["bonded"]["publishers"] == [entry]
        assert as_toml(entry) in after


@pytest.mark.parametrize("subject", [SUBJECT, Subject(packages=(PACKAGE,))])
def test_the_commands_are_shell_and_their_bodies_json(subject: Subject) -> None:
    """Every command parses as shell, and every body that it sends as JSON."""
    found = [*settings(subject, ("pypi",), ("testpypi",)), *gitlab_settings(subject, "pypi")]

    assert len(found) == 8
    for one in found:
        assert one.what
        assert one.why
        subprocess.run(["sh", "-n", "-c", one.command], check=True)
        match = re.match(r"echo ('.*') \|\n", one.command)
        if match:
            said = subprocess.run(
                ["sh", "-c", f"gh() {{ echo 7; }}; echo {match[1]}"],
                capture_output=True,
                check=True,
            )
            assert json.loads(said.stdout)


def test_settings_name_the_repository() -> None:
    """Commands are for this repository, or for one to be filled in."""
    assert all("octo/tweed" in one.command for one in settings(SUBJECT, ("pypi",)))
    unknown = Subject(packages=(PACKAGE,))
    assert all("OWNER/NAME" in one.command for one in settings(unknown, ("pypi",)))
