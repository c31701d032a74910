"""What the server's log says of a refusal."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.index.exchanges import told
from bonded.minting.ports import Refusal
from bonded.oidc.claims import VerifiedClaims


def refusal(**bent: str) -> Refusal:
    """Return a refusal with other texts."""
    subject = bent.pop("sub", "repo:octo/greeter:ref:refs/tags/v1")
    texts = {
        "code": "invalid-publisher",
        "description": "valid token",
        "issuer": "https://a.example",
    }
    return Refusal(
        at=1.0,
        audience="here",
        claims=VerifiedClaims({"iss": "https://a.example", "sub": subject}),
        **{**texts, **bent},  # type: ignore[arg-type]  # all of these are texts
    )


def test_a_refusal_is_one_line() -> None:
    """The line names the code, the sentence, the issuer, the job, and the reason behind it."""
    assert told(refusal(trouble="no connection")) == (
        'refused invalid-publisher: "valid token", issuer "https://a.example", '
        'sub "repo:octo/greeter:ref:refs/tags/v1", because "no connection"'
    )


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=400), st.text(max_size=400), st.text(max_size=400))
def test_no_stranger_writes_on_the_owners_terminal(issuer: str, subject: str, why: str) -> None:
    """Whatever is in a token, the line is short and of printable ASCII."""
    line = told(refusal(issuer=issuer, sub=subject, trouble=why))

    assert line.isascii()
    assert line.isprintable()
    assert len(line) < 6000
    assert line.startswith('refused invalid-publisher: "valid token"')
