"""`bonded publish` in jobs of several CI services, each with its own way to an ID token, at one index."""

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import claims_buildkite
import claims_circleci
import claims_gitlab
from bonded.oidc.ambient import variable_for
from bonded.oidc.issue import issue
from bonded.publishers import Publisher
from index_world import signing_key, wheel_offer
from served_world import BIN, Served, served

pytestmark = pytest.mark.play

SERVICES: dict[str, tuple[Callable[..., dict[str, object]], Publisher]] = {
    "gitlab": (claims_gitlab.claims, claims_gitlab.publisher()),
    "buildkite": (claims_buildkite.claims, claims_buildkite.publisher()),
    "circleci": (claims_circleci.claims, claims_circleci.publisher()),
}
_digits = itertools.count()


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An index that believes the issuers of all of them."""
    issuers = "".join(
        f'[[issuers]]\nurl = "{publisher.issuer}"\nkind = "{kind}"\nkeys = "keys.json"\n'
        for kind, (_, publisher) in SERVICES.items()
    )
    with served(tmp_path_factory.mktemp("any"), issuers) as running:
        yield running


def job(kind: str, token: str, audience: str, tools: Path) -> dict[str, str]:
    """Return the environment in which a job of this service finds its token."""
    if kind == "gitlab":
        return {"GITLAB_CI": "true", variable_for(audience): token}
    variable, program = {
        "buildkite": ("BUILDKITE", "buildkite-agent"),
        "circleci": ("CIRCLECI", "circleci"),
    }[kind]
    path = tools / program
    path.write_text(f"#!/bin/sh\necho {token}\n")
    path.chmod(0o755)
    return {variable: "true", "PATH": f"{tools}:{BIN}:/usr/bin:/bin"}


@pytest.mark.parametrize("kind", SERVICES)
def test_a_job_publishes_by_its_identity(index: Served, tmp_path: Path, kind: str) -> None:
    """Each service's job begins its project; nothing but the service's own ways is needed."""
    claims, publisher = SERVICES[kind]
    project = f"greeter-{kind}"
    fields = [f"{name}={value}" for name, value in publisher.to_fields().items() if value]
    words = (word for field in fields for word in ("--field", field))
    index.publisher("add", project, "--kind", kind, "--pending", *words)
    audience = str(index.said["audience"])
    now = int(time.time())
    token = issue(
        claims(aud=audience, iat=now, nbf=now, exp=now + 300, jti=f"any-{now}-{next(_digits)}"),
        signing_key(),
    )
    offer = wheel_offer(project.replace("-", "_"))
    assert offer.filename is not None
    path = tmp_path / offer.filename
    path.write_bytes(offer.data)
    done = index.run(
        *("bonded", "publish", str(path), "--to", f"{index.address}/legacy/"),
        **job(kind, token, audience, tmp_path),
    )

    assert done.returncode == 0, done.stderr
    assert "published, served as sent" in done.stdout
    assert token not in done.stdout + done.stderr
