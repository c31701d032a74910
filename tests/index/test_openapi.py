"""The description of every address: complete, published, and true."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.types import ASGIApp

from bonded.index.configuration.health import HealthTable
from bonded.index.openapi import OPERATIONS, document
from bonded.index.watching import Clocks, watch
from bonded.index.web.health import Health
from index_world import NOW, World, wheel_offer, world

DOCS = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 8
"""For each operation and kind of path; thousands were played by hand."""


@dataclass(frozen=True, slots=True)
class Played:
    """An index under watch with one file, and its description as schemathesis knows it."""

    world: World
    app: ASGIApp
    schema: schemathesis.BaseSchema
    known: dict[str, str]
    tokens: dict[str, str]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Open one index for all operations."""
    folder = tmp_path_factory.mktemp("openapi")
    with world(folder) as index:
        found = watch(
            index.index,
            folder,
            health=HealthTable(min_free=1),
            clocks=Clocks(lambda: NOW, lambda: NOW),
            entropy=lambda size: b"a" * size,
        )
        assert index.upload(wheel_offer()).status_code == 200
        page = index.client.get("/simple/greeter/").text
        place = re.search(r'href="([^"#]+)#', page)
        assert place is not None
        *_, a, b, rest, filename = place[1].split("/")
        known = {"name": "greeter", "version": "1.0", "a": a, "b": b, "rest": rest}
        admin = index.index.administration.new_token("admin")
        yield Played(
            index,
            found.app,
            schemathesis.openapi.from_asgi("/-/openapi.json", found.app),
            {**known, "filename": filename},
            {"admin": admin, "upload": index.token, "metrics": admin},
        )


def test_every_route_is_described(tmp_path: Path) -> None:
    """Nothing is answered that is not described, and nothing described that is not answered."""
    with world(tmp_path) as index:
        health = Health.__new__(Health).routes()
        routes = [*index.index.routes, *health]
        answered = {
            (method.lower(), route.path)  # type: ignore[attr-defined]  # all are of starlette's Route
            for route in routes
            for method in route.methods - {"HEAD"}  # type: ignore[attr-defined]  # as above
        }

    assert {(one.method, one.path) for one in OPERATIONS} == answered
    assert len({one.name for one in OPERATIONS}) == len(OPERATIONS)


def test_the_published_description_is_this_one() -> None:
    """The docs have what the index serves: `scripts/index_docs.py` writes it."""
    assert json.loads(DOCS.read_text()) == document()


def test_the_description_is_valid() -> None:
    """It is one of OpenAPI 3.1, and its schemas are schemas."""
    described = document()
    paths = described["paths"]
    assert isinstance(paths, dict)
    media = [
        media
        for path in paths.values()
        for operation in path.values()
        for response in operation["responses"].values()
        for media in response.get("content", {}).values()
    ]
    for one in media:
        jsonschema.Draft202012Validator.check_schema(one.get("schema", {}))

    assert described["openapi"] == "3.1.0"
    assert len(media) > 100


@pytest.mark.parametrize("name", [one.name for one in OPERATIONS])
def test_every_answer_is_as_described(played: Played, name: str) -> None:
    """Whatever the description allows to ask, the answer is one of those it names, and never the server's fault."""
    (told,) = (one for one in OPERATIONS if one.name == name)
    operation = played.schema[told.path][told.method.upper()]
    headers = {}
    if told.auth in played.tokens:
        headers["authorization"] = f"Bearer {played.tokens[told.auth]}"

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(), st.booleans(), st.booleans())
    def play(case: "schemathesis.Case[Any]", is_known: bool, is_stranger: bool) -> None:  # noqa: FBT001 - drawn
        if is_known and case.path_parameters:
            case.path_parameters.update(
                {key: played.known.get(key, "x") for key in case.path_parameters}
            )
        answer = case.call(headers={} if is_stranger else headers, allow_redirects=False)
        case.validate_response(answer, checks=CHECKS)

    play()
