"""Tokens of one run."""

import pytest

from bonded.client.flows import Doors, Minted
from bonded.client.keyring import Declined, Given, Keyring
from bonded.client.messages import Refused

DOORS = Doors(audience_url="", mint_url="", burn_url="")


def ring(*minted: Minted | Refused, now: float = 0.0, single: bool = False) -> Keyring:
    """Return a keyring whose mint gives these."""
    left = list(minted)
    doors = Doors(audience_url="", mint_url="", burn_url="", single_use=single)
    return Keyring(doors, mint=lambda: left.pop(0), end=lambda t: t != "b", clock=lambda: now)


@pytest.mark.parametrize(
    ("expires", "now", "expected"),
    [
        (1000.0, 0.0, ["a", "a"]),
        (1000.0, 699.0, ["a", "a"]),
        (1000.0, 701.0, ["a", "b"]),
        (0.0, 10.0**9, ["a", "a"]),
    ],
)
def test_a_token_is_renewed_in_time(expires: float, now: float, expected: list[str]) -> None:
    """With less than five minutes left there is a new one; one without an end is kept."""
    keys = ring(Minted(token="a", expires=expires), Minted(token="b"), now=now)

    assert [keys.token(), keys.token()] == expected


def test_a_token_for_one_file_is_never_given_twice() -> None:
    """Each call mints where tokens are good for one file."""
    keys = ring(Minted(token="a"), Minted(token="b"), single=True)

    assert [keys.token(), keys.token()] == ["a", "b"]
    assert keys.burn() == (1, 2)
    assert keys.burn() == (0, 0)


def test_a_refusal_leaves_the_upload() -> None:
    """What the mint said is in what is raised."""
    refused = Refused(what="no", status=422)
    with pytest.raises(Declined) as caught:
        ring(refused).token()

    assert caught.value.refused is refused


def test_a_token_that_is_called_too_old_is_not_given_again() -> None:
    """Only the newest is thrown away; another thread may have a new one already."""
    keys = ring(Minted(token="a"), Minted(token="b"))
    old = keys.token()

    assert keys.expire(old)
    assert keys.token() == "b"
    assert keys.expire(old)
    assert keys.token() == "b"
    assert keys.count == 2


def test_a_given_token_stays_as_it_is() -> None:
    """There is no other, and it is not ours to end."""
    given = Given("mine")

    assert given.token() == "mine"
    assert not given.expire("mine")
    assert given.burn() == (0, 0)
