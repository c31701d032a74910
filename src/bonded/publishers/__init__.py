"""Who may publish: publishers made from fields, and chosen by claims.

    from_fields(kind, fields) -> Publisher                   or InvalidPublisher with every fault
    select(publishers, claims, rules=PYPI) -> Selection      PyPI's choice, or PyPI's reason and the nearest misses

These two and the names below are the room's door. One file per CI service holds everything about it;
`providers.py` is the only list of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bonded.publishers.provider import NotFound, Provider
from bonded.publishers.providers import (
    PROVIDERS,
    provider_like,
    provider_of_issuer,
    provider_of_kind,
)
from bonded.publishers.rule import (
    PYPI,
    STRICT,
    Claims,
    FieldFault,
    InvalidPublisher,
    Judgement,
    Mismatch,
    Publisher,
    Rules,
    judge,
    said,
    shown,
)

__all__ = [
    "PYPI",
    "STRICT",
    "Claims",
    "FieldFault",
    "InvalidPublisher",
    "Judgement",
    "Mismatch",
    "Publisher",
    "Rules",
    "Selection",
    "from_fields",
    "judge",
    "said",
    "select",
    "shown",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which publisher claims speak for.

    `publisher` is the one chosen, or None. `reason` is PyPI's text for the refusal, empty if one was chosen.
    `judgements` holds the chosen publisher's judgement; where none was chosen, every publisher of the issuer against
    the claims, the nearest first, with the conditions of the look-up.
    """

    publisher: Publisher | None
    reason: str
    judgements: tuple[Judgement, ...] = ()

    @property
    def nearest(self) -> Judgement | None:
        """The judgement of the chosen publisher, or of the one that came closest."""
        return self.judgements[0] if self.judgements else None

    @property
    def mismatches(self) -> tuple[Mismatch, ...]:
        """What keeps the nearest publisher from matching; empty if one was chosen, or none is registered."""
        if self.publisher is not None or self.nearest is None:
            return ()
        return self.nearest.mismatches


def from_fields(kind: str, fields: Mapping[str, object]) -> Publisher:
    """Make a publisher from its stored fields; an empty text means not set.

    Raises InvalidPublisher that names every fault: an unknown kind, unknown fields, each field that is missing or not
    as its provider wants it; or, where all fields are in order, an issuer of one's own that is another service's.
    Values are normalised as PyPI does (spaces around a file name, letter case of an environment).

    >>> widget = from_fields("gitlab", {
    ...     "namespace": "acme", "project": "widget", "workflow_filepath": " .gitlab-ci.yml ",
    ... })
    >>> widget.title
    '.gitlab-ci.yml of acme/widget'
    >>> widget.to_fields()["issuer_url"]
    'https://gitlab.com'
    >>> from_fields("google", {"email": "nobody", "sub": "1 2"})
    Traceback (most recent call last):
    bonded.publishers.rule.InvalidPublisher: email is an e-mail address, got 'nobody'; sub has no spaces, got '1 2'
    """
    provider = provider_of_kind(kind)
    if provider is None:
        raise InvalidPublisher((FieldFault(field="kind", message=f"{kind!r} is not known"),))
    texts: dict[str, str] = {}
    faults = [
        FieldFault(field=name, message=f"is no field of a {provider.title} publisher")
        for name in fields.keys() - {field.name for field in provider.form}
    ]
    for field in provider.form:
        value = fields.get(field.name, "")
        text = shown(value)
        if text is None or not _is_whole(text):
            faults.append(FieldFault(field=field.name, message=f"is not a text: {value!r}"))
            continue
        texts[field.name] = field.normalise(text)
        if message := field.fault(texts[field.name]):
            faults.append(FieldFault(field=field.name, message=message))
    if faults:
        raise InvalidPublisher(tuple(sorted(faults, key=lambda fault: fault.field)))
    publisher = provider.build(texts)
    if message := _issuer_fault(provider, publisher.issuer):
        raise InvalidPublisher((FieldFault(field=provider.issuer_field, message=message),))
    return publisher


def _is_whole(text: str) -> bool:
    """Whether a text is one that can be written down: halves of a pair stand for bytes that are no UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _issuer_fault(provider: Provider, issuer: str) -> str:
    """Say why a publisher may not bring this issuer: tokens of another service would be read by the wrong rules."""
    owner = provider_like(issuer)
    if owner is None or (owner is provider and owner.signs_as(issuer)):
        return ""
    if owner is provider:
        return f"is spelt {owner.issuer!r}, got {issuer!r}"
    return f"is the issuer of {owner.title}, got {issuer!r}"


def select(publishers: Sequence[Publisher], claims: Claims, *, rules: Rules = PYPI) -> Selection:
    """Choose the publisher that claims speak for, by PyPI's rules; the most specific that matches is taken.

    `rules` may demand more than PyPI does. Publishers of another issuer than the claims' are never looked at, whatever
    else they say. Never raises for any claims.

    >>> robot = from_fields("google", {"email": "robot@acme.iam.gserviceaccount.com", "sub": "1042"})
    >>> claims = {
    ...     "iss": "https://accounts.google.com",
    ...     "email": "robot@acme.iam.gserviceaccount.com",
    ...     "email_verified": True,
    ...     "sub": "1042",
    ... }
    >>> select([robot], claims).publisher is robot
    True
    >>> refused = select([robot], claims | {"sub": "77"})
    >>> refused.reason
    'Publisher with matching claims was not found'
    >>> [(miss.claim, miss.expected, miss.got, miss.how) for miss in refused.mismatches]
    [('sub', '1042', '77', 'equal')]
    """
    issuer = claims.get("iss")
    candidates = [publisher for publisher in publishers if publisher.issuer == issuer]
    providers = _providers_of(issuer, candidates)
    if not providers:
        return Selection(publisher=None, reason="unknown trusted publishing issuer")
    selections = [
        _select_of(
            provider, [one for one in candidates if one.kind == provider.kind], claims, rules
        )
        for provider in providers
    ]
    return next((one for one in selections if one.publisher is not None), selections[0])


def _providers_of(issuer: object, candidates: Sequence[Publisher]) -> Sequence[Provider]:
    """Return the provider that alone has the issuer; of an issuer that anybody may run, those of the candidates."""
    own = provider_of_issuer(issuer)
    if own is not None:
        return (own,)
    kinds = {publisher.kind for publisher in candidates}
    return [provider for provider in PROVIDERS if provider.kind in kinds]


def _select_of(
    provider: Provider, candidates: Sequence[Publisher], claims: Claims, rules: Rules
) -> Selection:
    """Choose among the publishers of one provider and one issuer."""
    for name in provider.required_claims:
        if claims.get(name) is None:
            return _none(f"Missing claim '{name}'", provider, candidates, claims, rules)
    found = provider.look_up(candidates, claims)
    if isinstance(found, NotFound):
        return _none(found.reason, provider, candidates, claims, rules)
    verdict = judge(found, claims, rules)
    if verdict.accepted:
        return Selection(publisher=found, reason="", judgements=(verdict,))
    refused = _none(verdict.reason, provider, candidates, claims, rules)
    others = (one for one in refused.judgements if one.publisher is not found)
    return Selection(publisher=None, reason=verdict.reason, judgements=(verdict, *others))


def _none(
    reason: str,
    provider: Provider,
    candidates: Sequence[Publisher],
    claims: Claims,
    rules: Rules,
) -> Selection:
    """Return that no publisher was chosen, with every candidate's judgement, the nearest first."""
    judgements = sorted(
        (_whole(provider, publisher, claims, rules) for publisher in candidates), key=_distance
    )
    return Selection(publisher=None, reason=reason, judgements=tuple(judgements))


def _whole(provider: Provider, publisher: Publisher, claims: Claims, rules: Rules) -> Judgement:
    """Judge with the conditions of the look-up too, where they are stricter than the check of the same claim."""
    verdict = judge(publisher, claims, rules)
    missed = tuple(one for one in provider.looked_up(publisher, claims) if not one.passed)
    passed = {check.claim for check in verdict.checks if check.passed}
    stricter = {one.claim: one for one in missed if one.claim in passed}
    checks = tuple(stricter.get(check.claim, check) for check in verdict.checks)
    return Judgement(publisher=publisher, checks=checks)


def _distance(judgement: Judgement) -> tuple[int, int]:
    """Order by the first check that fails, latest first: checks go from the repository inward."""
    failed = [place for place, check in enumerate(judgement.checks) if not check.passed]
    return (-failed[0] if failed else -len(judgement.checks), len(failed))
