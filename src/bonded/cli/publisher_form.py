"""The fields of every kind of publisher as options, made from the providers' own forms.

A field has the option of its stored name and that of the name in PyPI's form: `--repository-owner` and `--owner`. Kinds
share options where their fields have the same name; which field an option means is decided by `--kind`.
"""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from bonded.errors import Fault, InvalidInput, Location, UsageError
from bonded.publishers import FieldFault
from bonded.publishers.provider import Provider
from bonded.publishers.providers import PROVIDERS, provider_of_kind
from bonded.publishers.rule import Field

__all__ = ["KINDS", "add_options", "faulty", "fields_of", "labelled"]

KINDS = tuple(provider.kind for provider in PROVIDERS)

_PREFIX = "field:"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--kind`, `--field`, and an option for each field of each kind."""
    parser.add_argument("--kind", choices=KINDS, required=True, help="the CI service")
    parser.add_argument(
        "--field",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a field by its stored name, instead of its option below",
    )
    group = parser.add_argument_group("fields")
    for names, texts in _options():
        lines = (f"{', '.join(kinds)}: {text}" for text, kinds in texts.items())
        group.add_argument(
            *(f"--{_dashed(name)}" for name in names),
            dest=_PREFIX + names[0],
            action="append",
            metavar="TEXT",
            help=_escaped("; ".join(lines)),
        )


def fields_of(options: argparse.Namespace) -> dict[str, str]:
    """Return the stored fields that the options give; raises InvalidInput that names every option that is wrong."""
    provider = provider_of_kind(options.kind)
    assert provider is not None  # argparse has the choices
    given = [
        (name.removeprefix(_PREFIX), "\n".join(texts))
        for name, texts in vars(options).items()
        if name.startswith(_PREFIX) and texts is not None
    ]
    given += _pairs(options.field)
    fields: dict[str, str] = {}
    faults = []
    for name, text in given:
        field = _field(provider, name)
        if field is None:
            known = ", ".join(f"--{_dashed(one.name)}" for one in provider.form)
            message = f"is no field of a {provider.title} publisher"
            faults.append(Fault(Location(f"--{_dashed(name)}"), message, f"known: {known}"))
        elif fields.setdefault(field.name, text) != text:
            faults.append(Fault(Location(f"--{_dashed(name)}"), "is given twice"))
    if faults:
        raise InvalidInput(tuple(faults))
    return fields


def faulty(kind: str, faults: Sequence[FieldFault]) -> InvalidInput:
    """Return the error that names, for every fault, the option to mend and what is asked for."""
    provider = provider_of_kind(kind)
    told = []
    for fault in faults:
        field = _field(provider, fault.field) if provider else None
        place = f"--{_dashed(fault.field)}" if field else fault.field
        told.append(Fault(Location(place), fault.message, field.help if field else ""))
    return InvalidInput(tuple(told))


def labelled(kind: str, fields: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the fields that are set with the labels of their form, in its order."""
    provider = provider_of_kind(kind)
    form = provider.form if provider else ()
    return [(field.label, fields[field.name]) for field in form if fields.get(field.name)]


def _options() -> list[tuple[tuple[str, ...], dict[str, list[str]]]]:
    """Return the names of each option, and what it means with the kinds for which it means that.

    A name of PyPI's form is an option where no field is stored under it and no other field has it.
    """
    found: dict[str, tuple[tuple[str, ...], dict[str, list[str]]]] = {}
    taken = {field.name for provider in PROVIDERS for field in provider.form}
    for provider in PROVIDERS:
        for field in provider.form:
            if field.name not in found:
                short = field.form_name if field.form_name not in taken else ""
                taken.add(short)
                found[field.name] = ((field.name, short) if short else (field.name,), {})
            texts = found[field.name][1]
            texts.setdefault(f"{field.label}. {field.help}", []).append(provider.kind)
    return list(found.values())


def _field(provider: Provider, name: str) -> Field | None:
    """Return the field that a name means for a provider: a stored name before a name of the form."""
    plain = name.replace("-", "_")
    for known in ("name", "form_name"):
        for field in provider.form:
            if getattr(field, known) == plain:
                return field
    return None


def _pairs(texts: Sequence[str]) -> list[tuple[str, Any]]:
    pairs = []
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise UsageError(f"--field wants NAME=VALUE, got {text!r}")
        pairs.append((name, value))
    return pairs


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _escaped(text: str) -> str:
    return text.replace("%", "%%")
