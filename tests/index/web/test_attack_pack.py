"""The attack pack over HTTP: PyPI's shape and status for each, never an error of the server's."""

from pathlib import Path

from attacks.statements import identities, standard_claims
from attacks.texts import form_and_signature
from bonded.dists.names import ProjectName
from claims_builder import key, publisher
from index_world import world


def test_every_attack_gets_the_same_shape_of_answer(tmp_path: Path) -> None:
    """422 with one code and one sentence, and nothing is published or granted."""
    with world(tmp_path, key()) as index:
        index.index.register(publisher(), ProjectName("greeter"))
        for attack in (*form_and_signature(), *standard_claims(), *identities()):
            answer = index.client.post("/_/oidc/mint-token", json={"token": attack.token})

            assert answer.status_code == 422, attack.name
            body = answer.json()
            assert set(body) == {"message", "errors"}, attack.name
            assert [error["code"] for error in body["errors"]] == [attack.code], attack.name
        assert index.index.files() == []
