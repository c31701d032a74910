"""The only list of stand-ins."""

from bonded.rehearsal.actions import (
    attest,
    attest_action,
    build_and_inspect,
    cache,
    checkout,
    download_artifact,
    pypi_publish,
    setup_python,
    setup_uv,
    upload_artifact,
    versions,
)
from bonded.rehearsal.actions.role import Action

ACTIONS: tuple[Action, ...] = (
    attest.ACTION,
    attest.PROVENANCE,
    attest_action.ACTION,
    build_and_inspect.ACTION,
    cache.ACTION,
    cache.RESTORE,
    cache.SAVE,
    checkout.ACTION,
    download_artifact.ACTION,
    pypi_publish.ACTION,
    setup_python.ACTION,
    setup_uv.ACTION,
    upload_artifact.ACTION,
)


def find(uses: str) -> Action | None:
    """Return the stand-in for `owner/repository[/path]@ref` in any letter case, or None.

    Every ref has the same stand-in. Raises StepFailed for a version that GitHub fails, and NotRehearsed for one that
    nobody knows.
    """
    versions.check(uses)
    name = uses.partition("@")[0].strip().lower()
    return next((action for action in ACTIONS if name in action.names), None)
