"""Write what the docs have of an index from the code: the page and schema of its settings, its OpenAPI description."""

import json
from pathlib import Path

from bonded.index.configuration.reference import page
from bonded.index.configuration.schema import json_schema
from bonded.index.configuration.sections import SECTIONS
from bonded.index.openapi import document

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"

(REFERENCE / "serve-settings.md").write_text(page(SECTIONS), encoding="utf-8")
(REFERENCE / "serve.schema.json").write_text(
    json.dumps(json_schema(SECTIONS), indent=2) + "\n", encoding="utf-8"
)
(REFERENCE / "openapi.json").write_text(json.dumps(document(), indent=2) + "\n", encoding="utf-8")
