"""The file that says what an index demands and whom it trusts: TOML in, a value or every fault at once out.

    name = "Example packages"
    trusted-proxies = ["10.0.0.1"]
    issuers-only = false
    ca-bundle = "authorities.pem"    # for every issuer; each may have its own

    [mint]
    audience = "packages.example"
    like = "bonded"                  # or "pypi": whose rules the following begin with
    require-environment = true

    [database]
    url = "postgresql://bonded@db.example/packages"

    [attestations]
    policy = "verify"                # or "refuse"
    trust-root = "sigstore.json"     # or "public"

    [[issuers]]
    url = "https://gitlab.example"
    kind = "gitlab"

One file for each table: its keys as data (`SECTION`), and `read`, which makes a value of them. To add a table:

1. write its file: a `SECTION` with a `Key` for each key, a frozen value, and `read(table)`, which takes every key and
   ends with `table.close()`; what cannot be goes to `table.unexpected` or `table.fault` and is never raised;
2. name its `SECTION` in `sections`, the only list: the schema, the docs page and the environment follow from it;
3. in `document`, read it, and give `Configuration` a field for it, which `Configuration.settings` hands on.
"""

from bonded.index.configuration.document import Configuration, read_configuration
from bonded.index.configuration.mint import audience_fault

__all__ = ["Configuration", "audience_fault", "read_configuration"]
