import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from sigstore.models import Bundle

from bonded.attestations.verify import SLSA
from bonded.rehearsal.actions import attest
from bonded.rehearsal.actions.role import Call, StepFailed
from bonded.rehearsal.stage.github import IdentityAccess
from bonded.rehearsal.stage.sigstore.faults import Fault
from oracle_node import ask
from sigstore_world import Evening
from stage_world import World, write

DIGEST = "a" * 64
FILES = {"dist/a.whl": "wheel", "dist/b.tar.gz": "sdist"}
NAME = "https://github.com/octo/widget/.github/workflows/release.yml@refs/tags/v1.0"
MAY = {"attestations": "write", "id-token": "write"}


@pytest.fixture
def allowed(signing: World) -> World:
    """A stage that can sign, with two files to attest."""
    write(signing.workspace, FILES)
    return signing


def statement(call: Call) -> Any:
    """Return what the bundle of a step says, unverified."""
    bundle = json.loads(Path(call.outputs["bundle-path"]).read_text())
    return json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))


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
def test_subjects_are_attested(
    allowed: World, access: IdentityAccess, inputs: dict[str, str], subjects: list[tuple[str, str]]
) -> None:
    """Both actions sign one statement over what files, a digest or checksums name: provenance of the job."""
    write(allowed.workspace, {"sums": f"{DIGEST}  a b\n\n{DIGEST} *c\n"})
    for action in (attest.ACTION, attest.PROVENANCE):
        call = allowed.play(action, inputs=inputs, permissions=MAY, identity=access)
        said = statement(call)

        assert [(one["name"], one["digest"]["sha256"]) for one in said["subject"]] == subjects
        assert said["predicateType"] == SLSA
        builder = said["predicate"]["runDetails"]["builder"]["id"]
        assert builder == NAME
        assert call.outputs["attestation-url"].endswith("/octo/greeter/attestations/1")
    assert len(allowed.masked) == 2
    assert allowed.theatre.report.differences == []


def test_each_step_has_a_bundle_of_its_own(allowed: World, access: IdentityAccess) -> None:
    """No step writes over another's bundle, and all are listed in one file, as by the action."""
    calls = [
        allowed.play(attest.PROVENANCE, subject_path="dist/*", permissions=MAY, identity=access)
        for _ in range(2)
    ]
    listed = (allowed.temp / "created_attestation_paths.txt").read_text().splitlines()

    assert listed == [call.outputs["bundle-path"] for call in calls]
    assert len(set(listed)) == 2


def test_python_verifies_a_bundle(
    allowed: World, access: IdentityAccess, sigstore: Evening
) -> None:
    """sigstore-python takes the bundle by the evening's trust root."""
    call = allowed.play(attest.ACTION, subject_path="dist/*", permissions=MAY, identity=access)
    bundle = Bundle.from_json(Path(call.outputs["bundle-path"]).read_bytes())
    from sigstore.verify import Verifier
    from sigstore.verify.policy import Identity

    verifier = Verifier(trusted_root=sigstore.sigstore.trust_config.trusted_root)
    kind, _ = verifier.verify_dsse(bundle, Identity(identity=NAME))

    assert kind == "application/vnd.in-toto+json"


@pytest.mark.oracle
def test_javascript_verifies_a_bundle(
    allowed: World, access: IdentityAccess, sigstore: Evening
) -> None:
    """Sigstore's own JavaScript takes the bundle, for its signer's name."""
    call = allowed.play(attest.ACTION, subject_path="dist/*", permissions=MAY, identity=access)
    bundle = json.loads(Path(call.outputs["bundle-path"]).read_text())
    root = json.loads(sigstore.sigstore.trusted_root_json())
    (answer,) = ask("sigstore.mjs", [{"bundle": bundle, "root": root, "uri": NAME}])

    assert answer == {"signer": NAME}


@pytest.mark.parametrize(
    ("inputs", "kind", "predicate"),
    [
        ({"predicate-type": "https://x.invalid/p", "predicate": '{"a": 1}'}, "https://x.invalid/p", {"a": 1}),
        ({"predicate-type": "https://x.invalid/p", "predicate-path": "one.json"}, "https://x.invalid/p", {"a": 2}),
        ({"sbom-path": "spdx.json"}, "https://spdx.dev/Document/v2.3", {"spdxVersion": "SPDX-2.3", "SPDXID": "x"}),
        ({"sbom-path": "cyclone.json"}, "https://cyclonedx.org/bom", {"bomFormat": "CycloneDX"}),
    ],
)  # fmt: skip
def test_what_the_inputs_say_is_attested(
    allowed: World, access: IdentityAccess, inputs: dict[str, str], kind: str, predicate: object
) -> None:
    """A predicate or an SBOM takes the place of provenance, under its own type."""
    spdx = '{"spdxVersion": "SPDX-2.3", "SPDXID": "x"}'
    cyclone = '{"bomFormat": "CycloneDX"}'
    files = {"one.json": '{"a": 2}', "spdx.json": spdx, "cyclone.json": cyclone}
    write(allowed.workspace, files)
    call = allowed.play(
        attest.ACTION,
        inputs={"subject-path": "dist/*", **inputs},
        permissions=MAY,
        identity=access,
    )

    said = statement(call)
    assert (said["predicateType"], said["predicate"]) == (kind, predicate)


@pytest.mark.parametrize("fault", [Fault.DOWN, Fault.BAD_SCT, Fault.FORGED_PROOF])
def test_a_failing_sigstore_fails_the_step(
    allowed: World, access: IdentityAccess, sigstore: Evening, fault: Fault
) -> None:
    """What does not come, and what would be refused by whoever verifies, fails the step that asked for it."""
    sigstore.sigstore.conditions.faults = frozenset({fault})

    with pytest.raises(StepFailed, match="Attestation generation failure: Sigstore did not sign"):
        allowed.play(attest.PROVENANCE, subject_path="dist/*", permissions=MAY, identity=access)


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
        ({"predicate": "{}"}, "predicate-type must be provided"),
        ({"predicate-type": "x"}, "One of predicate-path or predicate must be provided"),
        ({"predicate-type": "x", "predicate": "[]"}, "the predicate is not a JSON object"),
        (
            {"predicate-type": "x", "predicate-path": "none"},
            "the file of predicate-path was not found",
        ),
        ({"sbom-path": "odd"}, "the sbom-path is not strict JSON"),
        ({"sbom-path": "binary"}, "not UTF-8"),
        ({"sbom-path": "object"}, "neither SPDX nor CycloneDX"),
    ],
)
def test_wrong_inputs_fail(
    allowed: World, access: IdentityAccess, inputs: dict[str, str], words: str
) -> None:
    """The actions' own sentences say what is wrong with the subjects or with what is said of them."""
    write(allowed.workspace, {"odd": "\nabc\n", "empty": "\n", "object": "{}"})
    (allowed.workspace / "binary").write_bytes(b"\xff")
    if "many" in inputs.get("subject-path", ""):
        write(allowed.workspace, {f"many/{number}": "" for number in range(1025)})

    with pytest.raises(StepFailed) as caught:
        allowed.play(attest.ACTION, inputs=inputs, permissions=MAY, identity=access)

    assert words in caught.value.message


@pytest.mark.parametrize(
    ("missing", "words", "hint"),
    [
        ("permissions", "Resource not accessible by integration", "attestations: write"),
        ("identity", "ACTIONS_ID_TOKEN_REQUEST_URL", "id-token: write"),
    ],
)
def test_permissions_are_needed(
    allowed: World, access: IdentityAccess, missing: str, words: str, hint: str
) -> None:
    """Without the permissions the step fails as on GitHub, and the hint names the one that is missing."""
    may: dict[str, Any] = {"permissions": MAY, "identity": access}
    del may[missing]

    with pytest.raises(StepFailed) as caught:
        allowed.play(attest.PROVENANCE, subject_path="dist/*", **may)

    assert words in caught.value.message
    assert hint in caught.value.hint
