"""Every check of an upload: a good one, bent in one thing at a time, sent to a whole index."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, update

from bonded.dists.names import ProjectName
from bonded.index.book import tables
from bonded.index.settings import Attestations
from bonded.index.uploads import CHECKS, judge
from bonded.minting.upload_token import hash_token
from index_world import (
    GREETER,
    NOW,
    Offer,
    World,
    core_metadata,
    github,
    sdist_offer,
    wheel,
    wheel_members,
    wheel_offer,
    world,
    zipped,
)

WHEEL = wheel_offer()
SDIST = sdist_offer()


def without(member: str) -> bytes:
    """Return the good wheel without one of its members."""
    return zipped({name: data for name, data in wheel_members().items() if member not in name})


def renamed(offer: Offer, filename: str | None) -> Offer:
    """Return the offer under another file name."""
    return replace(offer, filename=filename)


def with_entry_points(data: bytes) -> Offer:
    """Return the good offer with `entry_points.txt`."""
    path = "greeter-1.0.dist-info/entry_points.txt"
    return WHEEL.with_data(zipped({**wheel_members(), path: data}))


def declaring(more: str) -> Offer:
    """Return the good offer with more in METADATA than the form says."""
    return WHEEL.with_data(wheel(metadata=core_metadata(more=more)))


TWO_LICENCES = WHEEL.bent(metadata_version="2.4", license="MIT", license_expression="0BSD")

BENT: list[tuple[str, Offer, str]] = [
    ("fields_are_texts", replace(WHEEL, file_fields={"summary": b"x"}), "summary: Should not be a tuple."),
    ("protocol_version_is_1", WHEEL.bent(protocol_version="2"), "Unknown protocol version"),
    ("filetype_is_known", WHEEL.bent(filetype="bdist_egg"), "Use a known file type"),
    ("python_version_fits", WHEEL.bent(pyversion=""), "Python version is required"),
    ("python_version_fits", SDIST.bent(pyversion="py3"), "got 'py3'"),
    ("a_digest_is_given", WHEEL.bent(sha256_digest=None), "Include at least one message digest"),
    ("metadata_is_valid", WHEEL.bent(metadata_version=None), "None is not a valid metadata version"),
    ("metadata_is_valid", WHEEL.bent(name="-x-"), "'-x-' is an invalid value for Name."),
    ("metadata_is_valid", WHEEL.bent(version="one"), "'one' is an invalid value for Version."),
    ("metadata_is_valid", WHEEL.bent(version="one", requires_python="x"), "Also: Invalid value for"),
    ("metadata_is_valid", WHEEL.bent(version="1" * 5000), "more than 640 digits"),
    ("inside_agrees_with_form", WHEEL.with_data(wheel(metadata=core_metadata(version="1" * 5000))), "got '1.0'"),
    ("version_is_public", WHEEL.bent(version="1.0+mine"), "The use of local versions in '1.0+mine' is not allowed"),
    ("summary_is_short", WHEEL.bent(summary="x" * 513), "longer than 512 characters, got 513"),
    ("classifiers_are_known", WHEEL.bent(classifiers="Private :: Do Not Upload"), "'Private :: Do Not Upload'"),
    ("classifiers_are_known", WHEEL.bent(classifiers="Typing :: Typedd"), "Did you mean 'Typing :: Typed'?"),
    ("classifiers_are_known", WHEEL.bent(classifiers="Natural Language :: Ukranian"), "instead: "),
    ("links_are_links", WHEEL.bent(home_page="ftp://x.example"), "home-page"),
    ("links_are_links", WHEEL.bent(project_urls="Source, x.example"), "Source, x.example"),
    ("requirements_come_from_indexes", WHEEL.bent(requires_dist="x @ https://x.example/x.whl"), "direct dependency"),
    ("one_licence_is_declared", TWO_LICENCES, "mutually exclusive"),
    ("file_is_given", renamed(WHEEL, None), "Upload payload does not have a file."),
    ("project_exists", wheel_offer("stranger"), "The project 'stranger' does not exist"),
    ("filename_is_bare", renamed(WHEEL, "a/greeter-1.0-py3-none-any.whl"), "control characters"),
    ("extension_fits_filetype", renamed(WHEEL, "greeter-1.0.egg"), "Use .tar.gz, .whl or .zip"),
    ("extension_fits_filetype", renamed(WHEEL, "greeter-1.0.tar.gz"), "expected .whl"),
    ("content_type_is_plausible", replace(WHEEL, content_type="image/png"), "Invalid distribution file."),
    ("content_type_is_plausible", replace(WHEEL, content_type=""), "Invalid distribution file."),
    ("digests_match", replace(WHEEL, data=wheel(version="2.0")), "The digest supplied does not match"),
    ("digests_match", WHEEL.bent(md5_digest="0" * 32), "md5_digest is '00000000000000000000000000000000'"),
    ("archive_is_sound", WHEEL.with_data(b"not a zip"), "not a zip archive"),
    ("archive_is_sound", WHEEL.with_data(without("METADATA")), "at greeter-1.0.dist-info/METADATA"),
    ("archive_is_sound", SDIST.with_data(b"not a tar"), "not compressed with gzip"),
    ("filename_parses", renamed(WHEEL, "greeter-1.0-py3.whl"), "Invalid wheel filename"),
    ("filename_parses", renamed(SDIST, "greeter.tar.gz"), "Invalid source distribution filename"),
    ("filename_is_of_the_project", renamed(SDIST, "other-1.0.tar.gz"), "with 'greeter', got 'other-1.0.tar.gz'"),
    ("filename_is_of_the_version", renamed(SDIST, "greeter-2.0.tar.gz"), "should be '1.0' not '2.0'"),
    ("filename_is_strict", renamed(SDIST, "Greeter-1.0.tar.gz"), "should be 'greeter-1.0.tar.gz'"),
    ("platform_is_allowed", renamed(WHEEL, "greeter-1.0-py3-none-linux_x86_64.whl"), "platform tag 'linux_x86_64'"),
    ("record_is_inside", WHEEL.with_data(without("RECORD")), "greeter-1.0.dist-info/RECORD"),
    ("entry_points_are_well_formed", with_entry_points(b"[console_scripts]\na/b = x:y\n"), "a script 'a/b', expected"),
    ("entry_points_are_well_formed", with_entry_points(b"a = x:y\n"), "cannot be read"),
    ("entry_points_are_well_formed", with_entry_points(b"\xff"), "cannot be read"),
    ("inside_agrees_with_form", WHEEL.with_data(wheel(metadata=core_metadata(version="2"))), "expected '2', got '1.0'"),
    ("inside_agrees_with_form", WHEEL.with_data(wheel(metadata=b"\xff")), "Name: expected nothing, got 'greeter'"),
    ("inside_agrees_with_form", WHEEL.bent(requires_dist="evil"), "Requires-Dist: expected nothing, got 'evil'"),
    ("metadata_version_is_known",
        WHEEL.with_data(wheel(metadata=core_metadata().replace(b"2.1", b"3.0"))), "got '3.0'"),
    ("what_the_form_omits_is_valid", declaring("Requires-Python: three\n"), "an invalid requires-python"),
    ("what_the_form_omits_is_valid", declaring("Requires-Dist: a @ https://x.example/a.whl\n"), "direct dependency"),
    ("what_the_form_omits_is_valid", declaring("Classifier: Private :: Do Not Upload\n"), "'Private :: Do Not Upload'"),
    ("licence_files_are_inside", declaring("License-File: LICENSE\n").bent(
        metadata_version="2.4", license_file="LICENSE"), "/licenses/LICENSE"),
    ("licence_files_are_inside", SDIST.bent(metadata_version="2.4", license_file="COPYING"), "greeter-1.0/COPYING"),
    ("attestations_are_well_formed", WHEEL.bent(attestations="[{}]"), "does not take attestations"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("check", "offer", "words"), BENT, ids=[f"{row[0]}-{n}" for n, row in enumerate(BENT)]
)
def test_a_bent_upload_is_refused_by_its_check(
    stage: World, check: str, offer: Offer, words: str
) -> None:
    """An upload that is wrong in one thing is refused by the check of that thing, in words that clients know."""
    response = stage.upload(offer)

    (refused,) = stage.index.uploads_refused()
    assert (refused.refusal.check, response.status_code) == (check, 400)
    assert words in response.text
    assert stage.index.files() == []


@pytest.mark.parametrize("offer", [WHEEL, SDIST], ids=["wheel", "sdist"])
def test_a_good_upload_is_published(stage: World, offer: Offer) -> None:
    """A good upload is answered with exactly 200, and the file is there with its digests."""
    response = stage.upload(offer)

    (file,) = stage.index.files()
    assert (response.status_code, file.filename) == (200, offer.filename)
    assert file.digests.sha256 == offer.fields["sha256_digest"]


GOOD: list[Offer] = [
    declaring(f"Summary: {'x' * 512}\nHome-Page: https://x.example\n").bent(
        pyversion="py2.py3", summary="x" * 512, home_page="https://x.example"),
    declaring("Project-URL: Source, https://x.example/a\nDescription-Content-Type: text/markdown\n").bent(
        project_urls="Source, https://x.example/a", description_content_type="text/markdown"),
    WHEEL.bent(sha256_digest=None, blake2_256_digest=hashlib.blake2b(WHEEL.data, digest_size=32).hexdigest().upper()),
    declaring('Requires-Dist: x (>1) ; python_version > "3"\n').bent(
        author="UNKNOWN", requires_dist="x>1; python_version>'3'"),
    replace(declaring("Platform: any\nKeywords: a b\n"),
            more=[("platform", "any"), ("keywords", "a, b"), ("unheard_of", "x")]),
    replace(WHEEL, content_type="application/octet-stream", file_fields={"gpg_signature": b"x"}),
    SDIST.bent(metadata_version="2.4", license_file="LICENSE"),
    renamed(WHEEL, "greeter-1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"),
    renamed(WHEEL, "greeter-1.0-1-py3-none-macosx_11_0_arm64.whl"),
    with_entry_points(b"[console_scripts]\ngreet = greeter:main [x]\n[pytest11]\na/b = c\n"),
    WHEEL.with_data(zipped({**wheel_members(), "greeter/unrecorded.py": b""})),
    SDIST.bent(summary="not yet in PKG-INFO, whose metadata is of version 2.1"),
]  # fmt: skip


@pytest.mark.parametrize("offer", GOOD, ids=range(len(GOOD)))
def test_what_is_unusual_but_right_is_published(stage: World, offer: Offer) -> None:
    """No check refuses more than PyPI does."""
    assert stage.upload(offer).status_code == 200, stage.index.uploads_refused()


TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    fields=st.dictionaries(
        st.sampled_from([*WHEEL.fields, "requires_dist", "project_urls", "attestations"]), TEXTS
    ),
    filename=TEXTS,
    data=st.binary(max_size=40),
)
def test_no_form_makes_the_index_fail(
    stage: World, fields: dict[str, str], filename: str, data: bytes
) -> None:
    """Whatever stands in a form, the answer is 200 or 4xx; an exception inside would come out here."""
    for offer in (WHEEL, replace(WHEEL, filename=filename), WHEEL.with_data(data)):
        assert stage.upload(offer.bent(**fields)).status_code < 500


def test_every_check_is_in_the_table() -> None:
    """Each check of the list is shown to refuse something, here or beside."""
    beside = {
        "attestations_are_genuine",  # in test_attested_uploads
        "token_is_known",
        "token_is_in_time",
        "token_covers_project",
        "name_is_free",
        "project_takes_uploads",
        "file_fits_limit",
        "project_fits_limit",
        "file_is_new",
        "filename_was_never_used",
        "bytes_were_never_deleted",
        "release_is_open",
        "only_one_sdist",
    }

    assert {check.__name__ for check in CHECKS} == {row[0] for row in BENT} | beside


def test_no_checks_would_be_a_hole() -> None:
    """An empty list of checks is a mistake, never a pass."""
    with pytest.raises(ValueError, match="would pass"):
        judge(None, ())  # type: ignore[arg-type]  # it must not even be looked at


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (lambda token: f"Bearer {token}", 200),
        (lambda token: f"token {token}", 200),
        (lambda token: f"Basic {_basic('__token__', token + ' ')}", 200),
        (lambda token: f"Basic {_basic('me', token)}", 403),
        (lambda token: "Basic %%%", 403),
        (lambda token: f"Digest {token}", 403),
        (lambda token: "Bearer bonded-" + "x" * 43, 403),
        (lambda token: "", 403),
    ],
)
def test_a_token_is_presented_as_clients_do(
    stage: World, authorization: Callable[[str], str], status: int
) -> None:
    """Basic with `__token__`, Bearer and token carry a token; anything else is 403, as on PyPI, never 401."""
    body, kind = WHEEL.body()
    headers = {"content-type": kind, "authorization": authorization(stage.token)}

    response = stage.client.post("/legacy/", content=body, headers=headers)

    assert response.status_code == status
    if status == 403:
        assert "Invalid or non-existent authentication information" in response.text


def _basic(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def test_a_token_ends(stage: World) -> None:
    """After its time a token is refused with PyPI's words."""
    stage.clock.now += 900

    response = stage.upload(WHEEL)

    assert (response.status_code, "token is expired" in response.text) == (403, True)


def test_a_token_is_for_its_projects(stage: World) -> None:
    """A token of one project does not open another."""
    stage.index.issue_token([ProjectName("other")], lifetime=900)

    response = stage.upload(wheel_offer("other"))

    assert (response.status_code, "not valid for project: 'other'" in response.text) == (403, True)


def test_the_same_file_again_is_fine(stage: World) -> None:
    """The same bytes under the same name are a success without effect, so that a release can be resumed."""
    stage.upload(WHEEL)

    assert stage.upload(WHEEL).status_code == 200
    assert len(stage.index.files()) == 1


@pytest.mark.parametrize(
    "offer",
    [
        WHEEL.with_data(wheel(metadata=core_metadata(more="Summary: other\n"))),
        renamed(WHEEL, "greeter-1.0-py2-none-any.whl"),
    ],
    ids=["other bytes", "other name"],
)
def test_a_file_never_changes(stage: World, offer: Offer) -> None:
    """Other bytes under a taken name, or taken bytes under another name, are refused in the words clients look for."""
    stage.upload(WHEEL)

    response = stage.upload(offer)

    assert response.status_code == 400
    assert (
        "File already exists ('greeter-1.0-py3-none-any.whl', with blake2_256 hash" in response.text
    )


def test_a_wheel_may_spell_its_version_otherwise(stage: World) -> None:
    """1.0 and 1.0.0 are one release, shown as it was first spelt."""
    stage.upload(SDIST)
    stage.upload(wheel_offer(version="1.0.0"))

    assert {file.version for file in stage.index.files()} == {"1.0"}


@pytest.mark.parametrize("status", ["archived", "quarantined"])
def test_a_closed_project_takes_nothing(stage: World, status: str) -> None:
    """An archived or quarantined project is refused to everybody (PEP 792)."""
    with stage.index._records.writing() as book:
        book.connection.execute(update(tables.project).values(status=status))

    response = stage.upload(WHEEL)

    assert (response.status_code, f"it is {status}" in response.text) == (403, True)


@pytest.mark.parametrize("old_forms", [False, True])
@pytest.mark.parametrize(
    ("own", "first", "version"),
    [("unknown", "UNKNOWN", "2.1"), ("unknown", "UNKNOWN", "1.0"), ("none", "None", "1.0"), ("none", "None", "2.1"),
     ("other", "other", "2.1"), ("other", "", "2.1")],
)  # fmt: skip
def test_a_name_that_is_sent_twice_opens_no_other_project(
    tmp_path: Path, own: str, first: str, version: str, *, old_forms: bool
) -> None:
    """The project whose rights are asked for is the one that is written into, whatever stands for nothing in a form."""
    with world(tmp_path, old_forms=old_forms) as stage:
        mine = stage.index.issue_token([ProjectName(own)], lifetime=900)
        filename = f"{own}-9.0-py3-none-any.whl"
        data = wheel(own, "9.0", core_metadata(version="9.0"))
        for pairs in (
            [("name", first), ("name", "greeter")],
            [("name", "greeter"), ("name", first)],
        ):
            offer = replace(WHEEL.with_data(data), filename=filename, more=pairs)
            offer = offer.bent(name=None, version="9.0", metadata_version=version)
            body, kind = offer.body()
            headers = {"content-type": kind, "authorization": f"Bearer {mine}"}
            answer = stage.client.post("/legacy/", content=body, headers=headers)

            assert answer.status_code in {400, 403}, answer.text
        assert stage.index.files() == []


def test_a_file_fills_in_what_the_form_omits(stage: World) -> None:
    """Installers are told what the file itself says, whatever the client left out."""
    stage.upload(declaring("Requires-Python: >=3.8\n"))

    assert [file.requires_python for file in stage.index.files()] == [">=3.8"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[", "Malformed"),
        ("[" * 100_000, "Malformed"),
        ("{}", "Malformed"),
        ("[1]", "Malformed"),
        ("[]", "empty"),
        ("[{},{},{}]", "A maximum of 2"),
    ],
)
def test_attestations_have_a_shape(tmp_path: Path, text: str, words: str) -> None:
    """Attestations are a JSON array of one or two objects, sent by a trusted publisher."""
    with world(tmp_path, attestations=Attestations.STORE_UNVERIFIED) as stage:
        assert (
            "only supported when using Trusted Publishing"
            in stage.upload(WHEEL.bent(attestations=text)).text
        )
        with_publisher(stage)

        response = stage.upload(WHEEL.bent(attestations=text))

        assert response.status_code == 400
        assert words in response.text


def test_attestations_are_stored_as_they_came(tmp_path: Path) -> None:
    """On the stage attestations are taken in and kept unverified beside the file."""
    with world(tmp_path, attestations=Attestations.STORE_UNVERIFIED) as stage:
        with_publisher(stage)

        response = stage.upload(WHEEL.bent(attestations=json.dumps([{"version": 1}])))

        assert response.status_code == 200
        assert stage.index.files()[0].attestations == '[{"version": 1}]'


def with_publisher(stage: World) -> None:
    """Make the token in the hand one of a trusted publisher."""
    publisher = stage.index.register(github(), GREETER)
    with stage.index._records.writing() as book:
        row = {
            "at": NOW,
            "outcome": "granted",
            "publisher_id": publisher,
            "projects": '["greeter"]',
            "details": "{}",
            "token": hash_token(stage.token),
            "expires": NOW + 900,
            "revoked": False,
        }
        book.connection.execute(insert(tables.exchange).values(row))
