"""`bonded explain`: publishers and claims in, what the index would say out. Nothing is sent, nothing is written."""

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from bonded.errors import UsageError

if TYPE_CHECKING:
    from bonded.cli.explain_sources import Source
    from bonded.cli.explain_text import Told
    from bonded.minting.policy import Policy

_EPILOG = """\
examples:
  bonded explain --log job.log                       why the release of this project was refused
  bonded explain --workflow .github/workflows/release.yml --event push:v1.0.0
  bonded explain --token - --publisher github:owner=octo,repository=tool,workflow_filename=release.yml
  bonded explain --claims claims.json --publisher registered.toml --index pkgs.example.com

Without --publisher, the [[tool.bonded.publishers]] of the project in this folder are taken.
Nothing leaves this machine. Exit code 0 means accepted, 1 refused, 2 that the input cannot be read.
"""

_CONTRADICTION = (
    "the index refused what should be accepted: look at the index whether what is registered there is what is recorded "
    "here, and which of the claims that are not known may differ"
)

_REPLACED = (
    "a publisher is not changed in its place: add it with the new value, then remove the old one"
)

_ONE: dict[str, object] = {"default": ""}

# Of each option its name, its settings, what its value is called, and its help.
_OPTIONS: tuple[tuple[str, dict[str, object], str, str], ...] = (
    (
        "--publisher",
        {"action": "append", "default": []},
        "KIND:FIELD=VALUE,…|FILE",
        "what is registered: fields, or a TOML or JSON file; may be repeated",
    ),
    ("--keys", _ONE, "FILE", "with --token: the issuer's keys (JWKS), to verify the signature"),
    (
        "--event",
        _ONE,
        "EVENT",
        "with --workflow: push:TAG, push:refs/heads/BRANCH, release:TAG, workflow_dispatch[:BRANCH], …",
    ),
    ("--job", _ONE, "JOB", "with --workflow: only this job"),
    ("--repository", _ONE, "OWNER/NAME", "with --workflow: the repository at GitHub"),
    (
        "--index",
        {"default": None},
        "INDEX",
        "pypi, testpypi, or audience or address of another index",
    ),
    ("--project", _ONE, "NAME", "the project that is to be published"),
    ("--now", _ONE, "TIME", "when the token comes: Unix seconds, 2026-11-21T13:00Z, or `now`"),
)

_SOURCES = (
    ("--token", "FILE", "an ID token (- reads it from standard input)"),
    ("--claims", "FILE", "the claims of a token, as JSON"),
    ("--log", "FILE", "the log of a CI job in which a client was refused"),
    ("--workflow", "FILE", "a workflow of this project; its claims are predicted"),
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.description = "Say why an index would refuse an ID token, and what to change where."
    parser.epilog = _EPILOG
    source = parser.add_mutually_exclusive_group(required=True)
    for name, metavar, text in _SOURCES:
        source.add_argument(name, default="", metavar=metavar, help=text)
    for name, settings, metavar, text in _OPTIONS:
        extra: dict[str, Any] = settings
        parser.add_argument(name, metavar=metavar, help=text, **extra)
    parser.add_argument(
        "--rules",
        choices=("pypi", "strict"),
        default="",
        help="PyPI's rules or a bonded index's own (default: by the index)",
    )
    parser.add_argument("--json", action="store_true", help="print the explanation as JSON")
    parser.set_defaults(run=explain)


def explain(options: argparse.Namespace) -> int:
    """Read, explain, print and return the exit code."""
    from bonded.cli.console import color_wanted
    from bonded.cli.explain_index import note_on
    from bonded.cli.explain_publishers import read_publishers
    from bonded.cli.explain_text import as_data, render, replaces

    _check(options)
    source = _source(options)
    known = read_publishers(options.publisher, claims=source.claims)
    policy = _policy(options, source)
    told = _told(options, source, known=known.known, policy=policy)
    told.notes += (*source.notes, *known.notes)
    if note := note_on(options.index or "", policy.audience):
        told.notes += (note,)
    if told.accepted and source.was_refused:
        told.notes += (_CONTRADICTION,)
    if any(map(replaces, told.cases)):
        told.notes += (_REPLACED,)
    if options.json:
        json.dump(as_data(told), sys.stdout, indent=2)
        print(flush=True)
    else:
        print(render(told, color=color_wanted(sys.stdout)), flush=True)
    return 0 if told.accepted else 1


def _told(
    options: argparse.Namespace, source: "Source", *, known: "tuple[Any, ...]", policy: "Policy"
) -> "Told":
    from bonded.cli.explain_text import Case, Told
    from bonded.minting.explaining.explanation import explain as explained

    return Told(
        source=source.kind,
        signature=source.signature,
        audience=policy.audience,
        rules=_rules(options, policy.audience),
        cases=[
            Case(
                title=one.title,
                claims=one.presented.claims,
                explanation=explained(
                    known,
                    one.presented,
                    policy=policy,
                    project=_project(options.project),
                    now=source.now,
                    fault=one.fault,
                ),
            )
            for one in source.presented
        ],
    )


def _check(options: argparse.Namespace) -> None:
    """Refuse options that would be silently without effect."""
    for name, needed in (
        ("keys", "token"),
        ("event", "workflow"),
        ("job", "workflow"),
        ("repository", "workflow"),
    ):
        if getattr(options, name) and not getattr(options, needed):
            raise UsageError(f"--{name} needs --{needed}")
    if options.index == "":
        raise UsageError("--index wants an index", hint="pypi, testpypi, an audience or an address")
    if options.workflow and not options.event:
        raise UsageError("--workflow needs --event", hint="for example --event push:v1.0.0")


def _source(options: argparse.Namespace) -> "Source":
    from bonded.cli import explain_sources

    moment = explain_sources.moment(options.now)
    if options.token:
        audience = _audience(options)
        return explain_sources.from_token(
            options.token, keys=options.keys, audience=audience, now=moment
        )
    if options.claims:
        return explain_sources.from_claims(options.claims, now=moment)
    if options.log:
        return explain_sources.from_log(options.log)
    from bonded.cli.explain_workflow import from_workflow

    return from_workflow(
        options.workflow,
        event=options.event,
        job=options.job,
        repository=options.repository,
        audience=_audience(options) or "pypi",
    )


def _audience(options: argparse.Namespace, said: object = None) -> str:
    from bonded.cli.explain_index import audience_of

    return audience_of(options.index or "", said)


def _policy(options: argparse.Namespace, source: "Source") -> "Policy":
    from bonded.minting.policy import Policy

    audience = _audience(options, source.claims.get("aud")) or source.audience or "pypi"
    if _rules(options, audience) == "strict":
        return Policy.strict(audience)
    return Policy(audience=audience)


def _rules(options: argparse.Namespace, audience: str) -> str:
    """Return whose rules decide: those asked for, else PyPI's at PyPI and TestPyPI."""
    from bonded.dists.endpoints import known

    at_pypi = audience in {one.audience for one in known()}
    return str(options.rules) or ("pypi" if at_pypi else "strict")


def _project(name: str) -> str:
    from bonded.dists.names import InvalidName, parse_project_name

    try:
        return str(parse_project_name(name)) if name else ""
    except InvalidName as error:
        raise UsageError(f"--project: {error}") from None
