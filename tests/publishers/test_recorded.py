import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonded.publishers import from_fields
from bonded.publishers.providers import PROVIDERS
from bonded.publishers.recorded import EntryFault, Registration, keys_of, read_entry

GITHUB = {"repository": "octo/widget", "workflow": "release.yml", "environment": "PyPI"}


def test_an_entry_is_a_publisher_at_an_index() -> None:
    """What is not said is the project's own: its name, PyPI, GitHub, the number of its owner."""
    read = read_entry(GITHUB, project="widget", owner_id="5001")

    assert isinstance(read, Registration)
    assert (read.index, read.project) == ("pypi", "widget")
    assert read.publisher.to_fields() == {
        "repository_owner": "octo",
        "repository_owner_id": "5001",
        "repository_name": "widget",
        "workflow_filename": "release.yml",
        "environment": "pypi",
    }


@pytest.mark.parametrize(
    ("entry", "fields"),
    [
        (
            {"kind": "gitlab", "repository": "a/b/widget", "workflow": ".gitlab-ci.yml"},
            {"namespace": "a/b", "project": "widget", "workflow_filepath": ".gitlab-ci.yml"},
        ),
        ({"kind": "google", "email": "a@b.example"}, {"email": "a@b.example"}),
        (
            {
                "kind": "activestate",
                "organization": "octo",
                "activestate-project": "widget",
                "actor": "cat",
                "actor-id": "7d6a5c1e-0000-4000-8000-000000000001",
            },
            {
                "organization": "octo",
                "project": "widget",
                "actor": "cat",
                "actor_id": "7d6a5c1e-0000-4000-8000-000000000001",
            },
        ),
    ],
)
def test_every_service_has_its_keys(entry: dict[str, str], fields: dict[str, str]) -> None:
    """An entry of another service means the publisher with those stored fields."""
    read = read_entry(entry, project="widget", owner_id="1")

    assert isinstance(read, Registration)
    assert read.publisher == from_fields(entry["kind"], fields)


@pytest.mark.parametrize(
    ("bent", "key", "said"),
    [
        ({"kind": "gitlub"}, "kind", "must be one of github, gitlab"),
        ({"kind": 7}, "kind", "got 7"),
        ({"workflw": "x"}, "", "unknown key `workflw`"),
        ({"zebra": "x"}, "", "unknown key `zebra`"),
        ({"environment": 1}, "environment", "must be a text, got 1"),
        ({"index": "pipy"}, "index", "must be one of pypi, testpypi"),
        ({"repository": "widget"}, "repository", "OWNER/NAME"),
        ({"project": "-"}, "project", "project name"),
        ({"workflow": "release"}, "workflow", "ends in .yml or .yaml"),
        ({"owner-id": "x"}, "owner-id", "is a number"),
    ],
)
def test_a_fault_names_the_key_as_it_is_written(
    bent: dict[str, object], key: str, said: str
) -> None:
    """Faults of the publisher's fields come back under the entry's own keys."""
    read = read_entry({**GITHUB, **bent}, project="widget", owner_id="1")

    assert isinstance(read, tuple)
    assert [fault.key for fault in read] == [key]
    assert said in read[0].message


def test_a_hint_names_the_nearest_key_or_all() -> None:
    """An unknown key of an unknown kind is said too."""
    near = read_entry({**GITHUB, "workflw": "x"}, project="widget", owner_id="1")
    far = read_entry({**GITHUB, "kind": "x", "zebra": "x"}, project="widget", owner_id="1")

    assert near == (
        EntryFault(key="", message="unknown key `workflw`", hint="did you mean `workflow`?"),
    )
    assert isinstance(far, tuple)
    assert [fault.key for fault in far] == ["kind", ""]
    assert far[1].hint.startswith("known keys: index, kind, project, repository")


@given(
    st.dictionaries(
        st.sampled_from(sorted({key for one in PROVIDERS for key in keys_of(one)})) | st.text(),
        st.text() | st.integers() | st.none() | st.sampled_from([one.kind for one in PROVIDERS]),
    )
)
def test_no_entry_raises(entry: dict[str, object]) -> None:
    """Whatever a file says, the answer is a registration or faults."""
    read = read_entry(entry, project="widget", owner_id="1")

    assert isinstance(read, Registration) or read
