"""How an answer that is no success is told."""

import pytest

from bonded.client.messages import Answer, Unreached, refusal_of
from client_world import answer


@pytest.mark.parametrize(
    ("answered", "said"),
    [
        (answer(400, {"detail": "RFC 9457", "title": "no"}), "RFC 9457"),
        (answer(400, {"message": "PyPI's", "code": "400 x"}), "PyPI's"),
        (answer(400, {"error": " short "}), "short"),
        (answer(400, {"other": 1}), "Bad Request"),
        (
            Answer(status=403, body=b"403 Forbidden\n\nthe reason\n", phrase="Forbidden"),
            "the reason",
        ),
        (Answer(status=400, body=b"plain words", phrase="Bad"), "plain words"),
        (Answer(status=400, phrase="The name is taken"), "The name is taken"),
        (
            Answer(
                status=502, headers={"content-type": "text/html"}, body=b"<p>", phrase="Bad Gateway"
            ),
            "Bad Gateway",
        ),
        (
            answer(307, location="https://elsewhere.example/"),
            "it sends us on to 'https://elsewhere.example/'",
        ),
        (Unreached(reason="refused"), "refused"),
        (answer(422, {"errors": [{"code": "a", "description": "b"}]}), "* `a`: b"),
    ],
)
def test_the_words_of_whoever_said_no(answered: Answer | Unreached, said: str) -> None:
    """The sentence is found where servers put it: in JSON of three kinds, in the text, in the status line."""
    if isinstance(answered, Answer) and not answered.phrase:
        answered = Answer(
            status=answered.status,
            headers=answered.headers,
            body=answered.body,
            phrase="Bad Request",
        )

    assert refusal_of(answered, "what").said.startswith(said)


@pytest.mark.parametrize(
    ("status", "decided"),
    [
        (0, False),
        (302, False),
        (400, True),
        (403, True),
        (408, False),
        (422, True),
        (429, False),
        (500, False),
    ],
)
def test_who_decided(status: int, *, decided: bool) -> None:
    """A refusal is the index's decision; a fault on the way is nobody's."""
    outcome = answer(status) if status else Unreached(reason="cut")

    assert refusal_of(outcome, "what").is_decision is decided


def test_a_refusal_is_bounded() -> None:
    """A page of a megabyte does not bury the terminal."""
    assert len(refusal_of(Answer(status=400, body=b"x" * 10**6), "what").said) == 4000


def test_a_refusal_in_one_sentence() -> None:
    """What, status and words, as far as they are there."""
    assert str(refusal_of(answer(400, {"detail": "bad"}), "no")) == "no (400): bad"
    assert str(refusal_of(Unreached(reason="cut"), "no")) == "no: cut"
    assert str(refusal_of(Answer(status=404), "no")) == "no (404)"
