"""`bonded publish`: built distributions to an index, by the identity of the CI that this runs in."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bonded.errors import UsageError

if TYPE_CHECKING:
    from bonded.client.attesting import Policy
    from bonded.client.crew import Stop
    from bonded.client.desk import Wish
    from bonded.client.goods import Goods
    from bonded.client.target import Target

_EPILOG = """\
examples:
  bonded publish                          dist/ to PyPI, attested, by the identity of this CI job
  bonded publish --to testpypi dist/*.whl
  bonded publish --to https://pkgs.example.com/legacy/
  bonded publish --dry-run                everything that leaves no trace: files, index, identity

An index without trusted publishing takes the token in BONDED_TOKEN or --token-file.

exit codes: 0 published, 1 refused, 2 usage or input, 3 network or server, 4 partly published: run it again
"""
_FLAG: dict[str, Any] = {"action": "store_true"}
_CONFIRM = 120
_MOST_WORKERS = 16

# Of each option its name, its settings, and its help.
_OPTIONS: tuple[tuple[str, dict[str, Any], str], ...] = (
    (
        "--to",
        {"default": "pypi", "metavar": "INDEX"},
        "pypi (the default), testpypi, or the address at which an index takes uploads",
    ),
    (
        "--attestations",
        {"choices": ("require", "prefer", "off")},
        (
            "where a file cannot be attested: publish nothing, or without; off never attests (default: require for PyPI"
            " and TestPyPI and with --sigstore or --provenance, else off)"
        ),
    ),
    (
        "--provenance",
        {"choices": ("slsa",)},
        "attest also how it was built (SLSA provenance, for jobs of GitHub Actions)",
    ),
    (
        "--sigstore",
        {"metavar": "FILE", "type": Path},
        "sign by another Sigstore than the public one: its client trust configuration",
    ),
    (
        "--audience",
        {"default": "", "metavar": "TEXT"},
        "the audience of ID tokens, instead of asking the index",
    ),
    (
        "--token-file",
        {"metavar": "FILE"},
        "an API token, for an index without trusted publishing (- reads standard input)",
    ),
    (
        "--simple-url",
        {"default": "", "metavar": "URL"},
        "where another index lists its files (default: …/simple/ beside …/legacy/)",
    ),
    ("--mixed", _FLAG, "files of several projects or versions"),
    (
        "--lenient",
        _FLAG,
        (
            "the index takes the archives that PyPI takes: links in source archives, a RECORD that does not fit, two"
            " files on one place"
        ),
    ),
    ("--workers", {"type": int, "default": 4, "metavar": "N"}, "uploads at once (default: 4)"),
    (
        "--confirm",
        {"type": int, "default": _CONFIRM, "metavar": "SECONDS"},
        f"how long to wait until the index lists what was sent (default: {_CONFIRM})",
    ),
    ("--no-confirm", _FLAG, "do not compare what is served with what was sent"),
    (
        "--journal",
        {"metavar": "FILE", "type": Path},
        "where an unfinished release is noted (default: beside the files)",
    ),
    ("--dry-run", _FLAG, "check and ask; publish nothing, sign nothing, show no token"),
    ("--json", _FLAG, "print the report as JSON"),
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.description = (
        "Publish wheels and source archives by trusted publishing, with attestations, from any CI."
    )
    parser.epilog = _EPILOG
    parser.add_argument(
        "files", nargs="*", default=["dist"], help="files, folders or patterns (default: dist)"
    )
    for name, settings, text in _OPTIONS:
        parser.add_argument(name, help=text, **settings)
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Read, check, publish, tell; return the exit code."""
    from bonded.cli.publish_signals import stopping
    from bonded.client.crew import Stop

    _check(options)
    stop = Stop()
    with stopping(stop):
        return _published(options, stop)


def _published(options: argparse.Namespace, stop: "Stop") -> int:
    from bonded.cli.publish_actions import mask
    from bonded.cli.publish_checks import check_goods
    from bonded.cli.publish_text import exit_code, tell
    from bonded.cli.publish_world import publish_here
    from bonded.client.goods import find_files, read_goods
    from bonded.client.journal import NAME
    from bonded.client.secrets import Secrets
    from bonded.client.target import parse_target
    from bonded.dists.limits import STRICT, Limits

    target = parse_target(options.to, simple_url=options.simple_url)
    limits = Limits() if target.is_known or options.lenient else STRICT
    goods = read_goods(find_files(options.files), mixed=options.mixed, limits=limits)
    check_goods(goods, all_rules=target.is_known)
    wish = _wish(options, target, goods)
    secrets = Secrets(mask(os.environ))
    report = publish_here(
        wish,
        secrets=secrets,
        stop=stop,
        sigstore=options.sigstore,
        journal=options.journal or goods[0].path.parent / NAME,
        quiet=options.quiet,
    )
    if options.json:
        print(secrets.hide(json.dumps(report.to_data(), indent=2)), flush=True)
    tell(report, secrets, os.environ, as_text=not options.json)
    return exit_code(report)


def _check(options: argparse.Namespace) -> None:
    """Refuse what contradicts itself, before any file is opened."""
    if not 1 <= options.workers <= _MOST_WORKERS:
        raise UsageError(f"--workers: 1 to {_MOST_WORKERS} uploads at once, got {options.workers}")
    if options.confirm < 1:
        raise UsageError("--confirm: a number of seconds", hint="--no-confirm does not look at all")
    if options.provenance and options.attestations == "off":
        raise UsageError("--provenance slsa is an attestation, and --attestations is off")


def _wish(options: argparse.Namespace, target: "Target", goods: "Sequence[Goods]") -> "Wish":
    from bonded.client.desk import Wish
    from bonded.dists import endpoints

    token = _token(options.token_file)
    if token and options.provenance:
        raise UsageError(
            "--provenance slsa needs the identity of a CI job, and a token was given",
            hint="take BONDED_TOKEN and --token-file away",
        )
    foreign = next((one for one in endpoints.known() if one.audience == options.audience), None)
    if foreign is not None and foreign.name != target.name:
        raise UsageError(
            f"--audience {options.audience} is {foreign.title}'s, and {target.title} would have a token for it",
            hint="an index of one's own is named by its host",
        )
    return Wish(
        target=target,
        parcels=tuple(one.parcel() for one in goods),
        attestations=_policy(options, target, has_token=bool(token)),
        slsa=options.provenance == "slsa",
        token=token,
        audience=options.audience,
        confirm_seconds=0.0 if options.no_confirm else float(options.confirm),
        workers=options.workers,
        dry_run=options.dry_run,
    )


def _policy(options: argparse.Namespace, target: "Target", *, has_token: bool) -> "Policy":
    """Return what holds for attestations where nothing was said.

    The public Sigstore writes repository and workflow into a log that everybody reads, so nothing is signed for an
    index of one's own unless that was asked for. PyPI takes attestations from trusted publishers alone.
    """
    wanted: Policy | None = options.attestations
    if has_token and target.is_known:
        if wanted in {"require", "prefer"}:
            raise UsageError(
                f"{target.title} takes attestations only with trusted publishing, and a token was given"
            )
        return "off"
    if wanted is not None:
        return wanted
    return "require" if target.is_known or options.sigstore or options.provenance else "off"


def _token(file: str | None) -> str:
    """Return the API token that was given, empty for none. It is no argument: others could read it there."""
    if file is None:
        return os.environ.get("BONDED_TOKEN", "").strip()
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="ascii")
    except (OSError, ValueError):
        raise UsageError(f"--token-file: {file} cannot be read as a token") from None
    token = text.strip()
    if not token or not token.isprintable() or not token.isascii():
        raise UsageError(f"--token-file: there is no token in {file}")
    return token
