"""`bonded rehearse`: arguments in, report out."""

import argparse
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from bonded.errors import UsageError

if TYPE_CHECKING:
    from bonded.rehearsal.report import Report
    from bonded.rehearsal.stage.setting import Surroundings

_EPILOG = """\
examples:
  bonded rehearse                               the release of the project in this folder
  bonded rehearse --tag v1.2.0rc1               the same, for this tag
  bonded rehearse --event push --branch main    a push to main, with its TestPyPI leg
  bonded rehearse --html report.html --offline  nothing but what is cached, and a page to show

Nothing leaves this machine. Exit code 0 is READY, 1 is NOT READY or not rehearsed.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.description = "Play the project's own release workflow, unmodified, on this machine."
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add(
        "path",
        nargs="?",
        default=Path(),
        type=Path,
        help="the project's folder (default: this one)",
    )
    add(
        "--event",
        default="",
        choices=("push", "release", "workflow_dispatch"),
        help="play this event",
    )
    add("--tag", default="", help="the tag of the release (default: from the version)")
    add("--branch", default="", help="play a push to this branch, or a dispatch on it")
    add(
        "--input",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an input of workflow_dispatch",
    )
    add(
        "--workflow",
        action="append",
        default=[],
        metavar="FILE",
        help="play only this workflow file",
    )
    add("--repository", default="", metavar="OWNER/NAME", help="the repository at GitHub")
    add("--dirty", action="store_true", help="include what is not committed")
    add(
        "--secret",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a secret that steps may read",
    )
    add("--secrets", type=Path, metavar="FILE", help="secrets as NAME=VALUE lines")
    add("--var", action="append", default=[], metavar="NAME=VALUE", help="a configuration variable")
    add("--offline", action="store_true", help="refuse every host that is not on the stage")
    add(
        "--no-isolation",
        action="store_true",
        help="do not keep steps in by namespaces of the kernel",
    )
    add(
        "--keep-index",
        type=Path,
        metavar="DIR",
        help="keep the stage's indexes here for the next rehearsal",
    )
    add("--plan", action="store_true", help="say what would be played, and play nothing")
    add("--json", action="store_true", help="print the report as JSON")
    add("--html", type=Path, metavar="FILE", help="write the report as one page")
    add("-q", "--quiet", action="store_true", help="no progress, only the verdict and its causes")
    add("-v", "--verbose", action="store_true", help="print every line of every step")
    parser.set_defaults(run=rehearse)


def rehearse(options: argparse.Namespace) -> int:
    """Play, print and return the exit code."""
    from bonded.cli.console import Progress, color_wanted
    from bonded.rehearsal.preparation import Request
    from bonded.rehearsal.processes import Stop
    from bonded.rehearsal.rehearse import rehearse as play
    from bonded.rehearsal.report import Verdict
    from bonded.rehearsal.script import Wishes

    request = Request(
        path=options.path,
        wishes=Wishes(
            event=options.event,
            tag=options.tag,
            branch=options.branch,
            inputs=_pairs(options.input, "--input"),
            workflows=tuple(options.workflow),
            variables=_pairs(options.var, "--var"),
        ),
        repository=options.repository,
        dirty=options.dirty,
        secrets=_secrets(options),
    )
    _check_page(options.html)
    quiet = options.quiet or options.plan
    watcher = Progress(
        sys.stderr, color=color_wanted(sys.stderr), quiet=quiet, verbose=options.verbose
    )
    stop = Stop()
    # A signal is only noted while this block runs, so a report is printed and written whole or not at all.
    with stop.on_signals():
        report = play(
            request, around=_around(options), watcher=watcher, stop=stop, plan_only=options.plan
        )
        _show(report, options)
    stop.close()
    return 0 if options.plan or report.verdict is Verdict.READY else 1


def _show(report: "Report", options: argparse.Namespace) -> None:
    from bonded.cli.console import color_wanted
    from bonded.rehearsal.report_text import render

    if options.json:
        json.dump(report.as_data(), sys.stdout, indent=2)
        print()
    else:
        color = color_wanted(sys.stdout)
        print(render(report, color=color, quiet=options.quiet, plan_only=options.plan))
    if options.html:
        from bonded.rehearsal.report_page import render_page

        _write(options.html, render_page(report))


def _around(options: argparse.Namespace) -> "Surroundings":
    from bonded.rehearsal.stage.setting import Surroundings

    home = Path.home()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return Surroundings(
        environ=dict(os.environ),
        home=home,
        cache=Path(os.environ.get("BONDED_CACHE_DIR") or cache / "bonded") / "upstream",
        offline=options.offline,
        isolate=not options.no_isolation,
        keep_index=options.keep_index.resolve() if options.keep_index else None,
    )


def _pairs(texts: Iterable[str], option: str) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise UsageError(f"{option} wants NAME=VALUE, got {name!r}")
        pairs[name] = value
    return pairs


def _secrets(options: argparse.Namespace) -> dict[str, str]:
    found: dict[str, str] = {}
    if options.secrets:
        try:
            lines = options.secrets.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"the secrets in {options.secrets} cannot be read: {error}") from None
        for number, line in enumerate(lines, 1):
            name, equals, value = line.partition("=")
            if not line.strip() or line.startswith("#"):
                continue
            if not equals:
                raise UsageError(f"{options.secrets}:{number}: expected NAME=VALUE")
            found[name.strip()] = value
    return {**found, **_pairs(options.secret, "--secret")}


def _check_page(path: Path | None) -> None:
    """Refuse an unwritable page before the play, not after it."""
    if path is not None and not path.resolve().parent.is_dir():
        raise UsageError(f"the folder of {path} does not exist")


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
