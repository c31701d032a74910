"""`bonded check`: arguments in, findings out."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bonded.cli.check_facts import Checkout
    from bonded.cli.check_report import Fixed, Report
    from bonded.workflows.findings import Finding

_EPILOG = """\
examples:
  bonded check                        the project in this folder
  bonded check ~/src                  every project under a folder
  bonded check --tag v1.2.0           would this tag be released, and as what?
  bonded check --fix --diff           what could be mended, without writing it
  bonded check --explain tag-pattern  what a rule is about

A comment `# bonded: ignore[rule-id] reason` on the line, or above it, keeps a finding away.
Exit code 0 is clean, 1 means findings.
"""
ROUNDS = 5  # a fix can make room for another one, but never endlessly
SEVERITIES = ("info", "warning", "error")


class _Fix(argparse.Action):
    """`--fix` and `--fix=all`; a path behind `--fix` is a path, as hooks put it there."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Take the level, or set the path aside."""
        del parser, option_string
        namespace.fix = values if values in FIXES else "safe"
        if values not in FIXES:
            namespace.more = [Path(values)]


FIXES = ("safe", "all")
_FLAG: dict[str, object] = {"action": "store_true"}
_FORMATS = ("text", "json", "sarif", "github")

# Of each option its names, its settings, and its help.
_OPTIONS: tuple[tuple[tuple[str, ...], dict[str, object], str], ...] = (
    (
        ("--fix",),
        {"nargs": "?", "const": "safe", "action": _Fix, "metavar": "all"},
        "mend what can be mended in place",
    ),
    (("--diff",), _FLAG, "show what --fix would change, and change nothing"),
    (("--tag",), {"default": "", "metavar": "TAG"}, "the tag of the next release"),
    (
        ("--min-severity",),
        {"choices": SEVERITIES, "default": "warning"},
        "show nothing less (default: warning)",
    ),
    (("--no-zizmor",), _FLAG, "make only bonded's own checks"),
    (
        ("--json",),
        {"action": "store_const", "dest": "format", "const": "json"},
        "print the findings as JSON",
    ),
    (
        ("--sarif",),
        {"action": "store_const", "dest": "format", "const": "sarif"},
        "print them as SARIF 2.1.0",
    ),
    (("--format",), {"choices": _FORMATS, "default": "text"}, "how to print the findings"),
    (("--explain",), {"metavar": "ID"}, "say what a rule is about"),
    (("--list",), _FLAG, "name all rules"),
    (("-q", "--quiet"), _FLAG, "one line for each finding"),
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.description = (
        "Say what would go wrong in a release: workflows, publishers, tags and versions together."
    )
    parser.epilog = _EPILOG
    parser.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="PATH",
        help="projects, folders of them, or workflow files (default: this folder)",
    )
    for names, settings, text in _OPTIONS:
        extra: dict[str, Any] = {**settings, "help": text}
        parser.add_argument(*names, **extra)
    parser.set_defaults(run=check, more=[], format="text")


def check(options: argparse.Namespace) -> int:
    """Look, mend if asked to, print and return the exit code."""
    from bonded.cli import check_words

    if options.list or options.explain:
        print(check_words.explained(options.explain) if options.explain else check_words.listed())
        return 0
    from bonded.cli.check_facts import find_checkouts

    checkouts = find_checkouts([*options.more, *options.paths] or [Path()], next_tag=options.tag)
    fixed: tuple[Fixed, ...] = ()
    if options.fix or options.diff:
        checkouts, fixed = _mend(checkouts, options)
    report = replace(_look(checkouts, options), fixed=fixed)
    _show(report, options)
    return 1 if any(report.findings()) else 0


def _look(checkouts: Sequence["Checkout"], options: argparse.Namespace) -> "Report":
    """Return what our rules and zizmor's find; the two work at the same time."""
    from bonded import __version__
    from bonded.cli.check_many import judged
    from bonded.cli.check_report import Checked, Report
    from bonded.cli.check_zizmor import Heard, Zizmor
    from bonded.workflows.audit import SYNTAX
    from bonded.workflows.findings import Severity

    files = [c.root / name for c in checkouts for name in (*_wanted(c), *_beside(c))]
    zizmor = None if options.no_zizmor else Zizmor(files)
    ours = judged(checkouts)
    broken = {
        checkout.root / one.place.file
        for checkout, own in zip(checkouts, ours, strict=True)
        for one in own
        if one.rule == SYNTAX
    }
    heard = zizmor.hear(broken=broken) if zizmor else Heard()
    theirs: dict[Path, list[Finding]] = {}
    for path, finding in heard.findings:
        theirs.setdefault(path, []).append(finding)
    run = bool(zizmor) and not heard.trouble
    return Report(
        version=__version__,
        projects=tuple(
            Checked(
                path=_shown(checkout.root),
                sources=dict(checkout.sources) | dict(_beside(checkout)),
                findings=_joined(checkout, own, theirs, zizmor_ran=run),
            )
            for checkout, own in zip(checkouts, ours, strict=True)
        ),
        least=Severity[options.min_severity.upper()],
        zizmor=bool(zizmor),
        trouble=heard.trouble_beside(len(broken)),
    )


def _joined(
    checkout: "Checkout",
    own: Sequence["Finding"],
    theirs: dict[Path, list["Finding"]],
    *,
    zizmor_ran: bool,
) -> tuple["Finding", ...]:
    """Return the findings of one project without those that comments ignore, in their order."""
    from bonded.cli.check_zizmor import PREFIX
    from bonded.workflows.audit import ids, in_order
    from bonded.workflows.ignores import silence

    sources = dict(checkout.sources) | dict(_beside(checkout))
    found = list(own)
    for name in sources:
        found += [
            replace(one, place=replace(one.place, file=name))
            for one in theirs.get(checkout.root / name, ())
        ]
    kept = silence(found, sources, known=ids(), not_run="" if zizmor_ran else PREFIX)
    return in_order(one for one in kept if not checkout.only or one.place.file in checkout.only)


def _wanted(checkout: "Checkout") -> list[str]:
    return [name for name in checkout.sources if not checkout.only or name in checkout.only]


def _beside(checkout: "Checkout") -> dict[str, str]:
    only = checkout.only
    return {name: text for name, text in checkout.beside.items() if not only or name in only}


def _mend(
    checkouts: Sequence["Checkout"], options: argparse.Namespace
) -> tuple[tuple["Checkout", ...], tuple["Fixed", ...]]:
    """Make the fixes, on disk or only as a diff; return the projects as they are afterwards, and what was mended."""
    from bonded.cli.check_mending import difference, mended, write
    from bonded.cli.check_report import Fixed
    from bonded.workflows.findings import Severity

    # A program reads its report from standard output, so the diff goes beside it.
    out = sys.stdout if options.format == "text" else sys.stderr
    least = Severity[options.min_severity.upper()]
    after, fixed = [], []
    for checkout in checkouts:
        new, made = mended(checkout, least=least, unsafe=options.fix == "all", rounds=ROUNDS)
        shown = _shown(checkout.root)
        if options.diff:
            out.write(difference(checkout, new, shown="" if Path(shown).is_absolute() else shown))
        else:
            write(checkout, new)
            after.append(new)
            fixed += [Fixed(path=shown, finding=one) for one in made]
    return (tuple(checkouts), ()) if options.diff else (tuple(after), tuple(fixed))


def _shown(root: Path) -> str:
    """Return a folder as the user would name it; empty for the working directory."""
    here = Path.cwd()
    if root == here:
        return ""
    return str(root.relative_to(here)) if root.is_relative_to(here) else str(root)


def _show(report: "Report", options: argparse.Namespace) -> None:
    from bonded.cli import check_formats
    from bonded.cli.check_text import render
    from bonded.cli.console import color_wanted

    # Beside a diff the text goes to standard error, so that the diff can be applied.
    out = sys.stderr if options.diff and options.format == "text" else sys.stdout
    if options.format == "json":
        print(json.dumps(report.as_data(), indent=2), file=out)
    elif options.format == "sarif":
        print(json.dumps(check_formats.sarif(report), indent=2), file=out)
    elif options.format == "github":
        for line in check_formats.annotations(report):
            print(line, file=out)
    else:
        print(render(report, color=color_wanted(out), quiet=options.quiet), file=out)
    if os.environ.get("GITHUB_ACTIONS") == "true" and options.format != "github":
        for line in check_formats.annotations(report):
            print(line, file=sys.stderr)
    if report.trouble and options.format != "text":
        print(f"bonded: {report.trouble}", file=sys.stderr)
