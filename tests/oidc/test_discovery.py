import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.errors import BondedError, InvalidInput, RemoteError
from bonded.oidc.discovery import Discovery, KeysUnavailable, read_pinned_keys
from bonded.oidc.issue import SigningKey
from bonded.oidc.issuers import InvalidIssuer, TrustedIssuer
from claims_builder import key, other_key

A = TrustedIssuer(url="https://a.example", kind="generic")
B = TrustedIssuer(url="https://b.example", kind="generic", private_network=True)
THIRD = SigningKey.generate_ec()


@dataclass
class World:
    """Two issuers, the way to them and the clock; every request is written down."""

    keys: dict[str, list[SigningKey]] = field(
        default_factory=lambda: {A.url: [key()], B.url: [other_key()]}
    )
    down: set[str] = field(default_factory=set)
    asked: list[tuple[str, bool]] = field(default_factory=list)
    now: float = 1000.0
    hold: threading.Event | None = None
    held: threading.Event = field(default_factory=threading.Event)

    def fetch(self, url: str, *, max_bytes: int, private_network: bool) -> bytes:
        """Answer as the issuers do."""
        assert max_bytes > 0
        self.asked.append((url, private_network))
        home = url[: len(A.url)]
        if self.hold is not None and home == A.url:
            self.held.set()
            assert self.hold.wait(10)
        if home in self.down:
            raise RemoteError(f"{home} is down")
        if url.endswith("/.well-known/openid-configuration"):
            return json.dumps({"issuer": home, "jwks_uri": f"{home}/keys"}).encode()
        return json.dumps({"keys": [one.jwk() for one in self.keys[home]]}).encode()

    def discovery(self, *issuers: TrustedIssuer) -> Discovery:
        """Return the keys of these issuers, or of both."""
        return Discovery(issuers or (A, B), self.fetch, lambda: self.now)

    def tries(self, issuer: TrustedIssuer = A) -> int:
        """Return how often an issuer was asked for what it is."""
        return sum(url == issuer.discovery_url for url, _ in self.asked)


def test_an_issuer_is_found_by_its_letters() -> None:
    """Only the issuers that are named are trusted, each under exactly its address."""
    discovery = World().discovery()

    assert discovery.issuer(A.url) is A
    for url in ("", f"{A.url}/", A.url.upper(), "https://c.example"):
        assert discovery.issuer(url) is None
    with pytest.raises(InvalidIssuer, match="twice"):
        World().discovery(A, B, A)


def test_a_known_key_costs_no_request() -> None:
    """After the first time, tokens of known keys ask nobody for as long as the keys are fresh."""
    world = World()
    discovery = world.discovery()
    for _ in range(3):
        assert discovery.keys_for(A, key().key_id).ids == (key().key_id,)
        world.now += 300

    assert world.asked == [(A.discovery_url, False), (f"{A.url}/keys", False)]


def test_a_private_issuer_is_asked_as_one() -> None:
    """Whether private addresses may be asked is a setting of the issuer, and no other's."""
    world = World()
    world.discovery().keys_for(B, other_key().key_id)

    assert {private for _, private in world.asked} == {True}


def test_pinned_keys_are_never_fetched() -> None:
    """An issuer with pinned keys is not asked, whatever key a token names."""
    world = World()
    pinned = TrustedIssuer(url=A.url, kind="generic", pinned=THIRD.key_set())
    discovery = world.discovery(pinned)

    assert discovery.keys_for(pinned, THIRD.key_id).ids == (THIRD.key_id,)
    assert discovery.keys_for(pinned, "other").ids == (THIRD.key_id,)
    assert world.asked == []


def test_a_new_key_is_found_at_once() -> None:
    """A key that the issuer began to use is fetched with the first token that names it."""
    world = World()
    discovery = world.discovery()
    discovery.keys_for(A, key().key_id)
    world.keys[A.url].append(THIRD)
    world.now += 61

    assert THIRD.key_id in discovery.keys_for(A, THIRD.key_id).ids


@pytest.mark.parametrize("down", [False, True])
def test_unknown_keys_ask_once_a_minute(down: bool) -> None:  # noqa: FBT001
    """However many tokens name unknown keys, the issuer is asked once in 60 seconds, also while it is down."""
    world = World()
    discovery = world.discovery()
    discovery.keys_for(A, key().key_id)
    if down:
        world.down.add(A.url)
    for second in range(300):
        world.now += 1
        assert discovery.keys_for(A, f"kid-{second}").ids == (key().key_id,)

    assert world.tries() == 1 + 300 // 61


def test_an_issuer_that_was_never_reached_is_asked_once_a_minute() -> None:
    """Without keys there is no answer about a token, and no storm of requests either."""
    world = World(down={A.url})
    discovery = world.discovery()
    for _ in range(100):
        with pytest.raises(KeysUnavailable, match=r"a\.example is down"):
            discovery.keys_for(A, key().key_id)
        world.now += 1
    world.down.clear()

    assert world.tries() == 2
    assert discovery.trouble(A.url) == "https://a.example is down"
    world.now += 60
    assert discovery.keys_for(A, key().key_id).ids == (key().key_id,)
    assert discovery.trouble(A.url) == ""


def test_a_removed_key_dies() -> None:
    """A key that the issuer took away is not believed for longer than the keys are fresh."""
    world = World()
    discovery = world.discovery()
    discovery.keys_for(A, key().key_id)
    world.keys[A.url] = [THIRD]
    world.now += 900

    assert discovery.keys_for(A, key().key_id).find(key().key_id) is not None
    world.now += 1
    assert discovery.keys_for(A, key().key_id).find(key().key_id) is None


def test_known_keys_outlive_an_outage_of_an_hour() -> None:
    """While the issuer is down, its keys are used for an hour after they were fetched, and no longer."""
    world = World()
    discovery = world.discovery()
    discovery.keys_for(A, key().key_id)
    world.down.add(A.url)
    for _ in range(60):
        world.now += 60
        assert discovery.keys_for(A, key().key_id).ids == (key().key_id,)

    world.now += 1
    with pytest.raises(KeysUnavailable) as caught:
        discovery.keys_for(A, key().key_id)
    assert "once in 60 seconds" in caught.value.hint
    assert world.tries() <= 1 + 2700 // 60


@pytest.mark.parametrize("bad", ["empty", "twice"])
def test_good_keys_are_not_replaced_by_bad_ones(bad: str) -> None:
    """A set that is empty or ambiguous is an outage, not a new truth."""
    world = World()
    discovery = world.discovery()
    discovery.keys_for(A, key().key_id)
    world.keys[A.url] = [] if bad == "empty" else [THIRD, THIRD]
    world.now += 1000

    assert discovery.keys_for(A, key().key_id).ids == (key().key_id,)
    assert discovery.trouble(A.url) != ""


def test_one_issuers_trouble_is_its_own() -> None:
    """An issuer that is down, or full of unknown keys, does not disturb another."""
    world = World(down={A.url})
    discovery = world.discovery()
    for number in range(5):
        with pytest.raises(KeysUnavailable):
            discovery.keys_for(A, f"kid-{number}")

    assert discovery.keys_for(B, other_key().key_id).ids == (other_key().key_id,)
    assert (world.tries(A), world.tries(B)) == (1, 1)


def test_a_clock_that_was_put_back_makes_nothing_last_longer() -> None:
    """Keys and pauses of the future count for nothing: the issuer is asked again."""
    world = World()
    discovery = world.discovery()
    discovery.keys_for(A, key().key_id)
    world.now = 0.0
    discovery.keys_for(A, key().key_id)
    world.down.add(A.url)
    world.now = -5000.0

    assert world.tries() == 2
    with pytest.raises(KeysUnavailable):
        discovery.keys_for(A, key().key_id)


def test_many_threads_ask_once() -> None:
    """Of many tokens that come at once, one asks; the others wait and use its answer."""
    world = World(hold=threading.Event())
    discovery = world.discovery()
    assert world.hold is not None
    with ThreadPoolExecutor(16) as pool:
        got = [pool.submit(discovery.keys_for, A, key().key_id) for _ in range(16)]
        assert world.held.wait(10)
        assert discovery.keys_for(B, other_key().key_id).ids == (other_key().key_id,)
        assert not any(one.done() for one in got)
        world.hold.set()

        assert {one.result(10).ids for one in got} == {(key().key_id,)}
    assert world.tries() == 1


def test_who_can_do_with_the_old_keys_does_not_wait() -> None:
    """While keys that are no longer fresh are asked for, tokens of known keys pass."""
    world = World()
    discovery = world.discovery()
    discovery.keys_for(A, key().key_id)
    world.now += 901
    world.hold = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(discovery.keys_for, A, key().key_id)
        assert world.held.wait(10)

        assert discovery.keys_for(A, key().key_id).ids == (key().key_id,)
        assert not asking.done()
        world.hold.set()
        assert asking.result(10).ids == (key().key_id,)
    assert world.tries() == 2


def test_a_fault_of_ours_leaves_the_door_open() -> None:
    """An exception that is no answer of an issuer is passed on, and the next token is not locked out."""

    def broken(url: str, *, max_bytes: int, private_network: bool) -> bytes:
        raise ZeroDivisionError

    discovery = Discovery([A], broken, lambda: 0.0)
    with pytest.raises(ZeroDivisionError):
        discovery.keys_for(A, "x")
    with pytest.raises(KeysUnavailable, match="being asked for"):
        discovery.keys_for(A, "x")


STEPS = st.lists(
    st.tuples(
        st.floats(0, 2000),
        st.sampled_from([A, B]),
        st.sampled_from(["old", "new", "unknown"]),
        st.sets(st.sampled_from([A.url, B.url])),
    ),
    max_size=25,
)


@given(STEPS)
@settings(deadline=None, max_examples=60)
def test_whatever_happens_the_promises_hold(
    steps: list[tuple[float, TrustedIssuer, str, set[str]]],
) -> None:
    """At most one try in 60 seconds for each issuer; keys are never older than an hour; no other failure."""
    world = World()
    discovery = world.discovery()
    ids = {"old": key().key_id, "new": THIRD.key_id, "unknown": "?"}
    tries: dict[str, list[float]] = {A.url: [], B.url: []}
    good: dict[str, float] = {}
    for wait, issuer, name, down in steps:
        world.now += wait
        world.down = down
        before = world.tries(issuer)
        try:
            discovery.keys_for(issuer, ids[name])
        except KeysUnavailable:
            assert world.now - good.get(issuer.url, float("-inf")) > 3600
        if world.tries(issuer) > before:
            tries[issuer.url].append(world.now)
            if issuer.url not in down:
                good[issuer.url] = world.now
    for times in tries.values():
        assert all(later - earlier > 60 for earlier, later in pairwise(times))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "cannot be read: No such file"),
        ("", "key document is not strict JSON"),
        ('{"keys": []}', "no key to verify"),
        ('{"keys": [], "keys": []}', "a name is given twice"),
    ],
)
def test_a_file_of_keys_must_be_one(tmp_path: Path, text: str | None, reason: str) -> None:
    """A file that pins no keys is an error with its name."""
    path = tmp_path / "keys.json"
    if text is not None:
        path.write_text(text)

    with pytest.raises(InvalidInput, match=reason) as caught:
        read_pinned_keys(path)
    assert caught.value.faults[0].location.file == str(path)


def test_a_file_of_keys_pins_them(tmp_path: Path) -> None:
    """The document that an issuer publishes can be kept in a file, for networks without a way out."""
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"keys": [key().jwk(), THIRD.jwk()]}))

    assert read_pinned_keys(path).ids == (key().key_id, THIRD.key_id)
    with pytest.raises(BondedError, match="cannot be read"):
        read_pinned_keys(tmp_path)
