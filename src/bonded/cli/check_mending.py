"""Fixes of `bonded check` made: in memory first, then on disk or as a diff."""

from dataclasses import replace
from difflib import unified_diff

from bonded.cli.check_facts import Checkout
from bonded.errors import UsageError
from bonded.workflows.audit import audit, ids, mend, mendable
from bonded.workflows.findings import Finding, Severity
from bonded.workflows.ignores import silence


def mended(
    checkout: Checkout, *, least: Severity, unsafe: bool, rounds: int
) -> tuple[Checkout, tuple[Finding, ...]]:
    """Return the project with its fixes made, and the findings that they mended.

    What is less severe than `least` is not shown, so it stays. A fix can only be made where the last one left its
    place alone, so the audit is asked again until nothing is left.
    """
    made: list[Finding] = []
    for _ in range(rounds):
        found = silence(audit(checkout.sources, checkout.facts), checkout.sources, known=ids())
        sources = dict(checkout.sources)
        now: list[Finding] = []
        for name, source in checkout.sources.items():
            if checkout.only and name not in checkout.only:
                continue
            own = [one for one in found if one.place.file == name and one.severity >= least]
            sources[name], _ = mend(source, own, unsafe=unsafe)
            now += mendable(own, unsafe=unsafe)
        if not now:
            break
        made += now
        checkout = replace(checkout, sources=sources)
    return checkout, tuple(made)


def difference(before: Checkout, after: Checkout, *, shown: str) -> str:
    """Return what changed, as a diff that `patch -p1` and `git apply` take in the folder that `shown` begins at."""
    texts = []
    for name, old in before.sources.items():
        path = f"{shown}/{name}" if shown else name
        lines = unified_diff(
            old.splitlines(keepends=True),
            after.sources[name].splitlines(keepends=True),
            f"a/{path}",
            f"b/{path}",
        )
        texts += [
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            for line in lines
        ]
    return "".join(texts)


def write(before: Checkout, after: Checkout) -> None:
    """Write the files that changed, each whole or not at all; raises UsageError for one that cannot be written."""
    for name, text in after.sources.items():
        if text == before.sources[name]:
            continue
        path = before.root / name
        partial = path.with_name(f".{path.name}.partial")
        try:
            partial.write_bytes(text.encode())
            partial.chmod(path.stat().st_mode)
            partial.replace(path)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise UsageError(f"{path} cannot be written: {error.strerror}") from None
