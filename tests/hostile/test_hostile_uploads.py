"""Hundreds of uploads that are wrong, each sent to a whole index: the verdict of each, and nothing ever published."""

from collections.abc import Iterator

import pytest

from bonded.dists.archives import STRICT
from bonded.dists.names import ProjectName
from bonded.index.uploads import CHECKS
from hostile_bodies import BODIES, CREDENTIALS, Body
from hostile_forms import FIELDS, Bend
from hostile_inside import INSIDE
from hostile_names import NAMES
from index_world import GREETER, NOW, Offer, World, sdist_offer, wheel_offer, world
from sdist_bends import HOSTILE_LINKS, LINKED, SDISTS, TWINS
from wheel_bends import STRICTLY, WHEELS

STRANGE = {**FIELDS, **{f"name {key}": bend for key, bend in NAMES.items()}, **INSIDE}


@pytest.fixture(scope="module")
def fortress(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give one index that is as strict as `bonded serve`, for all of them; nothing changes it."""
    with world(tmp_path_factory.mktemp("fortress"), archives=STRICT) as opened:
        yield opened
        assert opened.index.files() == []


def verdict(fortress: World) -> str:
    """Return the check that refused the last upload, as the owner sees it."""
    return fortress.index.uploads_refused()[-1].refusal.check


def refused(fortress: World, offer: Offer, check: str, words: str, status: int = 400) -> None:
    """Send an upload and hold its answer against the verdict; several possible ones are parted by a bar."""
    response = fortress.upload(offer)

    assert (verdict(fortress) in check.split("|"), response.status_code) == (True, status), (
        response.text
    )
    assert any(each in response.text for each in words.split("|")), response.text
    assert fortress.index.files() == []


HOSTILE_WHEELS = {**WHEELS, **STRICTLY}


@pytest.mark.parametrize("bend", HOSTILE_WHEELS.values(), ids=HOSTILE_WHEELS)
def test_a_hostile_wheel(fortress: World, bend: tuple[str, bytes]) -> None:
    """An archive that two programs could read in two ways is refused, however good form and digest are."""
    refused(fortress, wheel_offer().with_data(bend[1]), "archive_is_sound", bend[0])


ROWS = {
    **SDISTS,
    **{key: ("", data) for key, (_, data) in HOSTILE_LINKS.items()},
    **LINKED,
    **TWINS,
}


@pytest.mark.parametrize("bend", ROWS.values(), ids=ROWS)
def test_a_hostile_sdist(fortress: World, bend: tuple[str, bytes]) -> None:
    """The same for source distributions."""
    refused(fortress, sdist_offer().with_data(bend[1]), "archive_is_sound", bend[0])


@pytest.mark.parametrize("bend", STRANGE.values(), ids=STRANGE)
def test_a_hostile_form(fortress: World, bend: Bend) -> None:
    """A form that is wrong in one thing is refused by the check of that thing."""
    check, offer, words = bend
    refused(fortress, offer, check, words)


@pytest.mark.parametrize("sent", BODIES.values(), ids=BODIES)
def test_a_hostile_body(fortress: World, sent: Body) -> None:
    """A body that cannot be read as a form is refused before anybody looks at what is in it."""
    headers = {"authorization": f"Bearer {fortress.token}", **sent.headers}
    if sent.kind:
        headers["content-type"] = sent.kind
    response = fortress.client.post(f"/legacy/{sent.query}", content=sent.body, headers=headers)

    assert (verdict(fortress), response.status_code) == (sent.check, sent.status), response.text
    assert any(each in response.text for each in sent.words.split("|")), response.text


@pytest.mark.parametrize(("make", "check"), CREDENTIALS.values(), ids=CREDENTIALS)
def test_a_hostile_credential(fortress: World, make: object, check: str) -> None:
    """Whoever brings no token that lives, and is for this project, publishes nothing."""
    assert callable(make)
    fortress.clock.now = NOW - 10_000
    expired = fortress.index.issue_token([GREETER], lifetime=900)
    fortress.clock.now = NOW
    other = fortress.index.issue_token([ProjectName("other")], lifetime=900)
    empty = fortress.index.issue_token([], lifetime=900)
    authorization = make(fortress.token).replace("<expired>", expired).replace("<other>", other)
    body, kind = wheel_offer().body()
    headers = {"content-type": kind, "authorization": authorization.replace("<none>", empty)}
    response = fortress.client.post("/legacy/", content=body, headers=headers)

    assert verdict(fortress) in check.split("|")
    assert response.status_code == 403
    assert fortress.index.files() == []


def test_the_table_is_long_and_meets_every_check() -> None:
    """More than four hundred, and no check of the list without one; a few need a shelf with something on it."""
    rows = [*WHEELS, *STRICTLY, *ROWS, *STRANGE, *BODIES, *CREDENTIALS]
    met = {check for row in STRANGE.values() for check in row[0].split("|")} | {"archive_is_sound"}
    met |= {check for _, name in CREDENTIALS.values() for check in name.split("|")}
    on_a_shelf = {
        "attestations_are_genuine", "bytes_were_never_deleted", "file_fits_limit", "file_is_new",
        "filename_was_never_used", "licence_files_are_inside", "name_is_free", "only_one_sdist", "project_fits_limit",
        "project_takes_uploads", "release_is_open",
    }  # fmt: skip

    assert len(rows) > 400
    assert {check.__name__ for check in CHECKS} - met == on_a_shelf
