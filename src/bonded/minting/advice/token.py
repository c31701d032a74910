"""What to do about the token itself: it is late, early, for another index, used, or none at all."""

from collections.abc import Callable, Mapping

from bonded.dists.endpoints import known
from bonded.minting.advice.wording import Advice, Side, ask_inside_the_job, service, side_of
from bonded.oidc.verify import LEEWAY, TokenFault, TokenRefused
from bonded.publishers.provider import Provider

__all__ = ["FAULTS", "faulty", "incomplete", "later", "no_token", "used"]

Remedy = Callable[[TokenRefused, Provider | None], Advice]


def faulty(fault: TokenRefused, provider: Provider | None) -> Advice:
    """Return what to do about a token that its verification refused; `provider` is None if it is not known."""
    return FAULTS[fault.reason](fault, provider)


def used(provider: Provider | None) -> Advice:
    """Return what to do about a token that comes a second time."""
    return _token(
        f"This ID token was exchanged before, and each is taken once: ask {service(provider)} for a new one in every "
        "attempt, and let only one step exchange it."
    )


def no_token() -> Advice:
    """Return what to do about a body without a token."""
    return _token(
        "What was sent is no ID token: send the text that the CI service gives to the publishing job, as the member "
        "`token` of a JSON object."
    )


def later(provider: Provider | None) -> Advice:
    """Return what to do while an index cannot get the keys of an issuer."""
    return _token(
        f"This index could not get the keys of {service(provider)}, and nothing of yours is at fault: try again in a "
        "few minutes with a new token.",
        side_of(provider) if provider else "provider",
    )


def incomplete(reason: str, provider: Provider | None) -> Advice:
    """Return what to do about claims that no check compares and that must be there; `reason` names one."""
    side = side_of(provider) if provider else "provider"
    how = ask_inside_the_job(provider).replace("for it", "for the token")
    return _token(f"{reason}: {how}.", side)


def _audience(fault: TokenRefused, _provider: Provider | None) -> Advice:
    titles = {index.audience: index.title for index in known()}
    made_for, wanted = titles.get(fault.got), titles.get(fault.expected)
    if made_for and wanted:
        why = f"The token was made for {made_for}, but this is {wanted}"
    else:
        why = f"The token was made for {fault.got!r}"
    return Advice(
        sentence=f"{why}: in the workflow, ask for the token with the audience {fault.expected!r} alone, and let the "
        "upload go to the same index.",
        side="workflow",
        field="audience",
        new_value=fault.expected,
    )


def _expired(fault: TokenRefused, provider: Provider | None) -> Advice:
    lives = (
        "It lives about five minutes"
        if provider is not None and provider.kind == "github"
        else "It is short-lived"
    )
    return _token(
        f"{_sentence(fault)} {lives}: ask for it right before the upload, in the same step."
    )


def _early(fault: TokenRefused, _provider: Provider | None) -> Advice:
    return _token(
        f"{_sentence(fault)} Two clocks differ by more than {LEEWAY} seconds: set the clock of this machine.",
        "project",
    )


def _long_lived(fault: TokenRefused, provider: Provider | None) -> Advice:
    most = next((word for word in fault.expected.split() if word.isdigit() and word != "0"), "")
    if provider is not None and provider.kind == "gitlab":
        seconds = f"{most} seconds"
        return Advice(
            sentence=f"{_sentence(fault)} GitLab's tokens live as long as the job may run: give the publishing job "
            f"`timeout: {seconds}`.",
            side="workflow",
            field="timeout",
            new_value=seconds,
        )
    return Advice(
        sentence=f"{_sentence(fault)} This index takes {most} seconds at most: let {service(provider)} make "
        "tokens that live no longer.",
        side=side_of(provider) if provider else "provider",
        field="exp",
        new_value=most,
    )


def _foreign(fault: TokenRefused, provider: Provider | None) -> Advice:
    rest = ask_inside_the_job(provider).removeprefix("ask for it ")
    return _token(
        f"{_sentence(fault)} It is not a token that its issuer made just now: ask {service(provider)} for one {rest}, "
        "and hand it on unchanged."
    )


def _token(sentence: str, side: Side = "workflow") -> Advice:
    return Advice(sentence=sentence, side=side, field="token", new_value="")


def _sentence(fault: TokenRefused) -> str:
    return f"{fault.detail[0].upper()}{fault.detail[1:]}."


FAULTS: Mapping[TokenFault, Remedy] = {
    TokenFault.ALGORITHM: _foreign,
    TokenFault.CRITICAL_HEADER: _foreign,
    TokenFault.NO_KEY_ID: _foreign,
    TokenFault.UNKNOWN_KEY: _foreign,
    TokenFault.SIGNATURE: _foreign,
    TokenFault.MISSING_CLAIM: _foreign,
    TokenFault.ISSUER: _foreign,
    TokenFault.AUDIENCE: _audience,
    TokenFault.TIME: _foreign,
    TokenFault.LIFETIME: _long_lived,
    TokenFault.EXPIRED: _expired,
    TokenFault.NOT_YET: _early,
}
