"""Write the page and the JSON schema of the settings of an index from the keys that the code declares."""

import json
from pathlib import Path

from bonded.index.configuration.reference import page
from bonded.index.configuration.schema import json_schema
from bonded.index.configuration.sections import SECTIONS

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"

(REFERENCE / "serve-settings.md").write_text(page(SECTIONS), encoding="utf-8")
(REFERENCE / "serve.schema.json").write_text(
    json.dumps(json_schema(SECTIONS), indent=2) + "\n", encoding="utf-8"
)
