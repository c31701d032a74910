"""Attacks with genuine signatures: what the issuer really said is not enough, or was said about something else."""

import json
from collections.abc import Iterator

from attacks.forging import Attack, genuine, header, rs256
from claims_builder import NOW, SHA, claims

ISSUER = "https://token.actions.githubusercontent.com"
HOME = "octo/widget/.github/workflows"

TIMES: dict[str, tuple[tuple[object, str], ...]] = {
    "exp": (
        (..., "no claim 'exp'"),
        (None, "not a time"),
        ("", "not a time"),
        (str(NOW + 300), "not a time"),
        (True, "not a time"),
        ([NOW + 300], "not a time"),
        (-1, "not a time"),
        (-(2**63), "not a time"),
        (1e300, "not a time"),
        (2**64, "not a time"),
        (10**30, "not a time"),
        (0, "ended"),
        (NOW - 31, "ended"),
        (NOW - 30, "ended"),
        (NOW - 30.0, "ended"),
    ),
    "iat": (
        (..., "no claim 'iat'"),
        (None, "not a time"),
        ("now", "not a time"),
        (False, "not a time"),
        (-5, "not a time"),
        (1e17, "not a time"),
        (NOW + 31, "begins in"),
        (NOW + 30.5, "begins in"),
        (NOW + 10**6, "begins in"),
    ),
    "nbf": (
        (None, "not a time"),
        ("0", "not a time"),
        ({}, "not a time"),
        (-1, "not a time"),
        (NOW + 31, "begins in"),
        (NOW + 3600, "begins in"),
    ),
}
AUDIENCES: tuple[object, ...] = (
    *(["pypi"], ["pypi", "testpypi"], ["testpypi", "pypi"], [["pypi"]], {"pypi": 1}, [], None),
    *(
        "",
        "PyPI",
        "PYPI",
        "pyp",
        "pypi ",
        " pypi",
        "pypi/",
        "pypi.evil",
        "pypi\x00",
        "pypi,testpypi",
    ),
    *("testpypi", "https://github.com/octo", "\u0440ypi", "sigstore", 1, True, "*", "pypi\u200b"),
)
ISSUERS = (
    *(f"{ISSUER}/", f"{ISSUER}:443", f"{ISSUER}/octo", f"{ISSUER}.", f"{ISSUER}#", f"{ISSUER}?"),
    *(f" {ISSUER}", f"{ISSUER}\x00", ISSUER.upper(), ISSUER.replace("https", "http")),
    *(
        ISSUER.replace("token", "Token"),
        ISSUER.replace("//", "//octo@"),
        ISSUER.replace("o", "\u043e", 1),
    ),
    *(
        "",
        "https://evil.example",
        "https://evil.example/https://token.actions.githubusercontent.com",
    ),
    *(
        "file:///etc/passwd",
        "http://169.254.169.254/latest",
        "https://gitlab.com",
        "githubusercontent",
    ),
)
WORKFLOWS: tuple[object, ...] = (
    *(None, "", 7, [f"{HOME}/release.yml@refs/tags/v1.0"]),
    f"{HOME}/release.yml",
    f"{HOME}/release.yml@",
    f"{HOME}/release.yml@refs/heads/main",
    f"{HOME}/release.yml@{SHA[:-1]}",
    f"{HOME}/release.yml@refs/tags/v1.0@refs/tags/v1.0",
    f"{HOME}/release.yml@refs/tags/v1.0 ",
    f" {HOME}/release.yml@refs/tags/v1.0",
    f"{HOME}/release.yml@refs/tags/v1.0\n",
    f"{HOME}/Release.yml@refs/tags/v1.0",
    f"{HOME}/release.yaml@refs/tags/v1.0",
    f"{HOME}/evil.yml@refs/tags/v1.0",
    f"{HOME}/evil.yml@release.yml@refs/tags/v1.0",
    f"{HOME}/evil/release.yml@refs/tags/v1.0",
    f"{HOME}/../workflows/release.yml@refs/tags/v1.0",
    f"{HOME}//release.yml@refs/tags/v1.0",
    f"{HOME}/%72elease.yml@refs/tags/v1.0",
    "octo/widget/release.yml@refs/tags/v1.0",
    "octo/widget/.github/release.yml@refs/tags/v1.0",
    "octo/widget/.GitHub/workflows/release.yml@refs/tags/v1.0",
    "evil/widget/.github/workflows/release.yml@refs/tags/v1.0",
    "octo/evil/.github/workflows/release.yml@refs/tags/v1.0",
    "xocto/widget/.github/workflows/release.yml@refs/tags/v1.0",
    f"evil/x/{HOME}/release.yml@refs/tags/v1.0",
    f"evil/x/.github/workflows/a.yml@refs/heads/{HOME}/release.yml@refs/tags/v1.0",
    "release.yml@refs/tags/v1.0",
    ".github/workflows/release.yml@refs/tags/v1.0",
)
REPOSITORIES: tuple[object, ...] = (
    *(None, "", "/", "octo", "octo/", "/widget", "widget/octo", "octo/widget/", "octo//widget"),
    *(
        "octo/widget/x",
        "octo/widget.git",
        "evil/widget",
        "octo/other",
        "octo/widget ",
        "\u043e\u0441to/widget",
    ),
    *(["octo/widget"], 7, {"octo": "widget"}, "octo/widget\x00", "%", "octo/widge_", "5001/7001"),
)
OWNER_IDS: tuple[object, ...] = (
    *(None, "", 5001, 5001.0, True, ["5001"], "5002", "05001", "5001 ", "+5001", "5001.0", "octo"),
    *("0x1389", "\uff15\uff10\uff10\uff11", "7001", "-5001"),
)
OWNERS: tuple[object, ...] = (None, "", 5001, "5001", "evil", "octo ", "\u043e\u0441to", ["octo"])
EVENTS: tuple[object, ...] = ("pull_request_target", None, 7, ["push"])
ENVIRONMENTS: tuple[object, ...] = (
    *(
        ...,
        None,
        "",
        "testpypi",
        "pypi ",
        " pypi",
        "\u0440ypi",
        ["pypi"],
        True,
        "pypi,testpypi",
        "pyp",
    ),
)
TOKEN_IDS: tuple[object, ...] = (..., None, "", 7, ["x"], {})


def standard_claims() -> Iterator[Attack]:
    """Issuer, audience and times."""
    for claim, values in TIMES.items():
        for value, why in values:
            yield Attack(f"{claim} {value!r}", genuine(**{claim: value}), "invalid-token", why)
    huge = rs256(header(), _replaced(b'"exp": %d' % (NOW + 290), b'"exp": 1e999'))
    yield Attack("exp 1e999", huge, "invalid-payload", "malformed")
    for name, shape in (
        ("list", b"[" * 600 + b"]" * 600),
        ("object", b'{"a":' * 600 + b"1" + b"}" * 600),
    ):
        deep = rs256(header(), _replaced(b'"exp"', b'"deep": %s, "exp"' % shape))
        yield Attack(f"a {name} 600 deep", deep, "invalid-payload", "malformed")
    for audience in (*AUDIENCES, ...):
        why = "no claim 'aud'" if audience is ... else "audience must be"
        yield Attack(f"aud {audience!r}", genuine(aud=audience), "invalid-token", why)
    for issuer in ISSUERS:
        yield Attack(f"iss {issuer!r}", genuine(iss=issuer), "invalid-payload", "unknown")


def identities() -> Iterator[Attack]:
    """A genuine token of another place, or one that says its place in another way."""
    for claim, values in {
        "job_workflow_ref": (..., *WORKFLOWS),
        "repository": (..., *REPOSITORIES),
        "repository_owner": (..., *OWNERS),
        "repository_owner_id": (..., *OWNER_IDS),
        "event_name": (..., *EVENTS),
        "environment": ENVIRONMENTS,
        "jti": TOKEN_IDS,
        "ref": (..., None, "refs/heads/evil"),
        "sha": (..., None),
    }.items():
        for value in values:
            token = genuine(**{claim: value})
            if claim == "ref" and value == "refs/heads/evil":
                token = genuine(ref=value, sha="")
            yield Attack(f"{claim} {value!r}", token, "invalid-publisher", "valid token, but")
    for name, bent in TOGETHER.items():
        yield Attack(name, genuine(**bent), "invalid-publisher", "valid token, but")


TOGETHER: dict[str, dict[str, object]] = {
    "the right name under a forged owner": {"repository_owner_id": "6666", "repository_id": "7001"},
    "the right id under another name": {"repository_owner": "evil", "repository": "evil/widget"},
    "ids in the place of names": {"repository": "5001/7001", "repository_owner": "5001"},
    "ref and sha empty": {"ref": "", "sha": "", "job_workflow_ref": f"{HOME}/release.yml@"},
    "a ref that is a workflow": {
        "ref": f"refs/heads/{HOME}/release.yml@refs/tags/v1.0",
        "job_workflow_ref": f"{HOME}/evil.yml@refs/heads/{HOME}/release.yml@refs/tags/v1.0",
    },
    "a file whose name holds the registered one": {
        "job_workflow_ref": f"{HOME}/release.yml@evil.yml@refs/tags/v1.0"
    },
    "a fork of the same name": {
        "repository": "fork/widget",
        "repository_owner": "fork",
        "repository_owner_id": "6666",
        "job_workflow_ref": "fork/widget/.github/workflows/release.yml@refs/tags/v1.0",
    },
    "a reusable workflow elsewhere": {
        "job_workflow_ref": "shared/flows/.github/workflows/release.yml@refs/heads/main",
        "workflow_ref": f"{HOME}/release.yml@refs/tags/v1.0",
    },
    "the subject says it all": {"sub": "repo:octo/widget:environment:pypi", "repository": "e/x"},
}


def _replaced(old: bytes, new: bytes) -> bytes:
    raw = json.dumps(claims()).encode()
    assert old in raw
    return raw.replace(old, new)
