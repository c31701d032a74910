"""`bonded init`: looks at a project, shows what it would write, and writes it when told so."""

import argparse
import json
import os
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from bonded.errors import UsageError

if TYPE_CHECKING:
    from bonded.workflows.drafting.proposal import Change, Proposal
    from bonded.workflows.drafting.subject import Subject, Wishes

_EPILOG = """\
examples:
  bonded init                        look, show, ask, write
  bonded init --dry-run --diff       show every line, write nothing
  bonded init --yes --testpypi       write; a run by hand publishes to TestPyPI

Files that are there are changed in place or left alone, never replaced.
Without a terminal and without --yes nothing is written.
"""

_FLAG: dict[str, object] = {"action": "store_true"}

# Of each option its names, its settings, what its value is called (empty for a flag), and its help.
_OPTIONS: tuple[tuple[tuple[str, ...], dict[str, object], str, str], ...] = (
    (("-y", "--yes"), _FLAG, "", "write without asking"),
    (("--dry-run",), _FLAG, "", "write nothing"),
    (("--diff",), _FLAG, "", "show new files too, line by line"),
    (("--json",), _FLAG, "", "print all of it as JSON"),
    (
        ("--repository",),
        {"default": ""},
        "OWNER/NAME",
        "the repository (default: from git, else pyproject.toml)",
    ),
    (
        ("--provider",),
        {"choices": ("github", "gitlab")},
        "",
        "the CI service (default: from git)",
    ),
    (
        ("--uploader",),
        {"choices": ("uv", "pypi-publish", "bonded")},
        "",
        "what uploads (default: pypi-publish, at GitLab uv; pypi-publish and bonded attest each file)",
    ),
    (
        ("--trigger",),
        {"choices": ("tag", "release"), "default": "tag"},
        "",
        "what starts a release: a pushed tag (the default), or a release published at GitHub",
    ),
    (("--testpypi",), _FLAG, "", "a run started by hand publishes to TestPyPI (GitHub only)"),
    (
        ("--environment",),
        {"default": "pypi"},
        "NAME",
        "the environment that publishes (default: pypi)",
    ),
)


GITLAB = ".gitlab-ci.yml"
_NEXT = {
    "github": "Commit them, then let `bonded rehearse` play the release.",
    "gitlab": "Commit them and register the publisher; a rehearsal plays workflows of GitHub only.",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.description = (
        "Write the workflows that test and release this project, without any token."
    )
    parser.epilog = _EPILOG
    parser.add_argument(
        "path",
        nargs="?",
        default=Path(),
        type=Path,
        help="the repository's root (default: this folder)",
    )
    for names, settings, metavar, text in _OPTIONS:
        extra: dict[str, Any] = {**settings, "help": text}
        if metavar:
            extra["metavar"] = metavar
        parser.add_argument(*names, **extra)
    parser.set_defaults(run=init)


def init(options: argparse.Namespace) -> int:
    """Look, show, ask, write; return the exit code."""
    if options.yes and options.dry_run:
        raise UsageError("--yes and --dry-run contradict each other")
    subject, proposal = _proposal(options)
    if options.json:
        from bonded.cli.init_page import as_data

        written = options.yes and bool(proposal.changes)
        if written:
            write(options.path, proposal.changes)
        json.dump(as_data(subject, proposal, written=written), sys.stdout, indent=2)
        print(flush=True)
        return 0
    return _converse(options, subject, proposal)


def _converse(options: argparse.Namespace, subject: "Subject", proposal: "Proposal") -> int:
    from bonded.cli.console import color_wanted
    from bonded.cli.init_page import differences, next_steps, overview

    print(overview(subject, proposal))
    shown = differences(proposal.changes, whole=options.diff, color=color_wanted(sys.stdout))
    print(f"\n{shown}\n" if shown else "", flush=True)
    done = False
    if not proposal.changes:
        verdict = "There is nothing to write."
    elif options.dry_run:
        verdict = "Nothing was written (--dry-run)."
    elif options.yes or _agreed(len(proposal.changes)):
        write(options.path, proposal.changes)
        done = True
        verdict = f"Written: {_counted(len(proposal.changes))}."
    elif _can_ask():
        verdict = "Nothing was written."
    else:
        verdict = "Nothing was written: there is no terminal to ask at. `bonded init --yes` writes."
    print(next_steps(subject, proposal))
    print(f"\n{verdict}")
    if done:
        print(_NEXT["gitlab" if any(c.path == GITLAB for c in proposal.changes) else "github"])
    return 0


def _proposal(options: argparse.Namespace) -> "tuple[Subject, Proposal]":
    from bonded.cli import init_world as world
    from bonded.dists import endpoints
    from bonded.publishers import InvalidPublisher
    from bonded.workflows.drafting.proposal import Desk, propose
    from bonded.workflows.drafting.survey import survey

    found = world.look(options.path)
    named = options.repository or ("" if found.owner else _asked_repository(options))
    if named:
        owner, _, repository = _checked(named).rpartition("/")
        found = replace(found, owner=owner, repository=repository)
    present = world.present(options.path, found.files)
    pins = world.pins_for(present, world.pins_file(os.environ, Path.home()))
    subject = survey(found, pins)
    provider = options.provider or world.provider_of(options.path, found.files)
    wishes = _wishes(options, provider)
    desk = Desk(
        subject=subject,
        wishes=wishes,
        pins=pins,
        present=present,
        index=endpoints.pypi(),
        test_index=endpoints.testpypi(),
    )
    try:
        proposal = propose(desk)
    except InvalidPublisher as error:
        raise UsageError(
            f"this cannot be registered: {error}", hint="look at --repository and --environment"
        ) from None
    if world.is_inside(options.path):
        proposal.notes.append(
            f"{options.path} is a folder inside a repository; GitHub reads .github at the repository's root alone"
        )
    return subject, proposal


def _wishes(options: argparse.Namespace, provider: "Literal['github', 'gitlab']") -> "Wishes":
    """Return the choices; raises UsageError for those that the provider does not have."""
    from bonded.workflows.drafting.subject import Wishes

    gitlab = provider == "gitlab"
    if gitlab:
        _check_gitlab(options)
    return Wishes(
        provider=provider,
        uploader=options.uploader or ("uv" if gitlab else "pypi-publish"),
        trigger=options.trigger,
        testpypi=options.testpypi,
        environment=_environment(options.environment),
    )


def _check_gitlab(options: argparse.Namespace) -> None:
    """Refuse choices that the pipeline for GitLab does not have."""
    pipeline = "the pipeline for GitLab"
    if options.uploader == "pypi-publish":
        what = "--uploader pypi-publish is an action of GitHub"
        raise UsageError(what, hint=f"{pipeline} uploads with --uploader uv or bonded")
    if options.trigger == "release":
        what = "--trigger release is for GitHub"
        raise UsageError(what, hint=f"{pipeline} starts at a pushed tag: leave the option out")
    if options.testpypi:
        what = "--testpypi is for GitHub"
        raise UsageError(what, hint=f"{pipeline} publishes to PyPI alone: leave the option out")


def _checked(text: str) -> str:
    owner, slash, name = text.rpartition("/")
    if not (owner and slash and name) or any(c.isspace() for c in text):
        raise UsageError(f"a repository is OWNER/NAME, got {text!r}", hint="for example octo/tool")
    return text


def _environment(name: str) -> str:
    """Return a name that is plain text in YAML and in an address; others may be had by editing the file."""
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9._-]{0,200}", name) is None:
        raise UsageError(
            f"an environment's name is letters, digits, '.', '_' and '-' here, got {name!r}",
            hint="for example --environment pypi",
        )
    return name


def _asked_repository(options: argparse.Namespace) -> str:
    """Ask for what nothing tells; empty where nobody can be asked, or nobody answers."""
    if options.yes or options.dry_run or options.json or not _can_ask():
        return ""
    print("Repository, as OWNER/NAME (empty: not yet known): ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


def _can_ask() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _agreed(count: int) -> bool:
    """Ask on standard error; no answer is no."""
    if not _can_ask():
        return False
    print(f"Write {_counted(count)}? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _counted(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def write(root: Path, changes: "list[Change]") -> None:
    """Write the files, each whole or not at all; raises UsageError, also where a file changed since it was read."""
    for change in changes:
        path = root / change.path
        try:
            now = path.read_bytes().decode("utf-8-sig") if path.is_file() else None
            if now != change.before:
                raise UsageError(f"{path} was changed meanwhile", hint="run bonded init again")
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f".{path.name}.partial")
            partial.write_bytes(change.after.encode())
            if now is not None:
                partial.chmod(path.stat().st_mode)
            partial.replace(path)
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror}") from None
