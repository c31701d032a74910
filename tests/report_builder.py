"""Reports to bend: complete ones of each verdict, and one with the same text in every place that holds text."""

import dataclasses
from typing import Any, get_args, get_origin, get_type_hints

from bonded.dists.endpoints import pypi, testpypi
from bonded.dists.names import parse_project_name
from bonded.rehearsal.report import (
    Cause,
    CheckRecord,
    ConnectionRecord,
    CurtainRecord,
    ExchangeRecord,
    JobRecord,
    ProvenanceRecord,
    PublishedRecord,
    RefusalRecord,
    RegistrationRecord,
    Report,
    StepRecord,
    Verdict,
    WorkflowRecord,
)

RELEASE = ".github/workflows/release.yml"
FIELDS = {
    "repository_owner": "octo-org",
    "repository_owner_id": "65",
    "repository_name": "parrot",
    "workflow_filename": "release.yml",
    "environment": "",
}


def empty() -> Report:
    """Return the report of a rehearsal that knows nothing."""
    return Report(project="", version="", event={}, repository="", commit="", planned=True)


def ready() -> Report:
    """Return a report of a release that would succeed."""
    return Report(
        project="parrot",
        version="1.2.0",
        event={
            "name": "push",
            "action": "",
            "ref": "refs/tags/v1.2.0",
            "tag": "v1.2.0",
            "title": "the push of tag v1.2.0",
            "why": "it starts the release",
        },
        repository="octo-org/parrot",
        commit="0123456789abcdef0123456789abcdef01234567",
        isolation="namespaces",
        bonded="0.1.0",
        verdict=Verdict.READY,
        seconds=75.4,
        workflows=[
            WorkflowRecord(
                path=".github/workflows/ci.yml", starts=False, rule="no `on.push`", played=False
            ),
            WorkflowRecord(path=RELEASE, starts=True, rule="`on.push.tags` has 'v*'", played=True),
        ],
        jobs=[build(), publish()],
        published=[file("parrot-1.2.0-py3-none-any.whl"), file("parrot-1.2.0.tar.gz")],
        exchanges=[exchange()],
        registrations=[registration()],
        curtain=[curtain("wheel"), curtain("sdist")],
        connections=[
            ConnectionRecord(host=host, went="stage", count=3) for host in sorted(pypi().hosts)
        ],
        differences=["jobs ran on this machine"],
        notes=["secrets.NAME is empty here"],
    )


def refused() -> Report:
    """Return a report of a release whose ID token the index refused."""
    answer = '{"message": "Token request failed", "errors": [{"code": "invalid-publisher"}]}'
    report = ready()
    report.verdict = Verdict.NOT_READY
    report.exchanges = [exchange(granted=False, answer=answer)]
    report.jobs = [build(), publish(result="failure")]
    report.published, report.curtain = [], []
    report.causes = [
        Cause(
            what=f"PyPI refused the ID token: {answer}",
            where=f"{RELEASE}:40:9: job 'Publish', step 'Upload'",
            fix="give the job `environment: pypi`\nor: change the publisher",
            side="workflow",
        )
    ]
    return report


def not_rehearsed() -> Report:
    """Return a report of a release with a step that has no stand-in."""
    report = ready()
    gap = StepRecord(
        name="Run octo-org/sign@v1",
        kind="action",
        result="not rehearsed",
        error="no stand-in",
        hint="use `run`",
    )
    report.verdict = Verdict.NOT_REHEARSED
    report.jobs = [build(), publish(result="not rehearsed", steps=[gap])]
    report.published, report.curtain, report.exchanges = [], [], []
    report.causes = [Cause(what="not rehearsed: no stand-in", fix="use `run`", side="workflow")]
    return report


def build() -> JobRecord:
    """Return a job that succeeded, with a composite action and all that a step can leave."""
    inner = StepRecord(name="Build", kind="run", result="success", seconds=1.0, log=["built"])
    steps = [
        StepRecord(name="Run actions/checkout@0123", kind="action", result="success", seconds=0.01),
        StepRecord(
            name="Run ./make", kind="action", result="success", seconds=1.0, children=[inner]
        ),
        StepRecord(
            name="Test",
            kind="run",
            location=f"{RELEASE}:20:9",
            result="success",
            seconds=62.0,
            log=["2 passed", ""],
            annotations=[
                {"level": "warning", "message": "slow", "file": "a.py", "line": "3"},
                {"level": "notice", "message": "well"},
            ],
            summary="# Well done",
        ),
        StepRecord(name="Clean", kind="run", result="skipped"),
    ]
    return job("build", began=1.0, seconds=64.0, steps=steps, outputs={"id": "1"})


def publish(*, result: str = "success", steps: list[StepRecord] | None = None) -> JobRecord:
    """Return the job that publishes."""
    error = "Process completed with exit code 2." if result == "failure" else ""
    upload = StepRecord(
        name="Upload", kind="run", result=result, seconds=3.0, log=["sent"], error=error
    )
    return job(
        "publish",
        result=result,
        began=65.0,
        seconds=4.0,
        environment="pypi",
        permissions={"contents": "none", "id-token": "write"},
        steps=[upload] if steps is None else steps,
    )


def job(name: str, *, result: str = "success", **rest: Any) -> JobRecord:
    """Return a job of the release workflow."""
    return JobRecord(
        workflow=RELEASE,
        id=name,
        name=name.title(),
        location=f"{RELEASE}:9:3",
        result=result,
        **rest,
    )


def file(name: str, *, index: str = "pypi", attestations: int = 0) -> PublishedRecord:
    """Return a published file."""
    return PublishedRecord(
        index=index,
        project="parrot",
        version="1.2.0",
        filename=name,
        size=7900,
        sha256="ab" * 32,
        blake2b_256="cd" * 32,
        publisher="release.yml of octo-org/parrot",
        attestations=attestations,
    )


def exchange(*, granted: bool = True, index: str = "pypi", answer: str = "") -> ExchangeRecord:
    """Return the answer to one ID token; refused for its environment."""
    return ExchangeRecord(
        index=index,
        granted=granted,
        status=200 if granted else 422,
        answer=answer,
        checks=[
            CheckRecord(claim="repository", registered="octo-org/parrot", got="octo-org/parrot", how="equal", ok=True),
            CheckRecord(claim="environment", registered="", got="", how="equal", ok=granted),
        ],
        advice=[] if granted else [
            {"sentence": "Use `environment: pypi`.", "side": "workflow", "field": "", "new_value": ""},
            {"sentence": "Or wait.", "side": "GitHub", "field": "", "new_value": ""},
        ],
        claims={"sub": "repo:octo-org/parrot", "head_ref": ""},
    )  # fmt: skip


def refusal(name: str = "parrot-1.2.0.tar.gz") -> RefusalRecord:
    """Return a refused upload."""
    return RefusalRecord(index="pypi", filename=name, status=400, message="400 File already exists")


def registration(
    *, assumed: bool = False, index: str = "pypi", kind: str = "github"
) -> RegistrationRecord:
    """Return a trusted publisher with its pre-filled form."""
    endpoints = pypi() if index == "pypi" else testpypi()
    form = endpoints.publishing_form_url(
        parse_project_name("parrot"), {"provider": "github", "owner": "octo-org"}
    )
    return RegistrationRecord(
        index=index,
        project="parrot",
        kind=kind,
        fields=dict(FIELDS),
        assumed=assumed,
        form_url=form,
    )


def curtain(kind: str, *, ok: bool = True) -> CurtainRecord:
    """Return one clean installation."""
    imports = ["parrot"] if ok and kind == "wheel" else []
    return CurtainRecord(
        index="pypi",
        project="parrot",
        version="1.2.0",
        kind=kind,
        ok=ok,
        seconds=0.8,
        imports=imports,
        log=["+ parrot"],
    )


def provenance(
    state: str = "verified", name: str = "parrot-1.2.0.tar.gz", reason: str = ""
) -> ProvenanceRecord:
    """Return what the attestations of a file prove."""
    if state != "verified":
        reasons = [reason] if reason else []
        return ProvenanceRecord(index="pypi", filename=name, state=state, reasons=reasons)
    return ProvenanceRecord(
        index="pypi",
        filename=name,
        state=state,
        publisher="octo-org/parrot release.yml",
        environment="pypi",
        commit="0123456789abcdef0123456789abcdef01234567",
        predicates=["https://slsa.dev/provenance/v1"],
    )


def filled(kind: type, text: str, depth: int = 3) -> Any:
    """Return a record of a kind, with `text` wherever a text can be, keys of mappings included.

    Steps are nested `depth` times.
    """
    hints = get_type_hints(kind)
    return kind(**{f.name: _value(hints[f.name], text, depth) for f in dataclasses.fields(kind)})


def _value(hint: Any, text: str, depth: int) -> Any:
    if hint is Verdict:
        return Verdict.NOT_READY
    if hint in {bool, int, float}:
        return hint(1)
    if hint is str:
        return text
    if get_origin(hint) is dict:
        return {
            text: text,
            "level": text,
            "message": text,
            "sentence": text,
            "side": text,
            "title": text,
            "tag": text,
        }
    (inner,) = get_args(hint)
    if inner is StepRecord and not depth:
        return []
    if isinstance(inner, type) and dataclasses.is_dataclass(inner):
        return [filled(inner, text, depth - 1)]
    return [_value(inner, text, depth)]
