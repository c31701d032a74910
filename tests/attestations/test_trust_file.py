"""`bonded.trust` remembers publishers, and is read as strictly as it is written."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.attestations.identities import parse_identity
from bonded.attestations.trust_file import Pin, read_trust, write_trust
from bonded.dists.names import ProjectName
from bonded.errors import InvalidInput

TEXTS = st.text(
    st.sampled_from(string.ascii_letters + string.digits + "äß\"\\'#=[]. /"), min_size=1
)
NAMES = st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)?", fullmatch=True)


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(NAMES, st.tuples(TEXTS, TEXTS, TEXTS), max_size=3))
def test_what_is_written_is_read_again(held: dict[str, tuple[str, str, str]]) -> None:
    """Whatever printable text an identity has."""
    pins = {
        ProjectName(name): Pin(
            identity=parse_identity({"kind": "GitHub", "repository": one, "workflow": two}),
            owner_id=three,
        )
        for name, (one, two, three) in held.items()
    }

    assert read_trust("bonded.trust", write_trust(pins).encode()) == pins


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "version is 1, got None"),
        ("version = 2", "version is 1, got 2"),
        ("version = 1\nextra = 1", "unknown keys: extra"),
        ("version = 1\nprojects = []", "projects is a table"),
        ("version = [", "is not TOML"),
        ("\xff", "is not TOML"),
        (
            'version = 1\n[projects.x]\nkind = "Bitbucket"',
            "projects.x: a publisher's kind is one of",
        ),
        ('version = 1\n[projects.x]\nkind = "Google"', "projects.x: a Google publisher has email"),
        ('version = 1\n[projects."-"]\nkind = "Google"', "projects.-: expected a project name"),
        (
            'version = 1\n[projects.x]\nkind = "Google"\nemail = "a@b"\nemial = "c"',
            "projects.x: unknown keys: emial",
        ),
        (
            'version = 1\n[projects.x]\nkind = "Google"\nemail = "a@b"\nsince = 1',
            "projects.x: owner-id, repository-id, since are texts",
        ),
    ],
)
def test_a_fault_is_named(text: str, sentence: str) -> None:
    """A trust file that is read wrongly would trust wrongly."""
    with pytest.raises(InvalidInput) as caught:
        read_trust("bonded.trust", text.encode("latin-1"))

    assert f"bonded.trust: {sentence}" in str(caught.value)
