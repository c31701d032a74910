import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonded.cli.init_world import shipped_pins
from bonded.errors import BondedError, InvalidInput
from bonded.workflows.drafting.harvest import harvest, sightings
from bonded.workflows.drafting.pins import Pin, Pins, merged, read_pins, release_of, render

A, B, C = "a" * 40, "b" * 40, "c" * 40
KNOWN = Pins(seen="2026-08-31", actions={"actions/checkout": Pin(version="v7.0.1", commit=A)})


def uses(action: str, commit: str, version: str) -> str:
    """Return a line of a workflow."""
    return f"      - uses: {action}@{commit} # {version}\n"


def test_the_shipped_pins_are_whole() -> None:
    """Every shipped pin has a date, a full release and a commit."""
    pins = shipped_pins()

    assert pins.seen
    assert {"uv", "twine", "cibuildwheel", "poetry"} <= pins.tools.keys()
    assert all(release_of(pin.version) for pin in pins.actions.values())
    assert pins.uses("actions/checkout").startswith("actions/checkout@")


def test_an_unknown_action_is_named() -> None:
    """An action without a pin is an error, never an unpinned line."""
    with pytest.raises(BondedError, match="no pin of a/b is known"):
        KNOWN.uses("a/b")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x", "not TOML"),
        ("new = 1", "unknown key `new`"),
        ("seen = 1", "`seen` must be a date"),
        ("actions = 1", "`actions` must be a table"),
        ('[actions]\n"a" = {}', "OWNER/REPOSITORY"),
        ('[actions]\n"a/b" = {}', "and no more"),
        (f'[actions]\n"a/b" = {{ version = "main", commit = "{A}" }}', "a release such as"),
        ('[actions]\n"a/b" = { version = "v1", commit = "abc" }', "40 hexadecimal"),
        ('[tools]\nuv = "latest"', "an exact version"),
    ],
)
def test_a_broken_file_of_pins_is_refused(text: str, said: str) -> None:
    """Each fault of a file of pins is named."""
    with pytest.raises(InvalidInput, match=said):
        read_pins(text, "pins.toml")


RELEASES = st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20)).map(
    lambda parts: "v" + ".".join(map(str, parts))
)
PIN = st.builds(lambda v, c: Pin(version=v, commit=c * 40), RELEASES, st.sampled_from("abcdef"))
NAMES = st.sampled_from(["a/b", "a/c", "Org-1/x.y"])
PINS = st.builds(
    lambda actions, seen: Pins(seen=seen, actions=actions, tools={"uv": "1.2.3"}),
    st.dictionaries(NAMES, PIN),
    st.sampled_from(["", "2026-01-02"]),
)


@given(PINS)
def test_what_is_written_is_read_back(pins: Pins) -> None:
    """A file of pins means what was written into it."""
    assert read_pins(render(pins, opening=["ours"]), "pins.toml") == pins


@given(PINS, PINS)
def test_merging_never_goes_back(one: Pins, other: Pins) -> None:
    """Of two pins of an action the newer release is kept, whichever side has it."""
    both = merged(one, other)

    assert both.actions.keys() == one.actions.keys() | other.actions.keys()
    for name, pin in both.actions.items():
        known = [p.actions[name].version for p in (one, other) if name in p.actions]
        assert pin.version == max(known, key=lambda text: release_of(text) or 0)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (uses("a/b", A, "v1.2.3"), ("a/b", "v1.2.3", A)),
        (f"- 'uses': \"a/b/sub/path@{A}\" # v1.2", ("a/b", "v1.2", A)),
        (f"uses: a/b@{A} # tag=v1.2.3", ("a/b", "v1.2.3", A)),
        (f"uses: a/b@{A} # v1", None),
        (f"uses: a/b@{A} # v1.2.3-rc1", None),
        (f"uses: a/b@{A}", None),
        (f"# uses: a/b@{A} # v1.2.3", None),
        ("uses: a/b@v1.2.3", None),
        (f"uses: ./a/b@{A} # v1.2.3", None),
    ],
)
def test_a_sighting_is_a_commit_with_its_release(
    line: str, found: tuple[str, str, str] | None
) -> None:
    """A pin counts where the comment names a full release."""
    assert sightings(line) == (frozenset({found}) if found else frozenset())


def test_the_majority_decides() -> None:
    """A newer release is taken with the commit that most checkouts pin; each has one vote."""
    found = harvest(
        {
            "one": [uses("Actions/Checkout", B, "v8.0.0") * 9],
            "two": [uses("actions/checkout", C, "v8.0.0")],
            "three": [uses("actions/checkout", C, "v8.0.0"), uses("a/new", A, "v1.0.0")],
        },
        KNOWN,
    )

    assert [(one.action, one.new, one.votes, one.of) for one in found.news] == [
        ("actions/checkout", Pin(version="v8.0.0", commit=C), 2, 3)
    ]
    assert found.as_pins("2026-11-21").actions.keys() == {"actions/checkout"}


def test_a_tie_is_not_believed() -> None:
    """Where checkouts disagree the next lower release counts, and the doubt is told."""
    texts = {
        "one": [uses("actions/checkout", B, "v9.0.0"), uses("actions/checkout", B, "v8.0.0")],
        "two": [uses("actions/checkout", C, "v9.0.0")],
    }
    found = harvest(texts, KNOWN)

    assert [one.new.version for one in found.news] == ["v8.0.0"]
    assert "disagree" in found.doubts[0]


def test_nothing_goes_back() -> None:
    """An older release is not taken, however many pin it; a disputed known one is kept and told."""
    texts = {
        str(number): [uses("actions/checkout", B, "v6.0.0"), uses("actions/checkout", C, "v7.0.1")]
        for number in range(5)
    }
    found = harvest(texts, KNOWN)

    assert found.news == ()
    assert f"known is {A}; kept" in found.doubts[0]


def test_unknown_actions_are_taken_on_request() -> None:
    """All actions are harvested where that is asked for."""
    texts = {"one": [uses("a/new", A, "v1.0.0"), uses("actions/checkout", A, "v7.0.1")]}
    found = harvest(texts, KNOWN, only_known=False)

    assert [(one.action, one.old) for one in found.news] == [("a/new", None)]
    assert found.doubts == ()
