"""Advice from a provider's form alone, so that a new provider needs no table of its own.

Which field of the form a claim comes from is not written down anywhere; it is tried out. A field is filled with what
the token says, and if the check of the claim then passes, changing this field is a way. So nothing is advised that
would not help, and several fields that make up one claim (owner and name) are told apart.
"""

from collections.abc import Iterator

from bonded.minting.advice.wording import Advice, Miss, not_from_a_job, to_publisher
from bonded.publishers import InvalidPublisher, Publisher, from_fields, judge
from bonded.publishers.rule import Field

__all__ = ["advise"]

MARKS = ("ref", "ref_path", "sha")
"""Claims after an `@` in a claim that names a file."""

_LONGEST = 2048
"""Characters of a claim that are worth a trial; fields are shorter."""


def advise(miss: Miss) -> tuple[Advice, ...]:
    """Return the ways to mend a mismatch of any provider."""
    absent = miss.claims.get(miss.claim) is None
    if absent and miss.claim in miss.provider.required_claims:
        return (not_from_a_job(miss),)
    ways = tuple(_to_form(miss))
    if miss.got and ways:
        return (*ways, *_to_job(miss, "Or publish"))
    if ways:  # the token says nothing: clearing the field is the second thing to think of
        return (*_to_job(miss, "Publish"), *ways)
    return (_neither(miss),)


def _to_form(miss: Miss) -> Iterator[Advice]:
    """Yield the changes of one field after which the claim's check passes."""
    if len(miss.got) > _LONGEST:
        return
    for field in miss.provider.form:
        value = next((text for text in _candidates(miss, field) if _helps(miss, field, text)), None)
        if value is not None:
            yield _change(miss, field, value)


def _candidates(miss: Miss, field: Field) -> Iterator[str]:
    """Yield what the field could be so that the claim fits; the current value stands somewhere in what is expected."""
    old = miss.field(field.name)
    line = f"{miss.claim}={miss.expected}"
    if line in old.split("\n") and miss.got:
        yield old.replace(line, f"{miss.claim}={miss.got}")
    if old and miss.got:
        before, _, after = miss.expected.partition(old)
        for got in (miss.got, *_without_mark(miss)):
            if got.startswith(before) and got.endswith(after):
                yield got[len(before) : len(got) - len(after)]
    if not miss.got and not field.required:
        yield ""


def _without_mark(miss: Miss) -> Iterator[str]:
    for mark in filter(None, map(miss.said, MARKS)):
        if miss.got.endswith(f"@{mark}"):
            yield miss.got.removesuffix(f"@{mark}")


def _helps(miss: Miss, field: Field, value: str) -> bool:
    if value == miss.field(field.name):
        return False
    changed = _changed(miss.publisher, field.name, value)
    if changed is None:
        return False
    checks = [one for one in judge(changed, miss.claims).checks if one.claim == miss.claim]
    return all(check.passed for check in checks)


def _changed(publisher: Publisher, field: str, value: str) -> Publisher | None:
    """Return the publisher with one field changed, or None if there can be no such publisher."""
    try:
        return from_fields(publisher.kind, publisher.to_fields() | {field: value})
    except InvalidPublisher:
        return None


def _change(miss: Miss, field: Field, value: str) -> Advice:
    label = field.label.lower()
    if not value:
        why = f"Or clear the publisher's {label}, so that `{miss.claim}` may be anything"
        return Advice(sentence=f"{why}.", side="publisher", field=field.name, new_value="")
    why = f"The publisher wants `{miss.claim}` to be {miss.expected!r}, the token says {miss.got!r}"
    if "\n" in value:
        old, new = f"{miss.claim}={miss.expected}", f"{miss.claim}={miss.got}"
        how = (
            f"in the publisher's {label}, change the line {old!r} to {new!r}, and leave the others"
        )
        return Advice(sentence=f"{why}: {how}.", side="publisher", field=field.name, new_value=new)
    return to_publisher(why, label=label, field=field.name, value=value)


def _to_job(miss: Miss, how: str) -> tuple[Advice, ...]:
    return (
        Advice(
            sentence=f"{how} from a job whose `{miss.claim}` is {miss.expected!r} ({miss.how}).",
            side="workflow",
            field=miss.claim,
            new_value=miss.expected,
        ),
    )


def _neither(miss: Miss) -> Advice:
    """Return what the job must be like: no change of one field would help."""
    came = f"the token says {miss.got!r}" if miss.got else "the token does not say it"
    return Advice(
        sentence=f"`{miss.claim}` must be {miss.expected!r} ({miss.how}), {came}: publish from a job of which that is "
        "true.",
        side="workflow",
        field=miss.claim,
        new_value=miss.expected,
    )
