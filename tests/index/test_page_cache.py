"""What is at hand, and work that is done once."""

import threading
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.index.page_cache import Flights, PageCache


def test_what_was_asked_for_longest_ago_makes_room() -> None:
    """A value that is read stays; the bound is on bytes, and what is larger than all of it is not kept."""
    cache: PageCache[bytes] = PageCache(10, len)
    cache.put("a", b"1234")
    cache.put("b", b"1234")
    assert cache.get("a") == b"1234"
    cache.put("c", b"1234")
    cache.put("d", b"x" * 11)

    assert [cache.get(key) for key in "abcd"] == [b"1234", None, b"1234", None]
    assert cache.bytes == 8


def test_a_value_that_has_grown_counts_as_what_it_is() -> None:
    """Putting it again counts it again, not twice; one that grew too large goes."""
    cache: PageCache[bytearray] = PageCache(10, len)
    value = bytearray(2)
    cache.put("a", value)
    value.extend(b"123")
    cache.put("a", value)
    assert cache.bytes == 5
    value.extend(b"x" * 10)
    cache.put("a", value)

    assert (cache.get("a"), cache.bytes) == (None, 0)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.binary(max_size=12)), max_size=30))
def test_the_bound_holds_whatever_is_kept(values: list[tuple[str, bytes]]) -> None:
    """The bytes that are counted are those that are there, and never more than the bound."""
    cache: PageCache[bytes] = PageCache(20, len)
    for key, value in values:
        cache.put(key, value)
        assert cache.bytes <= 20
        assert cache.get(key) == value

    assert cache.bytes == sum(len(cache.get(key) or b"") for key in "abcdef")


def test_one_works_while_others_wait() -> None:
    """Of many who need the same thing at once, one makes it and the others find it made."""
    made: list[int] = []
    flights, together = Flights(), threading.Barrier(8)

    def work(number: int) -> int:
        together.wait(10)
        with flights.alone("page"):
            if not made:
                made.append(number)
            return made[0]

    with ThreadPoolExecutor(8) as pool:
        results = set(pool.map(work, range(8)))

    assert results == set(made)
    assert len(made) == 1
    assert flights._flights == {}
