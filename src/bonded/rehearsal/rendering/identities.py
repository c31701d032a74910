"""Who the release would be: each ID token beside what is registered, and the forms that are still to be filled in."""

import json

from bonded.publishers.providers import provider_of_kind
from bonded.rehearsal.rendering.markup import Html, element, join, link, row, spoken, table
from bonded.rehearsal.rendering.words import BAD, GOOD, Mark, badge, index_title
from bonded.rehearsal.report import CheckRecord, ExchangeRecord, RegistrationRecord, Report

_SIDES = {
    "workflow": "in the workflow",
    "publisher": "at the index",
    "project": "in the project",
    "provider": "at the CI service",
    "GitHub": "at GitHub",
}


def exchanges(report: Report) -> Html | None:
    """Return every ID token that was shown to an index, compared claim by claim."""
    if not report.exchanges:
        return None
    return element(
        "section",
        element("h2", "As which identity", id="identity"),
        *map(_exchange, report.exchanges),
        aria_labelledby="identity",
    )


def _exchange(exchange: ExchangeRecord) -> Html:
    title = index_title(exchange.index)
    granted = badge(GOOD, "granted") if exchange.granted else badge(BAD, "refused")
    return element(
        "article",
        element("h3", f"{title}: an upload token ", granted),
        _claims_table(exchange, title),
        None if exchange.granted else _answer(exchange, title),
        _all_claims(exchange),
        class_="card",
    )


def _claims_table(exchange: ExchangeRecord, title: str) -> Html | None:
    if not exchange.checks:
        if exchange.granted:
            return None
        return element("p", "No publisher is registered to compare the token with.")
    caption = f"What is registered at {title} beside what the token says"
    return table(
        caption,
        ("Claim", "Registered", "The token says", "Compared"),
        map(_check, exchange.checks),
        class_="claims",
    )


def _check(check: CheckRecord) -> Html:
    verdict = badge(GOOD, "agrees") if check.ok else badge(BAD, "differs")
    return row(
        element("code", check.claim),
        ("Registered", _value(check.registered, "any")),
        ("The token says", _value(check.got, "nothing")),
        ("Compared", join((verdict, element("small", check.how)))),
        class_=None if check.ok else "differs",
    )


def _value(text: str, absent: str) -> Html:
    return element("code", text) if text else element("i", absent)


def _answer(exchange: ExchangeRecord, title: str) -> Html:
    return element(
        "div",
        element("h4", f"{title}'s own answer ({exchange.status})"),
        element("pre", _readable(exchange.answer), tabindex="0"),
        element("h4", "What to do") if exchange.advice else None,
        element("ul", *map(_advice, exchange.advice), class_="advice") if exchange.advice else None,
    )


def _readable(answer: str) -> str:
    """Return a JSON answer with one member a line; anything else stays as it came."""
    try:
        return json.dumps(json.loads(answer), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return answer


def _advice(advice: dict[str, str]) -> Html:
    side = advice.get("side", "")
    return element(
        "li",
        badge(Mark("→", "", "quiet"), _SIDES.get(side, side)) if side else None,
        element("p", spoken(advice.get("sentence", ""))),
    )


def _all_claims(exchange: ExchangeRecord) -> Html | None:
    if not exchange.claims:
        return None
    rows = (
        row(element("code", n), ("Value", _value(v, "empty"))) for n, v in exchange.claims.items()
    )
    return element(
        "details",
        element("summary", f"All {len(exchange.claims)} claims of this token"),
        table("Every claim of the token", ("Claim", "Value"), rows, class_="claims two"),
    )


def forms(report: Report) -> Html | None:
    """Return the form of each publisher that was only assumed, to be filled in field by field.

    An index that no token was shown to needs no form, unless none was shown to any.
    """
    spoken_to = {exchange.index for exchange in report.exchanges}
    assumed = [
        registration
        for registration in report.registrations
        if registration.assumed and registration.index in (spoken_to or {registration.index})
    ]
    if not assumed:
        return None
    return element(
        "section",
        element("h2", "The form to fill in", id="form"),
        *map(_form, assumed),
        aria_labelledby="form",
    )


def _form(registration: RegistrationRecord) -> Html:
    title = index_title(registration.index)
    fields = (
        element("div", element("dt", label), element("dd", _value(text, "leave blank")))
        for label, text in _fields(registration)
    )
    return element(
        "article",
        element("h3", f"{title}, project {registration.project}"),
        element(
            "p",
            "Nothing is recorded about this publisher, so the one that the workflow implies was assumed. "
            "Register it:",
        ),
        element("dl", *fields, class_="form"),
        element("p", link(registration.form_url, f"Open {title}'s form with these values"))
        if registration.form_url
        else None,
        element("p", "Then record it in ", element("code", "pyproject.toml"), ":"),
        element("pre", _to_record(registration), tabindex="0"),
        class_="card",
    )


def _fields(registration: RegistrationRecord) -> list[tuple[str, str]]:
    """Return the labels of the provider's own form, in its order, with the values to type."""
    provider = provider_of_kind(registration.kind)
    if provider is None:
        return list(registration.fields.items())
    return [
        (field.label, registration.fields.get(field.name, ""))
        for field in provider.form
        if field.form_name
    ]


def _to_record(registration: RegistrationRecord) -> str:
    fields = registration.fields
    owner, name = fields.get("repository_owner", ""), fields.get("repository_name", "")
    values = {
        "index": registration.index,
        "repository": f"{owner}/{name}" if owner and name else "",
        "workflow": fields.get("workflow_filename", ""),
        "environment": fields.get("environment", ""),
    }
    lines = [
        f"{key} = {json.dumps(text, ensure_ascii=False)}" for key, text in values.items() if text
    ]
    return "\n".join(["[[tool.bonded.publishers]]", *lines])
