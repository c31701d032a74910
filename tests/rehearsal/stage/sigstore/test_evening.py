import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from bonded.publishers.github import ISSUER
from bonded.rehearsal.stage.sigstore.evening import HOSTS, REKOR, REKOR_V2, TUF, Sigstore
from bonded.rehearsal.stage.sigstore.faults import Fault
from sigstore_world import Signer, issuer, sigstore


def asked(made: Sigstore, host: str, path: str, body: Any = None) -> Any:
    """Return the answer of the service that has this host."""
    app: Any = made.apps()[host]()
    client = TestClient(app)
    return client.post(path, json=body) if body else client.get(path)


def test_every_host_has_a_service() -> None:
    """The services have the names of the real ones, and nothing else is staged."""
    assert set(sigstore().apps()) == set(HOSTS)


@pytest.mark.parametrize("host", [host for host in HOSTS if host != TUF])
def test_when_it_is_down(host: str) -> None:
    """In an outage every service says so, but for the files of the trust root."""
    made = sigstore(Fault.DOWN)
    assert asked(made, TUF, "/timestamp.json").content == made.tuf_files["timestamp.json"]
    answer = asked(made, host, "/api/v1/log")

    assert (answer.status_code, answer.text) == (503, "Service Unavailable\n")


def test_when_it_is_slow() -> None:
    """A slow service lets everyone wait, as long as it was told, and then answers."""
    waited: list[float] = []

    async def pause(seconds: float) -> None:
        waited.append(seconds)

    made = Sigstore(issuer(), ISSUER, faults=frozenset({Fault.SLOW}), delay=7.0, pause=pause)
    answer = asked(made, REKOR, "/api/v1/log")

    assert answer.status_code == 200
    assert waited == [7.0]


def test_the_clock_is_an_argument() -> None:
    """Certificates and entries have the time that the evening has."""
    made = sigstore()
    made.conditions.clock = lambda: 1_900_000_000.5
    index = made.rekor.create(Signer(made).file())
    assert isinstance(index, int)
    ((_, entry),) = made.rekor.entry(index).items()

    assert entry["integratedTime"] == 1_900_000_000


def test_the_documents() -> None:
    """The trust root has two logs, one CT log and two authorities; the configuration names the services."""
    made = sigstore()
    root, config = json.loads(made.trusted_root_json()), json.loads(made.signing_config_json())

    assert [len(root[name]) for name in ("tlogs", "ctlogs", "certificateAuthorities")] == [2, 1, 1]
    assert [service["url"] for service in config["rekorTlogUrls"]] == [f"https://{REKOR}"]
    assert json.loads(made.trust_config_json())["trustedRoot"] == root


def test_no_two_evenings_share_a_key() -> None:
    """Every key is made new."""
    keys = [
        log["logId"]["keyId"]
        for _ in range(2)
        for log in json.loads(sigstore().trusted_root_json())["tlogs"]
    ]

    assert len(set(keys)) == 4


def test_the_second_version() -> None:
    """With Rekor v2 alone, the configuration names it, and an entry that comes twice is one entry."""
    made = sigstore(Fault.V2_ONLY)
    config = json.loads(made.signing_config_json())
    proposed = Signer(made).file_v2()
    first, second = (asked(made, REKOR_V2, "/api/v2/log/entries", proposed) for _ in range(2))

    assert [(s["url"], s["majorApiVersion"]) for s in config["rekorTlogUrls"]] == [
        (f"https://{REKOR_V2}", 2)
    ]
    assert (first.status_code, first.json()["logIndex"]) == (201, "1")
    assert second.json()["logIndex"] == "1"


def test_the_second_version_refuses() -> None:
    """What is no entry is refused as gRPC's gateway refuses."""
    answer = asked(sigstore(), REKOR_V2, "/api/v2/log/entries", {"dsseRequestV002": {}})

    assert (answer.status_code, answer.json()["code"]) == (400, 3)
