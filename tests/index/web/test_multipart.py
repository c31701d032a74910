"""Upload forms: any cut into chunks, any damage."""

from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.index.blobs import Folder
from bonded.index.web.multipart import BadForm, FormReader
from index_world import World, wheel, wheel_offer

BODY, KIND = wheel_offer().bent(summary="Grüße\x00", author="").body()
GOOD = {"content-type": KIND}


def read(chunks: list[bytes], folder: Path, kind: str = KIND) -> tuple[FormReader, bytes]:
    """Read a body and return the form and the bytes of its file."""
    spool = Folder(folder).spool()
    try:
        form = FormReader(kind, spool, form_size=1000, file_size=10_000)
        for chunk in chunks:
            form.feed(chunk)
        form.finish()
        spool.finish()
        with spool.open() as stream:
            return form, stream.read()
    finally:
        spool.discard()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, len(BODY)), max_size=5))
def test_a_form_is_the_same_however_it_is_cut(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    """Where the network cuts a body has no meaning."""
    places = [0, *sorted(cuts), len(BODY)]
    chunks = [BODY[start:end] for start, end in pairwise(places)]

    form, data = read(chunks, tmp_path_factory.mktemp("f"))

    assert data == wheel()
    assert dict(form.pairs)["summary"] == "Grüße\\x00"
    assert (form.filename, form.content_type, form.strays) == (
        "greeter-1.0-py3-none-any.whl",
        None,
        [],
    )


def test_a_form_byte_by_byte(tmp_path: Path) -> None:
    """The slowest client is read as well."""
    form, data = read([BODY[n : n + 1] for n in range(len(BODY))], tmp_path)

    assert (data, dict(form.pairs)["author"]) == (wheel(), "")


def part(head: bytes, data: bytes = b"x") -> bytes:
    """Return a body of one part."""
    return b"--limit\r\n" + head + b"\r\n\r\n" + data + b"\r\n--limit--\r\n"


FIELD = b'Content-Disposition: form-data; name="a"'

BAD = [
    (b"", KIND, "ends before its last boundary"),
    (BODY[:-10], KIND, "ends before its last boundary"),
    (BODY, "text/plain", "expected the Content-Type multipart/form-data"),
    (BODY, "multipart/form-data", "with a boundary"),
    (BODY, f"multipart/form-data; boundary={'x' * 1000}", "Boundary length"),
    (b"junk" * 100, KIND, "Invalid form"),
    (part(b"X: y"), KIND, "without the header Content-Disposition"),
    (part(b"Content-Disposition: form-data"), KIND, "without the header Content-Disposition"),
    (part(FIELD, b"\xff"), KIND, "the field a is not UTF-8"),
    (part(b'Content-Disposition: form-data; name="\xff"'), KIND, "a field's name is not UTF-8"),
    (part(b'Content-Disposition: form-data; name="content"; filename="\xff"'), KIND, "the file's name is not UTF-8"),
    (part(FIELD, b"x" * 1001), KIND, "too large"),
    (part(b"X-Y: " + b"x" * 100_000), KIND, "Invalid form"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "kind", "words"), BAD, ids=range(len(BAD)))
def test_a_form_that_cannot_be_read_is_refused(
    tmp_path: Path, stage: World, body: bytes, kind: str, words: str
) -> None:
    """What is no form is answered 400, with the reason, and written down for the owner."""
    with pytest.raises(BadForm, match=words):
        read([body], tmp_path, kind)

    headers = {"content-type": kind, "authorization": f"Bearer {stage.token}"}
    assert stage.client.post("/legacy/", content=body, headers=headers).status_code == 400
    assert len(stage.index.uploads_refused()) == 1


def test_parts_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A form of very many small fields is refused as one of few large ones."""
    monkeypatch.setattr("bonded.index.web.multipart._MAX_PARTS", 3)

    with pytest.raises(BadForm, match="more than 3 fields"):
        read([BODY], tmp_path)


def test_a_second_file_is_a_stray(tmp_path: Path) -> None:
    """Only the first `content` is the file; another one is told as a field that should be a text."""
    second = b'--limit\r\nContent-Disposition: form-data; name="content"; filename="b"\r\n\r\nb\r\n'

    form, data = read([BODY.replace(b"--limit--", second + b"--limit--")], tmp_path)

    assert (form.strays, data) == (["content"], wheel())


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_form_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Any byte of a form may be any other: it is read, or refused as a form."""
    body = bytearray(BODY)
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, 700))] = data.draw(st.integers(0, 255))
    with suppress(BadForm):
        form, _ = read([bytes(body)], tmp_path_factory.getbasetemp())

        assert all("\x00" not in text for _, text in form.pairs)


@pytest.mark.parametrize("size", [1, 3, 5000])
def test_old_clients_send_an_empty_line_first(tmp_path: Path, size: int) -> None:
    """The upload of setuptools did, before there was twine; wherever the network cuts it."""
    body = b"\r\n" + BODY
    form, data = read([body[n : n + size] for n in range(0, len(body), size)], tmp_path)

    assert (data, dict(form.pairs)["author"]) == (wheel(), "")
