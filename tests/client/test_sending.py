"""The conversations about files, played with answers written down."""

import json
from dataclasses import replace

import pytest

from attestation_world import World, statement
from bonded.attestations.identities import parse_identity
from bonded.attestations.pages import JSON
from bonded.attestations.provenance import Attestation, Bundle, read_attestations, write_provenance
from bonded.client.flows import Patience
from bonded.client.messages import Answer, Ask, Outcome, Refused, Unreached, Wait
from bonded.client.sending import Confirmed, Parcel, Sent, confirm, look, send
from bonded.client.target import parse_target
from client_world import GREETER, TARGET, answer, parcel, played

SOON = Patience(tries=3, first=1.0, longest=4.0)
TAKEN = answer(400, {"message": "File already exists ('greeter', with blake2_256 hash 'x')."})
SHA = parcel().sha256


def page(**files: str) -> Answer:
    """Return a page with these files and digests; names are short for wheels."""
    listed: list[dict[str, object]] = [
        {"filename": f"greeter-1.0-{name}-none-any.whl", "url": "u", "hashes": {"sha256": sha}}
        for name, sha in files.items()
    ]
    return listing(listed)


def listing(files: list[dict[str, object]]) -> Answer:
    """Return a page of the simple API."""
    body = {"meta": {"api-version": "1.3"}, "name": "greeter", "versions": [], "files": files}
    return answer(200, body, content_type=JSON)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ((answer(200),), Sent()),
        ((answer(201),), Sent()),
        ((Unreached(reason="cut"), answer(200)), Sent()),
        ((answer(500), answer(503), answer(200)), Sent()),
        ((TAKEN, page(py3=SHA)), Sent(existed=True)),
        ((answer(409, {"detail": "it already exists"}), page(py3=SHA)), Sent(existed=True)),
        ((Answer(status=400, phrase="File already exists."), page(py3=SHA)), Sent(existed=True)),
        ((Unreached(reason="cut"), TAKEN, page(py3=SHA)), Sent(existed=True)),
    ],
)
def test_a_file_arrives(answers: tuple[Outcome, ...], expected: Sent) -> None:
    """A 2xx, and the very same bytes under a name that is taken, are both a success."""
    found, wanted = played(send(parcel(), TARGET, "upload-token", SOON), *answers)
    uploads = [one for one in wanted if isinstance(one, Ask) and one.method == "POST"]

    assert found == expected
    assert {one.url for one in uploads} == {TARGET.upload_url}
    assert {one.secret for one in uploads} == {"upload-token"}
    assert "upload-token" not in repr(wanted)


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ((TAKEN, page(py3="b" * 64)), ("b" * 64, SHA, "File already exists")),
        ((TAKEN, page(other=SHA)), ("nobody can see which",)),
        ((TAKEN, answer(404)), ("nobody can see which",)),
        ((TAKEN, answer(403)), ("nobody can see which",)),
        ((answer(403, {"message": "not valid for project"}),), ("not valid for project", "403")),
        ((answer(307, location="https://e.example/"),), ("https://e.example/", "follows nobody")),
        ((answer(500),) * 3, ("500",)),
        ((Unreached(reason="bad certificate", passing=False),), ("bad certificate",)),
    ],
)
def test_a_file_does_not_arrive(answers: tuple[Outcome, ...], words: tuple[str, ...]) -> None:
    """The reason is told whole; other bytes under the name are an error with both digests."""
    found, _ = played(send(parcel(), TARGET, "upload-token", SOON), *answers)

    assert isinstance(found, Refused)
    assert all(word in str(found) for word in words)


CLOSED = Unreached(reason="Connection refused", sent=False)


@pytest.mark.parametrize(
    ("answers", "unsent"),
    [
        ((CLOSED, CLOSED, CLOSED), True),
        ((replace(CLOSED, passing=False),), True),
        ((Unreached(reason="cut"), CLOSED, CLOSED), False),
        ((CLOSED, answer(500), CLOSED), False),
        ((CLOSED, CLOSED, answer(500)), False),
        ((CLOSED, answer(400)), False),
    ],
)
def test_without_a_connection_nothing_was_sent(
    answers: tuple[Outcome, ...], *, unsent: bool
) -> None:
    """Unless an earlier try had one."""
    found, _ = played(send(parcel(), TARGET, "upload-token", SOON), *answers)

    assert isinstance(found, Refused)
    assert found.unsent is unsent


@pytest.mark.parametrize(
    ("address", "status", "hint"),
    [
        ("https://i.example/simple/", 405, "takes uploads at https://i.example/legacy/"),
        ("https://i.example/team/simple", 404, "takes uploads at https://i.example/team/legacy/"),
        ("https://i.example/simple/", 403, ""),
        ("https://i.example/", 405, "takes uploads at https://i.example/legacy/"),
        ("https://i.example", 404, "takes uploads at https://i.example/legacy/"),
        ("https://i.example/team", 501, "takes uploads at https://i.example/team/legacy/"),
        ("https://i.example/", 401, ""),
        ("https://i.example/legacy", 404, ""),
        ("https://i.example/legacy/", 405, ""),
    ],
)
def test_other_addresses_of_an_index_take_no_uploads(address: str, status: int, hint: str) -> None:
    """Whoever names its root, or its list of files, is told where uploads go."""
    found, _ = played(send(parcel(), parse_target(address), "upload-token", SOON), answer(status))

    assert isinstance(found, Refused)
    assert found.hint.endswith(hint)
    assert bool(found.hint) == bool(hint)


@pytest.mark.parametrize(
    ("answered", "names"),
    [
        (page(py3=SHA), {"greeter-1.0-py3-none-any.whl"}),
        (answer(404), set()),
        (answer(410), set()),
        (
            Answer(
                status=200,
                headers={"content-type": "text/html"},
                body=f'<a href="greeter-1.0.tar.gz#sha256={SHA}">greeter-1.0.tar.gz</a>'.encode(),
            ),
            {"greeter-1.0.tar.gz"},
        ),
    ],
)
def test_the_list_of_files_is_read(answered: Answer, names: set[str]) -> None:
    """JSON or HTML; a project that is not there has none."""
    found, _ = played(look(TARGET, GREETER, SOON), answered)

    assert set(found) == names


@pytest.mark.parametrize(
    "answered", [answer(403), answer(302), Answer(status=200, headers={"content-type": JSON})]
)
def test_a_list_that_cannot_be_read_is_none(answered: Answer) -> None:
    """What cannot be read is not taken for an empty list."""
    found, _ = played(look(TARGET, GREETER, SOON), answered)

    assert isinstance(found, Refused)


def test_looking_ends() -> None:
    """An index that lists nothing is asked again until the time is over, with longer waits, and not longer."""
    found, wanted = played(confirm([parcel()], TARGET, seconds=10.0), *[answer(404)] * 5)

    assert [one.seconds for one in wanted if isinstance(one, Wait)] == [1.0, 2.0, 4.0, 3.0]
    assert found == (Confirmed(filename=parcel().filename, state="not seen"),)


def test_looking_ends_at_once_when_all_is_there() -> None:
    """Nobody waits for what is there; another digest is a difference with both."""
    other = parcel("greeter-1.0-py2-none-any.whl")
    found, wanted = played(
        confirm([parcel(), other], TARGET, seconds=10.0), page(py3=SHA, py2="b" * 64)
    )

    assert not any(isinstance(one, Wait) for one in wanted)
    assert [one.state for one in found] == ["same", "different"]
    assert "b" * 64 in found[1].message


@pytest.fixture(scope="module")
def attestations() -> tuple[Attestation, ...]:
    """An attestation, and another one of the same file."""
    world, said = World(), statement(parcel().filename, SHA)
    made = [world.attest(statement=said) for _ in range(2)]
    return read_attestations(json.dumps(made).encode())


def attested(attestations: tuple[Attestation, ...]) -> Parcel:
    """Return a file with an attestation."""
    return replace(parcel(), attestations=attestations[:1])


def shown(link: str) -> Answer:
    """Return a page on which the file has a link to its provenance."""
    entry: dict[str, object] = {
        "filename": parcel().filename,
        "url": "u",
        "hashes": {"sha256": SHA},
        "provenance": link,
    }
    return listing([entry])


def served(*attestations: Attestation) -> Answer:
    """Return the provenance of an index that has these."""
    identity = parse_identity({"kind": "GitHub", "repository": "o/r", "workflow": "w.yml"})
    return Answer(
        status=200, body=write_provenance([Bundle(publisher=identity, attestations=attestations)])
    )


@pytest.mark.parametrize("link", ["/integrity/x/provenance", "https://index.example/p"])
def test_provenance_is_held_against_what_was_sent(
    attestations: tuple[Attestation, ...], link: str
) -> None:
    """What the index shows has the very signature that went up; more beside it is no harm."""
    sent = attested(attestations)
    same, wanted = played(confirm([sent], TARGET, seconds=1.0), shown(link), served(*attestations))
    other, _ = played(confirm([sent], TARGET, seconds=1.0), shown(link), served(attestations[1]))
    broken, _ = played(
        confirm([sent], TARGET, seconds=1.0), shown(link), Answer(status=200, body=b"{}")
    )

    assert [one.provenance for (one,) in (same, other, broken)] == [
        "same",
        "different",
        "different",
    ]
    assert isinstance(wanted[-1], Ask)
    assert wanted[-1].url.startswith("https://index.example/")
    assert wanted[-1].secret == ""


@pytest.mark.parametrize(
    "link", ["", "https://elsewhere.example/p", "//elsewhere.example/p", "p", "javascript:x"]
)
def test_provenance_elsewhere_is_not_asked_for(
    attestations: tuple[Attestation, ...], link: str
) -> None:
    """A file without a link at the index itself has none that could be compared."""
    found, wanted = played(confirm([attested(attestations)], TARGET, seconds=1.0), shown(link))

    assert found[0].provenance == "none"
    assert len(wanted) == 1


def test_provenance_that_is_linked_and_lost_is_told(attestations: tuple[Attestation, ...]) -> None:
    """A link without anything behind it is said."""
    found, _ = played(
        confirm([attested(attestations)], TARGET, seconds=1.0), shown("/p"), answer(404)
    )

    assert found[0].provenance == "none"
    assert "not there" in found[0].message


def test_attestations_go_up_as_one_field(attestations: tuple[Attestation, ...]) -> None:
    """PEP 740's field has them as a JSON array; a file without has no such field."""
    _, wanted = played(send(attested(attestations), TARGET, "t", SOON), answer(200))
    _, bare = played(send(parcel(), TARGET, "t", SOON), answer(200))

    assert isinstance(wanted[0], Ask)
    assert isinstance(bare[0], Ask)
    assert read_attestations(dict(wanted[0].form)["attestations"].encode()) == attestations[:1]
    assert "attestations" not in dict(bare[0].form)
