"""Tokens that somebody may send to publish what is not theirs: none is taken, and each is refused for its reason."""

import pytest

from attacks.forging import Attack, genuine
from attacks.statements import identities, standard_claims
from attacks.texts import form_and_signature
from bonded.minting.exchange import Granted
from mint_builder import Mint, refusal_of, request

PACK = (*form_and_signature(), *standard_claims(), *identities())


def test_the_token_that_all_are_bent_from_is_taken() -> None:
    """Without the bend, the same token is granted: each attack fails for its bend alone."""
    assert isinstance(Mint().ask(request(genuine())), Granted)


def test_the_pack_is_large_and_each_attack_stands_once() -> None:
    """No attack is counted twice."""
    assert len(PACK) >= 120
    assert (
        len({attack.token for attack in PACK}) == len({attack.name for attack in PACK}) == len(PACK)
    )


@pytest.mark.parametrize("attack", PACK, ids=lambda attack: attack.name)
def test_no_attack_is_taken(attack: Attack) -> None:
    """It is refused with PyPI's code, for the reason stated, and nothing is written but the refusal."""
    mint = Mint()
    refused = refusal_of(mint.ask(request(attack.token)))

    fault = refused.refusal.fault
    said = fault.detail if fault else refused.description
    assert (refused.code, refused.status) == (attack.code, 422)
    assert attack.why in said
    assert mint.grants == []
    assert mint.used == {}
