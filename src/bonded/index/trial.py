"""What the mint would say, without saying it: nothing is granted, and no ID token is used up."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bonded.errors import BondedError
from bonded.minting.diagnosis import diagnose, once
from bonded.minting.exchange import Acceptable, Refused, consider
from bonded.minting.explaining.assumed import inferred
from bonded.minting.explaining.cases import Presented, judged, presented
from bonded.minting.matching import Match, match
from bonded.minting.policy import Policy
from bonded.minting.ports import Keys, Pending, Publishers, Refusal, Registered
from bonded.oidc.claims import VerifiedClaims
from bonded.oidc.verify import TokenFault, TokenRefused
from bonded.publishers.providers import provider_of_kind

__all__ = ["Trial"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The mint's decision, tried. The answers are for the owner: they quote what is registered.

    `issuers` gives those of all publishers, for claims that do not say theirs.
    """

    policy: Policy
    keys: Keys
    publishers: Publishers
    issuers: Callable[[], frozenset[str]]

    def token(self, token: str, now: float) -> dict[str, object]:
        """Say what would happen to an ID token. Whether it was exchanged before is not looked up."""
        found = consider(
            json.dumps({"token": token}).encode(),
            policy=self.policy,
            keys=self.keys,
            publishers=self.publishers,
            now=now,
        )
        return _accepted(found.match) if isinstance(found, Acceptable) else _refused(found)

    def claims(self, asserted: Mapping[str, object], now: float) -> dict[str, object]:
        """Say what would happen to a genuine token with these claims; its times are not looked at.

        The claims that a client prints are enough: what is not among them is taken to be right, and said to be
        unknown. Raises BondedError where they do not tell who would sign them.
        """
        said = presented(asserted)
        claims, assumed = self._completed(said, now) if said.partial else (said.claims, frozenset())
        answer = self._claims(VerifiedClaims(claims), now)
        return _unknown(answer, assumed)

    def _claims(self, claims: VerifiedClaims, now: float) -> dict[str, object]:
        trusted = self.keys.issuer(claims.issuer)
        provider = provider_of_kind(trusted.kind) if trusted else None
        if provider is None:
            return self._no("invalid-payload", "unknown trusted publishing issuer", claims, now)
        if not self.policy.takes(provider.kind):
            off = f"{provider.kind} trusted publishing functionality not enabled"
            return self._no("not-enabled", off, claims, now, kind=provider.kind)
        if "aud" in claims and claims["aud"] != self.policy.audience:
            return self._audience(claims, provider.kind, now)
        found = match(
            claims, provider, publishers=self.publishers, rules=self.policy.rules, now=now
        )
        if isinstance(found, Match):
            return _accepted(found)
        return _refused(
            Refusal(
                at=now,
                audience=self.policy.audience,
                issuer=claims.issuer,
                kind=provider.kind,
                claims=claims,
                code=found.code,
                description=found.description,
                selection=found.selection,
                disable=found.disable,
                pinned=found.pinned,
            )
        )

    def _completed(
        self, said: Presented, now: float
    ) -> tuple[Mapping[str, object], frozenset[str]]:
        """Return the claims with what the nearest publisher would need, and which those are."""
        near = list(self._near(said, now))
        case = judged([one.publisher for one in near], said, rules=self.policy.rules)
        if not case.claims["iss"]:
            raise BondedError(
                "the claims do not say who would sign them",
                hint="give `iss` too, the address of the CI service's issuer",
            )
        nearest = case.selection.nearest
        pins = next(
            (
                one.pins
                for one in near
                if isinstance(one, Registered) and nearest and one.publisher is nearest.publisher
            ),
            {},
        )
        assumed = {**pins, **case.assumed}
        unknown = frozenset(assumed.keys() - case.claims.keys()) | case.assumed.keys()
        return {**assumed, **case.claims}, unknown

    def _near(self, said: Presented, now: float) -> Iterator[Registered | Pending]:
        claims, _ = inferred(said.claims, said.absent)
        named = claims.get("iss")
        for url in sorted(self.issuers()) if named is None else [str(named)]:
            trusted = self.keys.issuer(url)
            provider = provider_of_kind(trusted.kind) if trusted else None
            if provider is not None:
                sources = provider.sources_of({**claims, "iss": url})
                found = self.publishers.near(url, sources, now=now)
                yield from found.registered
                yield from found.pending

    def _audience(self, claims: VerifiedClaims, kind: str, now: float) -> dict[str, object]:
        wanted, got = self.policy.audience, claims["aud"]
        fault = TokenRefused(
            TokenFault.AUDIENCE,
            f"the audience must be the text {wanted!r} alone, the claims say {got!r}",
            claim="aud",
            expected=wanted,
            got=got if isinstance(got, str) else repr(got),
        )
        return self._no(
            "invalid-token", "malformed or invalid token", claims, now, fault=fault, kind=kind
        )

    def _no(
        self,
        code: str,
        description: str,
        claims: VerifiedClaims,
        now: float,
        *,
        fault: TokenRefused | None = None,
        kind: str = "",
    ) -> dict[str, object]:
        return _refused(
            Refusal(
                at=now,
                audience=self.policy.audience,
                issuer=claims.issuer,
                kind=kind,
                code=code,
                description=description,
                fault=fault,
                claims=claims if fault else None,
            )
        )


def _accepted(found: Match) -> dict[str, object]:
    nearest = found.selection.nearest
    publisher = found.selection.publisher
    title = publisher.title if publisher else ""
    return {
        "accepted": True,
        "code": "",
        "summary": f"a token for {', '.join(found.projects)} would be given to {title}",
        "publisher": title,
        "projects": list(found.projects),
        "table": [
            _row(one.claim, one.expected, one.got, one.how, ok=one.passed)
            for one in once(nearest.checks if nearest else ())
        ],
        "advice": [],
    }


def _refused(refusal: Refusal) -> dict[str, object]:
    diagnosis = diagnose(Refused(refusal=refusal), predicted=True)
    nearest = refusal.selection.nearest if refusal.selection else None
    return {
        "accepted": False,
        "code": refusal.code,
        "summary": refusal.trouble or diagnosis.summary,
        "publisher": nearest.publisher.title if nearest else "",
        "projects": [],
        "table": [
            _row(row.claim, row.registered, row.got, row.how, ok=row.ok) for row in diagnosis.table
        ],
        "advice": [
            {
                "sentence": one.sentence,
                "side": one.side,
                "field": one.field,
                "new_value": one.new_value,
            }
            for one in diagnosis.advice
        ],
    }


def _unknown(answer: dict[str, object], assumed: frozenset[str]) -> dict[str, object]:
    """Return the answer with what was taken for granted marked as unknown: `ok` and `got` are null there."""
    if not assumed:
        return answer
    table = answer["table"]
    assert isinstance(table, list)
    rows = [row | {"got": None, "ok": None} if row["claim"] in assumed else row for row in table]
    unsure = ", ".join(row["claim"] for row in rows if row["ok"] is None)
    summary = answer["summary"]
    if answer["accepted"] and unsure:
        summary = f"{summary}, if what is not known is right ({unsure})"
    return answer | {"table": rows, "summary": summary}


def _row(claim: str, registered: str, got: str | None, how: str, *, ok: bool) -> dict[str, object]:
    return {"claim": claim, "registered": registered, "got": got, "how": how, "ok": ok}
