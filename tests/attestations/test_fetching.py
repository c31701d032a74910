"""Pages and provenance come from an index on loopback, or from beside a file."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from attestation_index import Shelf, provenance, serving
from attestation_world import DATA, FILENAME, World
from bonded.attestations.fetching import Beside, IndexSource, beside
from bonded.attestations.pages import ListedFile, ProjectPage
from bonded.attestations.provenance import read_provenance
from bonded.attestations.refusal import Malformed
from bonded.dists.names import ProjectName, parse_filename
from bonded.errors import RemoteError, UsageError

PROJECT = ProjectName("greeter")
PROOF = b'{"proof": 1}'


@contextmanager
def asked(shelf: Shelf) -> Iterator[IndexSource]:
    """Yield an index with this shelf."""
    with serving(shelf) as url, IndexSource(url.rstrip("/"), clock=time.monotonic) as source:
        yield source


def shelf(form: str = "json", *, links: bool = True) -> Shelf:
    """Return a shelf with one attested and one plain file."""
    made = Shelf(form=form, links=links)
    made.add("greeter", FILENAME, PROOF)
    made.add("greeter", "greeter-1.0.tar.gz", None)
    return made


def fetched(source: IndexSource) -> list[bytes | None]:
    """Return the provenance of every file of the project."""
    page = source.page(PROJECT)
    assert page is not None
    return [source.provenance(page, file) for file in page.files]


@pytest.mark.parametrize("form", ["json", "html"])
def test_provenance_is_where_the_page_says(form: str) -> None:
    """Also relative to it; a file without a link is not asked for."""
    made = shelf(form)
    with asked(made) as source:
        assert fetched(source) == [PROOF, None]

    assert len(made.asked) == 2


def test_a_page_that_cannot_speak_is_helped_by_pypis_own_address() -> None:
    """A mirror of the old form may still have it."""
    made = shelf("old", links=False)
    with asked(made) as source:
        assert fetched(source) == [PROOF, None]

    assert len(made.asked) == 3


def test_a_project_that_is_not_there_is_none() -> None:
    """404 is an answer."""
    with asked(shelf()) as source:
        assert source.page(ProjectName("other")) is None


@pytest.mark.parametrize(("status", "asks"), [(503, 2), (403, 1)])
def test_a_server_that_stumbles_is_asked_once_more(status: int, asks: int) -> None:
    """A refusal is final."""
    made = shelf()
    made.broken["/simple/greeter/"] = (status, b"")
    with asked(made) as source, pytest.raises(RemoteError, match=f"it answered {status}"):
        source.page(PROJECT)

    assert len(made.asked) == asks


def test_a_link_to_nothing_is_trouble() -> None:
    """It is not the same as no provenance: somebody may have taken it away."""
    made = shelf()
    made.broken[f"/integrity/greeter/1.0/{FILENAME}/provenance"] = (404, b"")
    with asked(made) as source, pytest.raises(RemoteError, match="linked but not there"):
        fetched(source)


def test_provenance_is_bounded_while_it_comes() -> None:
    """An index cannot fill the memory."""
    made = Shelf()
    made.add("greeter", FILENAME, b"x" * 2_000_000)
    with asked(made) as source, pytest.raises(Malformed, match="more than"):
        fetched(source)


@pytest.mark.parametrize(
    ("link", "error"),
    [
        ("https://127.0.0.1:9", RemoteError),
        ("http://x:port", Malformed),
        ("http://127.0.0.1:9", RemoteError),
    ],
)
def test_a_page_cannot_lead_into_a_private_network(link: str, error: type[Exception]) -> None:
    """Only the user's own index may be there; where else a page leads is guarded."""
    made = shelf()
    made.link_to = link
    with asked(made) as source, pytest.raises(error):
        fetched(source)


@pytest.mark.parametrize("url", ["file:///tmp", "simple", "https://x:port/", "ftp://x/"])
def test_an_index_is_asked_over_http_only(url: str) -> None:
    """Anything else is a mistake of whoever typed it."""
    with pytest.raises(UsageError, match="index"):
        IndexSource(url, clock=time.monotonic)


def test_an_index_that_is_not_there_is_trouble() -> None:
    """Nobody listens; what the user typed as password is not shown."""
    with serving(Shelf()) as url:
        gone = url.replace("http://", "http://user:secret@")
    with IndexSource(gone, clock=time.monotonic) as source:
        with pytest.raises(RemoteError) as caught:
            source.page(PROJECT)

        assert "secret" not in caught.value.message + source.shown


def written(folder: Path, **files: bytes) -> Path:
    """Write a wheel and files beside it, and return the wheel."""
    wheel = folder / FILENAME
    wheel.write_bytes(DATA)
    for suffix, raw in files.items():
        (folder / f"{FILENAME}.{suffix.replace('_', '.')}").write_bytes(raw)
    return wheel


def test_provenance_beside_a_file_is_taken_as_it_is(tmp_path: Path) -> None:
    """Unread: whether it is any is found out where it is verified."""
    assert beside(written(tmp_path, provenance=b"anything")) == b"anything"
    assert beside(tmp_path / "other.whl") is None


def test_attestations_beside_a_file_are_ascribed_to_whoever_signed(tmp_path: Path) -> None:
    """Two of one signer make one bundle, so that two of one kind are noticed."""
    raw = json.dumps(World().attest()).encode()
    found = beside(written(tmp_path, publish_attestation=raw, other_attestation=raw))

    assert found is not None
    (bundle,) = read_provenance(found).bundles
    assert bundle.publisher.title == "octo/greeter release.yml"
    assert len(bundle.attestations) == 2


@pytest.mark.parametrize(
    "bent",
    [
        {"extensions": {"12": "https://example.org/x"}},
        {"raw_extensions": {"12": b"x"}},
    ],
)
def test_a_signer_that_is_nobody_is_refused(tmp_path: Path, bent: dict[str, object]) -> None:
    """There is no publisher of such a kind."""
    raw = json.dumps(World().attest(**bent)).encode()

    with pytest.raises(Malformed):
        beside(written(tmp_path, publish_attestation=raw))


def test_a_certificate_that_is_none_is_refused(tmp_path: Path) -> None:
    """Beside a file as elsewhere."""
    attestation = World().attest()
    attestation["verification_material"]["certificate"] = "eA=="

    with pytest.raises(Malformed, match="certificate"):
        beside(written(tmp_path, publish_attestation=json.dumps(attestation).encode()))


def test_files_on_this_machine_are_a_source() -> None:
    """They know only themselves; what could not be read is said where it is asked for."""
    name = parse_filename(FILENAME)
    trouble = Malformed("unreadable")
    source = Beside({FILENAME: (name, "a" * 64, PROOF), "x": (name, "a" * 64, trouble)})
    page = source.page(PROJECT)
    file = ListedFile(name=name, sha256="a" * 64)
    bad = Beside({FILENAME: (name, "a" * 64, trouble)})

    assert isinstance(page, ProjectPage)
    assert source.provenance(page, file) == PROOF
    with pytest.raises(Malformed, match="unreadable"):
        bad.provenance(page, file)


def test_the_index_of_these_tests_serves_good_provenance() -> None:
    """What it makes is read."""
    assert read_provenance(provenance(World(), FILENAME, DATA)).bundles
