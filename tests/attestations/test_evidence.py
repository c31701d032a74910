"""What was seen of an index can be kept, and verifies the same without a network."""

import json

import pytest

from attestation_source import PROJECT, Shop, alarms, examined, wheel
from bonded.attestations.evidence import Kept, Notebook, Recording, read_evidence
from bonded.attestations.examining import Outcome, Status, Terms, examine
from bonded.attestations.locks import Wanted
from bonded.dists.names import ProjectName
from bonded.errors import InvalidInput, RemoteError


def kept(shop: Shop, version: str = "1.0") -> tuple[Outcome, Kept]:
    """Examine online, and return the outcome and what was kept."""
    from attestation_source import WORLD

    notebook = Notebook()
    recording = Recording(shop, notebook)
    terms = Terms(verifier=WORLD.root.verifier)
    outcome = examine(Wanted(project=PROJECT, version=version), recording, terms)
    return outcome, read_evidence("bundle.json", notebook.to_json().encode())


def again(source: Kept, version: str = "1.0", project: str = "greeter") -> Outcome:
    """Examine from what was kept."""
    from attestation_source import WORLD

    wanted = Wanted(project=ProjectName(project), version=version)
    return examine(wanted, source, Terms(verifier=WORLD.root.verifier))


def test_the_same_is_proved_and_the_same_is_wrong() -> None:
    """Verified, unattested, changed, malformed: with or without network."""
    shop = Shop().sell(wheel("0.9"), workflow="other.yml").sell(wheel("1.0"))
    shop.sell_plain("greeter-1.0.tar.gz").files["greeter-1.0-py2-none-any.whl"] = b"rubbish"
    online, source = kept(shop)
    offline = again(source)

    assert alarms(offline) == alarms(online) == ["invalid", "publisher-changed"]
    assert [one.status for one in offline.files] == [one.status for one in online.files]


def test_what_was_not_kept_is_unreachable() -> None:
    """It may be there or not: nobody knows."""
    _, source = kept(Shop().sell(wheel("1.0")).sell(wheel("2.0")))

    assert not again(source, project="other").reached
    assert [one.status for one in again(source, "2.0").files] == [Status.UNREACHABLE]


def test_a_project_that_was_not_there_is_still_not_there() -> None:
    """Absence is kept too."""
    _, source = kept(Shop())

    assert alarms(again(source)) == ["not-listed"]


def test_a_file_without_provenance_needs_none_to_be_kept() -> None:
    """The page says that there is none."""
    _, source = kept(Shop().sell_plain(wheel("0.9")).sell_plain(wheel("1.0")))

    assert [one.status for one in again(source, "0.9").files] == [Status.UNATTESTED]


def test_trouble_is_not_kept() -> None:
    """What could not be asked is asked again the next time."""
    notebook = Notebook()
    recording = Recording(Shop(page_error=RemoteError("down")), notebook)
    with pytest.raises(RemoteError):
        recording.page(PROJECT)

    assert json.loads(notebook.to_json())["projects"] == {}
    assert not examined(Shop(page_error=RemoteError("down"))).reached


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{}",
        b'{"format": "bonded evidence", "version": 2}',
        b'{"format": "bonded evidence", "version": 1}',
        b'{"format": "bonded evidence", "version": 1, "projects": {"-": null}, "provenance": {}}',
        b'{"format": "bonded evidence", "version": 1, "projects": {"x": {}}, "provenance": {}}',
        b'{"format": "bonded evidence", "version": 1, "projects": {"x": {"files": [1]}}, "provenance": {}}',
    ],
)
def test_what_is_no_bundle_is_refused(raw: bytes) -> None:
    """With the name of the file."""
    with pytest.raises(InvalidInput, match=r"bundle\.json: no bundle of"):
        read_evidence("bundle.json", raw)
