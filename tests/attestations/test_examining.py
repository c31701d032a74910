"""A release is examined: what is proved, what is missing, and what changed since the version before."""

from typing import Any

import pytest

from attestation_source import PROJECT, Shop, alarms, digest, examined, policy, wheel
from bonded.attestations.examining import Status, chosen
from bonded.attestations.identities import parse_identity
from bonded.attestations.locks import Wanted
from bonded.attestations.refusal import Malformed
from bonded.attestations.trust_file import Pin
from bonded.attestations.verify import Artifact
from bonded.errors import RemoteError

OURS = {"kind": "GitHub", "repository": "octo/greeter", "workflow": "release.yml"}
SDIST = "greeter-1.0.tar.gz"


def pin(owner_id: str = "99", repository_id: str = "1234", **bent: str) -> Pin:
    """Return a pin of our publisher, or of another."""
    identity = parse_identity({**OURS, **bent})
    return Pin(identity=identity, owner_id=owner_id, repository_id=repository_id, since="0.9")


def test_an_attested_release_is_verified() -> None:
    """Every file of the version, and who published it."""
    outcome = examined(Shop().sell(wheel("1.0")).sell(SDIST).sell_plain(wheel("0.9")))

    assert [file.status for file in outcome.files] == [Status.VERIFIED] * 2
    assert outcome.publisher is not None
    assert outcome.publisher.publisher.title == "octo/greeter release.yml"
    assert outcome.reached
    assert not outcome.alarms


def test_the_newest_version_is_meant_where_none_is_named() -> None:
    """Final versions come before pre-releases."""
    shop = Shop().sell(wheel("1.0")).sell(wheel("1.2")).sell(wheel("2.0rc1"))

    assert examined(shop, "").version == "1.2"


@pytest.mark.parametrize("version", ["3.0", "no version"])
def test_a_release_that_is_not_listed_is_an_alarm(version: str) -> None:
    """What is installed and not on the index came from somewhere else."""
    outcome = examined(Shop().sell(wheel("1.0")), version)

    assert alarms(outcome) == ["not-listed"]


def test_a_project_that_is_not_there_is_an_alarm() -> None:
    """An empty index lists nothing."""
    assert alarms(examined(Shop())) == ["not-listed"]
    assert alarms(examined(Shop(), "")) == ["not-listed"]


@pytest.mark.parametrize("error", [RemoteError("down"), Malformed("no page")])
def test_an_index_that_cannot_be_asked_is_no_verdict(error: RemoteError | Malformed) -> None:
    """Neither good nor an alarm: it is said to be unreachable."""
    outcome = examined(Shop(page_error=error))

    assert not outcome.reached
    assert not outcome.alarms


def test_provenance_that_cannot_be_fetched_is_no_verdict() -> None:
    """The file is unreachable, the others are examined."""
    shop = Shop().sell(SDIST)
    shop.files[wheel("1.0")] = RemoteError("down")
    outcome = examined(shop)

    assert [file.status for file in outcome.files] == [Status.VERIFIED, Status.UNREACHABLE]
    assert not outcome.reached
    assert outcome.notes == ("greeter-1.0-py3-none-any.whl: down",)


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b'{"version": 1, "attestation_bundles": []}'])
def test_provenance_that_is_none_is_an_alarm(raw: bytes) -> None:
    """An index that serves rubbish does not get away with it."""
    assert alarms(examined(Shop(files={wheel("1.0"): raw}))) == ["invalid"]


def test_provenance_of_another_file_is_an_alarm() -> None:
    """Swapped between two files, each of which is good."""
    shop = Shop().sell(wheel("1.0")).sell(wheel("1.1"))
    shop.files[wheel("1.0")] = shop.files[wheel("1.1")]

    assert alarms(examined(shop)) == ["invalid"]


def test_the_digest_that_is_installed_counts() -> None:
    """A lock file's digest is held against the index's, and against the attestation."""
    shop = Shop().sell(wheel("1.0"))
    locked = (Artifact(filename=wheel("1.0"), sha256="0" * 64),)

    assert alarms(examined(shop, files=locked)) == ["digest"]


def test_a_locked_file_that_is_not_listed_is_an_alarm() -> None:
    """The release is there, but this file is not."""
    locked = (Artifact(filename="greeter-1.0-cp311-cp311-win32.whl", sha256="0" * 64),)
    shop = Shop().sell(wheel("1.0"))

    assert alarms(examined(shop, files=locked)) == ["not-listed"]
    assert alarms(examined(shop, files=locked, by=policy(require="all"))) == ["missing"]


def test_hashes_choose_among_the_files_of_a_release() -> None:
    """As in a requirements file; a hash that no file has is an alarm."""
    shop = Shop().sell(wheel("1.0")).sell_plain(SDIST)
    found = examined(shop, hashes=frozenset({digest(wheel("1.0"))}))

    assert [file.artifact.filename for file in found.files] == [wheel("1.0")]
    assert alarms(examined(shop, hashes=frozenset({"0" * 64}))) == ["not-listed"]


@pytest.mark.parametrize(
    ("tags", "filename"), [({"py3-none-any"}, wheel("1.0")), ({"cp311-cp311-win32"}, SDIST)]
)
def test_tags_choose_the_file_that_was_installed(tags: set[str], filename: str) -> None:
    """The wheel with the tags of the environment, else the source distribution it was built from."""
    page = Shop().sell_plain(wheel("1.0")).sell_plain(SDIST).page(PROJECT)
    assert page is not None
    wanted = Wanted(project=PROJECT, version="1.0", tags=frozenset(tags))
    version = page.latest
    assert version is not None

    assert [one.filename for one in chosen(wanted, version, page)] == [filename]


MISSING: tuple[tuple[dict[str, Any], list[str]], ...] = (
    ({}, []),
    ({"by": policy(require="all")}, ["missing"]),
    ({"by": policy(require=["Greeter"])}, ["missing"]),
    ({"by": policy(require=["other"])}, []),
    ({"by": policy(projects={"greeter": {"repository": "octo/greeter"}})}, ["missing"]),
    ({"pin": pin()}, ["vanished"]),
    ({"identities": (parse_identity(OURS),)}, ["vanished"]),
)


@pytest.mark.parametrize(("terms", "wanted"), MISSING)
def test_missing_provenance_is_an_alarm_where_it_is_demanded(
    terms: dict[str, Any], wanted: list[str]
) -> None:
    """By the policy, by a pin, by a lock; else it is only reported."""
    assert alarms(examined(Shop().sell_plain(wheel("1.0")), **terms)) == wanted


def test_provenance_that_vanished_is_an_alarm() -> None:
    """The version before had some, for a file of the same form."""
    shop = Shop().sell(wheel("0.9")).sell_plain(wheel("1.0")).sell_plain(SDIST)

    outcome = examined(shop)
    assert [(one.kind, one.filename) for one in outcome.alarms] == [("vanished", wheel("1.0"))]
    assert alarms(examined(shop, by=policy(no_downgrade=False))) == []


def test_provenance_of_a_later_version_says_nothing_about_an_older_one() -> None:
    """Who began to attest with 2.0 has not taken anything from 1.0."""
    assert alarms(examined(Shop().sell_plain(wheel("1.0")).sell(wheel("2.0")))) == []


CHANGES: tuple[tuple[dict[str, str], list[str]], ...] = (
    ({}, []),
    ({"repository": "Octo/Greeter"}, []),
    ({"repository": "octo/renamed"}, []),
    ({"repository": "octo/other", "n15": "77"}, ["publisher-changed"]),
    ({"repository": "mallory/greeter", "n17": "66"}, ["publisher-changed"]),
    ({"workflow": "other.yml"}, ["publisher-changed"]),
)


@pytest.mark.parametrize(("now", "wanted"), CHANGES)
def test_a_publisher_that_changed_is_an_alarm(now: dict[str, str], wanted: list[str]) -> None:
    """A repository that was only renamed keeps its numbers, and is the same; handed over it is not."""
    shop = Shop().sell(wheel("0.9")).sell(wheel("1.0"), **now)

    assert alarms(examined(shop)) == wanted


def test_a_version_before_that_cannot_be_verified_is_only_noted() -> None:
    """It says nothing about this one."""
    shop = Shop().sell(wheel("1.0"))
    shop.files[wheel("0.9")] = b"{}"

    outcome = examined(shop)
    assert not outcome.alarms
    assert outcome.notes == (f"the provenance of {wheel('0.9')} cannot be compared",)


PINNED: tuple[tuple[Pin, list[str]], ...] = (
    (pin(), []),
    (pin("", ""), []),
    (pin(repository="Octo/Greeter"), []),
    (pin(repository="octo/before"), []),
    (pin(repository_id="77", repository="octo/before"), ["publisher-changed"]),
    (pin(workflow="other.yml"), ["publisher-changed"]),
    (pin("98"), ["owner-changed"]),
    (pin("98", repository="octo/before"), ["owner-changed", "publisher-changed"]),
)


@pytest.mark.parametrize(("kept", "wanted"), PINNED)
def test_a_pinned_publisher_must_be_the_same(kept: Pin, wanted: list[str]) -> None:
    """By name or by number; an owner's account that was made anew under the old name has another."""
    assert alarms(examined(Shop().sell(wheel("1.0")), pin=kept)) == wanted


def test_a_form_that_never_had_provenance_need_not_have_any() -> None:
    """Who attested wheels only when it was pinned may go on; wheels must keep theirs."""
    shop = Shop().sell(wheel("0.9")).sell_plain("greeter-0.9.tar.gz")
    shop.sell_plain(SDIST).sell_plain(wheel("1.0"))
    outcome = examined(shop, pin=pin())
    unknown = Pin(identity=parse_identity(OURS))

    assert [one.filename for one in outcome.alarms] == [wheel("1.0")]
    assert alarms(examined(shop, pin=unknown)) == ["vanished", "vanished"]


def test_a_lock_with_identities_wants_some_provenance_of_a_release() -> None:
    """Which files had it is not recorded, but the lock pins their digests."""
    shop = Shop().sell(wheel("1.0")).sell_plain(SDIST)

    assert alarms(examined(shop, identities=(parse_identity(OURS),))) == []


def test_the_identities_of_a_lock_file_count() -> None:
    """One of them must be the publisher."""
    ours, other = parse_identity(OURS), parse_identity({**OURS, "repository": "octo/other"})
    shop = Shop().sell(wheel("1.0"))

    assert alarms(examined(shop, identities=(other, ours))) == []
    assert alarms(examined(shop, identities=(other,))) == ["identity"]


FIELDS: tuple[tuple[dict[str, str], list[str]], ...] = (
    ({"repository": "OCTO/greeter", "workflow": "release.yml", "environment": "PyPI"}, []),
    ({"kind": "GitHub", "ref": "refs/tags/v1.0"}, []),
    ({"kind": "GitLab"}, ["identity"]),
    ({"workflow": "Release.yml"}, ["identity"]),
    ({"environment": "other"}, ["identity"]),
    ({"repository": "octo/other", "ref": "refs/heads/main"}, ["identity", "identity"]),
    ({"email": "robot@acme.example"}, ["identity"]),
)


@pytest.mark.parametrize(("fields", "wanted"), FIELDS)
def test_the_policy_names_publishers(fields: dict[str, str], wanted: list[str]) -> None:
    """Every field that it names must be so; environment and ref are the certificate's."""
    by = policy(projects={"greeter": fields})

    assert alarms(examined(Shop().sell(wheel("1.0")), by=by)) == wanted


def test_a_reviewed_exception_silences_one_kind_of_alarm() -> None:
    """It is reported with its reason, and other kinds are not covered."""
    shop = Shop().sell(wheel("0.9")).sell_plain(wheel("1.0"))
    exception = {"project": "greeter", "alarm": "vanished", "reason": "built by hand, checked"}
    by = policy(exceptions=[{**exception, "versions": "==1.0"}])
    elsewhere = policy(
        exceptions=[{**exception, "versions": ">1"}, {**exception, "alarm": "digest"}]
    )

    outcome = examined(shop, by=by)
    assert alarms(outcome) == []
    assert [reviewed.reason for _, reviewed in outcome.excused] == ["built by hand, checked"]
    assert alarms(examined(shop, by=elsewhere)) == ["vanished"]


@pytest.mark.parametrize(
    ("kind", "demand"),
    [
        ("missing", {"by": policy(require="all")}),
        ("missing", {"by": policy(projects={"greeter": {"repository": "octo/greeter"}})}),
        ("vanished", {"pin": pin()}),
        ("vanished", {"identities": (parse_identity(OURS),)}),
    ],
)
def test_what_is_demanded_of_a_silent_index_is_an_alarm_that_says_so(
    kind: str, demand: dict[str, Any]
) -> None:
    """It is not the project that has no provenance: nobody has any there."""
    outcome = examined(Shop(silent=True).sell_plain(wheel("1.0")), **demand)

    assert alarms(outcome) == [kind]
    assert outcome.alarms[0].message.startswith("this index shows no provenance of anything")


def test_a_page_that_cannot_speak_of_provenance_is_silent() -> None:
    """Silence is not the same as none; where some is demanded it is an alarm all the same."""
    shop = Shop(silent=True).sell_plain(wheel("1.0"))

    assert examined(shop).silent
    assert alarms(examined(shop, by=policy(require="all"))) == ["missing"]
