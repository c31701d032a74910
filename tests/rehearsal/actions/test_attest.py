import hashlib
import json
from pathlib import Path

import httpx2
import pytest

from bonded.rehearsal.actions import attest
from bonded.rehearsal.actions.role import StepFailed
from stage_world import ACCESS, World, write

DIGEST = "a" * 64
FILES = {"dist/a.whl": "wheel", "dist/b.tar.gz": "sdist"}


@pytest.fixture
def allowed(world: World) -> World:
    """A stage whose issuer gives a token."""

    def issuer(request: httpx2.Request) -> httpx2.Response:
        assert request.url.params["audience"] == "sigstore"
        return httpx2.Response(200, json={"value": "id-token"})

    world.theatre.client = lambda: httpx2.Client(transport=httpx2.MockTransport(issuer))
    write(world.workspace, FILES)
    return world


MAY = {"permissions": {"attestations": "write", "id-token": "write"}, "identity": ACCESS}


def sha256(name: str) -> str:
    return hashlib.sha256(FILES[name].encode()).hexdigest()


@pytest.mark.parametrize(
    ("inputs", "subjects"),
    [
        (
            {"subject-path": "dist/*"},
            [("a.whl", sha256("dist/a.whl")), ("b.tar.gz", sha256("dist/b.tar.gz"))],
        ),
        (
            {"subject-path": "dist/*.whl, dist/*.gz\n"},
            [("a.whl", sha256("dist/a.whl")), ("b.tar.gz", sha256("dist/b.tar.gz"))],
        ),
        ({"subject-digest": f"sha256:{DIGEST}", "subject-name": "x"}, [("x", DIGEST)]),
        ({"subject-checksums": "sums"}, [("a b", DIGEST), ("c", DIGEST)]),
    ],
)
def test_subjects_are_recorded(
    allowed: World, inputs: dict[str, str], subjects: list[tuple[str, str]]
) -> None:
    """Both actions record the subjects that files, a digest or checksums name, and say that nothing is signed."""
    write(allowed.workspace, {"sums": f"{DIGEST}  a b\n\n{DIGEST} *c\n"})
    for action in (attest.ACTION, attest.PROVENANCE):
        call = allowed.play(action, inputs=inputs, **MAY)
        bundle = json.loads(Path(call.outputs["bundle-path"]).read_text())

        assert [(entry["name"], entry["sha256"]) for entry in bundle] == subjects
        assert call.outputs["attestation-url"].endswith("/octo/greeter/attestations/1")
    assert allowed.masked == ["id-token", "id-token"]
    assert "recorded, not signed" in allowed.theatre.report.differences[0]


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({}, "One of subject-path, subject-digest, or subject-checksums must be provided"),
        ({"subject-path": "a", "subject-checksums": "b"}, "Only one of subject-path"),
        ({"subject-path": "none/*"}, "Could not find subject at path none/*"),
        ({"subject-path": "many/*"}, "The maximum number of subjects is 1024"),
        ({"subject-digest": f"sha256:{DIGEST}"}, "subject-name must be provided"),
        ({"subject-digest": "sha256:abc", "subject-name": "x"}, "sha256:<hex-digest>"),
        ({"subject-digest": f"sha512:{DIGEST}", "subject-name": "x"}, "sha256:<hex-digest>"),
        ({"subject-checksums": "none"}, "subject checksums file not found"),
        ({"subject-checksums": "odd"}, "found 'abc'"),
        ({"subject-checksums": "empty"}, "must hold lines of a digest and a name"),
        ({"predicate": "{}", "predicate-path": "x"}, "Only one of predicate-path or predicate"),
    ],
)
def test_what_names_no_subject_fails(allowed: World, inputs: dict[str, str], words: str) -> None:
    """The actions' own sentences say what is wrong with the subjects."""
    write(allowed.workspace, {"odd": "\nabc\n", "empty": "\n"})
    if "many" in inputs.get("subject-path", ""):
        write(allowed.workspace, {f"many/{number}": "" for number in range(1025)})

    with pytest.raises(StepFailed) as caught:
        allowed.play(attest.ACTION, inputs=inputs, **MAY)

    assert words in caught.value.message


@pytest.mark.parametrize(
    ("missing", "words", "hint"),
    [
        ("permissions", "Resource not accessible by integration", "attestations: write"),
        ("identity", "ACTIONS_ID_TOKEN_REQUEST_URL", "id-token: write"),
    ],
)
def test_permissions_are_needed(allowed: World, missing: str, words: str, hint: str) -> None:
    """Without the permissions the step fails as on GitHub, and the hint names the one that is missing."""
    may = {key: value for key, value in MAY.items() if key != missing}

    with pytest.raises(StepFailed) as caught:
        allowed.play(attest.PROVENANCE, subject_path="dist/*", **may)

    assert words in caught.value.message
    assert hint in caught.value.hint
