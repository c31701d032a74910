"""`bonded verify`: who built what is installed, proved, and held against a policy."""

import argparse
import json
import sys
import tomllib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bonded.cli.verify_files import read, write
from bonded.errors import UsageError

if TYPE_CHECKING:
    from bonded.attestations.examining import Outcome, Source, Terms
    from bonded.attestations.locks import Wanted
    from bonded.attestations.policy import Policy
    from bonded.attestations.trust_file import Pin
    from bonded.cli.verify_report import Report
    from bonded.cli.verify_targets import Targets
    from bonded.dists.names import ProjectName

_EPILOG = """\
examples:
  bonded verify dist/*.whl                  files, with their provenance beside them or at the index
  bonded verify greeter==1.0                a release, all of its files
  bonded verify pylock.toml                 what a lock file installs; also uv.lock, requirements.txt
  bonded verify --environment               what is installed here
  bonded verify uv.lock --pin               remember every publisher in bonded.trust

exit codes: 0 no alarm, 1 an alarm, 2 usage or input, 3 something could not be asked
"""
_TRUST = "bonded.trust"
_WORKERS = 16
_REFRESH = 0.1
DONE, ALARM, UNREACHABLE = 0, 1, 3

# Of each option its names, its settings, and its help.
_OPTIONS: tuple[tuple[tuple[str, ...], dict[str, Any], str], ...] = (
    (
        ("--environment",),
        {"nargs": "?", "const": "", "metavar": "PYTHON"},
        "what is installed beside this Python (default: the active environment's)",
    ),
    (
        ("--index",),
        {"metavar": "URL"},
        "the simple index to ask (default: that of uv and pip, else PyPI)",
    ),
    (
        ("--expect",),
        {"metavar": "KEY=VALUE", "action": "append", "default": []},
        "what every publisher must be: kind, repository, workflow, environment, ref, email",
    ),
    (
        ("--config",),
        {"type": Path, "metavar": "FILE"},
        "the file with [tool.bonded.verify] (default: pyproject.toml, if it is here)",
    ),
    (
        ("--trust",),
        {"type": Path, "metavar": "FILE"},
        f"the pinned publishers (default: {_TRUST}, if it is here)",
    ),
    (("--pin",), {"action": "store_true"}, "add publishers that are not pinned yet to that file"),
    (
        ("--write-identities",),
        {"action": "store_true"},
        "record the publishers in the pylock.toml that was read",
    ),
    (
        ("--trust-root",),
        {"type": Path, "metavar": "FILE"},
        "the Sigstore that is believed (default: the public one, as it came with sigstore)",
    ),
    (
        ("--offline",),
        {"type": Path, "metavar": "BUNDLE"},
        "ask nothing; pages and provenance come from this file",
    ),
    (
        ("--save",),
        {"type": Path, "metavar": "BUNDLE"},
        "keep pages and provenance in this file, for --offline",
    ),
    (("--json",), {"action": "store_true"}, "print everything as JSON"),
    (("--sarif",), {"action": "store_true"}, "print the alarms as SARIF 2.1.0"),
    (("-q", "--quiet"), {"action": "store_true"}, "print only what is not in order"),
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.description = "Prove who built what is installed, and hold it against a policy."
    parser.epilog = _EPILOG
    parser.add_argument(
        "targets",
        nargs="*",
        metavar="TARGET",
        help="files, folders of files, NAME==VERSION, pylock.toml, uv.lock, requirements.txt",
    )
    for names, settings, text in _OPTIONS:
        parser.add_argument(*names, help=text, **settings)
    parser.set_defaults(run=verify)


def verify(options: argparse.Namespace) -> int:
    """Verify, print, remember; return the exit code."""
    _check_options(options)
    from bonded.attestations.evidence import Notebook
    from bonded.cli.verify_report import Report
    from bonded.cli.verify_sources import Sources
    from bonded.cli.verify_targets import read_targets

    targets = read_targets(options.targets, options.environment)
    if options.write_identities and not any(_is_pylock(path) for path in targets.locks):
        raise UsageError("--write-identities wants a pylock.toml among the targets")
    pins = _pins(options)
    terms, root = _terms(options, _policy(options, targets), pins)
    notebook = Notebook()
    with ExitStack() as closing:
        sources = Sources(options, notebook, closing)
        quiet = options.quiet or not sys.stderr.isatty()
        outcomes = examine_all(targets.sourced(sources.of), terms, quiet=quiet)
    report = Report(
        outcomes=outcomes, left_out=targets.left_out, trust_root=root, index=sources.shown
    )
    _print(report, options)
    if options.save is not None:
        write(options.save, notebook.to_json())
    if options.pin:
        _pin(options, report, pins)
    if options.write_identities:
        _record(targets, report)
    if report.alarms:
        return ALARM
    return DONE if report.reached else UNREACHABLE


def _check_options(options: argparse.Namespace) -> None:
    if options.json and options.sarif:
        raise UsageError("--json and --sarif contradict each other")
    if options.offline and (options.save or options.index):
        raise UsageError("--offline asks nothing: it goes with neither --save nor --index")


def _terms(
    options: argparse.Namespace, policy: "Policy", pins: "Mapping[ProjectName, Pin]"
) -> "tuple[Terms, str]":
    """Return by what is judged, and where the trust root comes from."""
    from bonded.attestations.examining import Terms
    from bonded.attestations.trust_root import bundled_root, read_root

    root = read_root(options.trust_root) if options.trust_root else bundled_root()
    return Terms(verifier=root.verifier, policy=policy, pins=pins), root.source


def examine_all(
    asked: "Sequence[tuple[Wanted, Source]]", terms: "Terms", *, quiet: bool = True
) -> "list[Outcome]":
    """Examine releases side by side, and return their outcomes in the order in which they were named."""
    from bonded.attestations.examining import examine

    with ThreadPoolExecutor(_WORKERS) as workers:
        running = [workers.submit(examine, wanted, source, terms) for wanted, source in asked]
        try:
            return [
                _shown(one.result(), place, len(asked), quiet)
                for place, one in enumerate(running, 1)
            ]
        finally:
            for one in running:
                one.cancel()
            if not quiet:
                print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _shown(outcome: "Outcome", place: int, number: int, quiet: bool) -> "Outcome":  # noqa: FBT001 - its own setting
    if not quiet:
        name = outcome.wanted.project[:40]
        print(f"\r\x1b[K{place} of {number}  {name}", end="", file=sys.stderr, flush=True)
    return outcome


def _policy(options: argparse.Namespace, targets: "Targets") -> "Policy":
    """Return the policy of the project; `--expect` names every publisher anew."""
    from bonded.attestations.policy import read_policy
    from bonded.cli.verify_targets import fields_of

    path = options.config or Path("pyproject.toml")
    table: Mapping[str, object] = {}
    if options.config or path.is_file():
        try:
            held: Any = tomllib.loads(read(path).decode())
        except ValueError as error:
            raise UsageError(f"{path} is not TOML: {error}") from None
        for name in ("tool", "bonded", "verify"):
            held = held.get(name, {}) if isinstance(held, dict) else {}
        table = held if isinstance(held, dict) else {"": held}
    if fields := fields_of(options.expect):
        named = {one.project for one in (*targets.wanted, *targets.local)}
        table = {**table, "projects": {name: dict(fields) for name in sorted(named)}}
    return read_policy(str(path), table)


def _pins(options: argparse.Namespace) -> "dict[ProjectName, Pin]":
    from bonded.attestations.trust_file import read_trust

    path = options.trust or Path(_TRUST)
    if not path.is_file():
        if options.trust and not options.pin:
            raise UsageError(f"{path} is not there", hint="--pin makes it")
        return {}
    return read_trust(str(path), read(path))


def _print(report: "Report", options: argparse.Namespace) -> None:
    from bonded.cli.console import color_wanted
    from bonded.cli.verify_report import as_json, as_text
    from bonded.cli.verify_sarif import sarif

    if options.json or options.sarif:
        json.dump(as_json(report) if options.json else sarif(report), sys.stdout, indent=2)
        print(flush=True)
        return
    print(as_text(report, color=color_wanted(sys.stdout), quiet=options.quiet), flush=True)


def _pin(options: argparse.Namespace, report: "Report", pins: "dict[ProjectName, Pin]") -> None:
    """Add publishers without an alarm that are not pinned; never change one."""
    from bonded.attestations.trust_file import pin_of, write_trust

    added: dict[ProjectName, Pin] = {}
    for outcome in report.outcomes:
        found, project = outcome.publisher, outcome.wanted.project
        if found is None or outcome.alarms or project in {*pins, *added}:
            continue
        others = (one.publisher for file in outcome.files for one in file.found)
        if all(found.publisher.same_source(one) for one in others):
            added[project] = pin_of(found.publisher, found.proof.signer, outcome.version)
        else:
            print(f"{project} has several publishers and is not pinned", file=sys.stderr)
    path = options.trust or Path(_TRUST)
    write(path, write_trust({**pins, **added}))
    print(f"{path}: {len(added)} pinned, {len(pins)} were", file=sys.stderr)


def _record(targets: "Targets", report: "Report") -> None:
    from bonded.attestations.pylock_identities import with_identities

    found = {
        (one.wanted.project, one.wanted.version): [
            each.publisher for file in one.files for each in file.found
        ]
        for one in report.outcomes
        if not one.alarms
    }
    for path in filter(_is_pylock, targets.locks):
        try:
            text = with_identities(read(path).decode(), found)
        except ValueError as error:
            raise UsageError(f"{path} cannot be written to: {error}") from None
        write(path, text)


def _is_pylock(path: Path) -> bool:
    return path.suffix == ".toml"
