"""Projects to look at: a book filled without uploads, with metadata, proofs and many files."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bonded.attestations.identities import Identity
from bonded.dists.digests import Digests
from bonded.dists.names import parse_project_name
from bonded.index.model import File, NewFile
from bonded.index.provenance import Proof, Proved
from index_world import NOW, World

COMMIT = "4f2c9d0f7a1be6d6a3c5f1e8b7d2a9c0e4f6b813"
PROVED = Proved(
    predicate_type="https://docs.example/attestations/publish/v1",
    commit=COMMIT,
    ref="refs/tags/v1.4.0",
    run="https://github.com/octo/greeter/actions/runs/811/attempts/1",
    log_index=104_729,
    time=int(NOW),
)
PROOF = Proof(
    publisher=Identity(
        kind="GitHub",
        fields=(
            ("repository", "octo/greeter"),
            ("workflow", "release.yml"),
            ("environment", "pypi"),
        ),
    ),
    attestations=(
        PROVED,
        replace(PROVED, predicate_type="https://slsa.example/provenance/v1", log_index=104_731),
    ),
)


def digests(text: str) -> Digests:
    """Return the digests of a text."""
    data = text.encode("utf-8", "surrogatepass")
    return Digests(
        md5=hashlib.md5(data, usedforsecurity=False).hexdigest(),
        sha256=hashlib.sha256(data).hexdigest(),
        blake2b_256=hashlib.blake2b(data, digest_size=32).hexdigest(),
    )


def file(filename: str, **bent: Any) -> File:
    """Return a file of this name, whose project and version are in it."""
    parts = filename.removesuffix(".tar.gz").split("-")
    wheel = filename.endswith(".whl")
    complete: dict[str, Any] = {
        "project": parse_project_name(parts[0]),
        "version": parts[1],
        "filename": filename,
        "packagetype": "bdist_wheel" if wheel else "sdist",
        "python_version": parts[2] if wheel else "source",
        "size": 7_900,
        "digests": digests(filename),
        "requires_python": ">=3.9",
        "metadata_sha256": "0" * 64 if wheel else None,
        "uploaded": NOW,
        "publisher": "GitHub octo/greeter release.yml",
    }
    return File(**{**complete, **bent})


def publish(stage: World, files: Sequence[File], metadata: Mapping[str, Any]) -> None:
    """Write files of one project into the book, the last as the newest."""
    with stage.index._records.writing() as book:
        for one in files:
            display = str(metadata.get("name", one.project))
            book.create_project(one.project, display, one.uploaded)
            book.add_file(NewFile(file=one, metadata=metadata, metadata_file=None, display=display))


README = """# Greeter

[![tests](https://ci.example/badge.svg)](https://ci.example/greeter) \
![coverage 98 %](https://cov.example/badge.svg) [![licence: MIT](https://b.example/mit.svg)](https://b.example)

Greeter says **hello** to whoever asks, in *forty* languages, without a dependency. It is small,
typed and tested. See the [documentation](https://greeter.example/docs) and the [changes](CHANGES.md).

> [!WARNING]
> Version 2 will greet people by their first name.

## Use it

Install it, then `import greeter`:

```python
from greeter import greet

# Any language that you like.
for name in ("Ada", "Grace"):
    print(greet(name, language="de"))  # Hallo, Ada!
```

### What it can do

| language | greeting | since |
|:---------|:---------|------:|
| English  | Hello    |   1.0 |
| Deutsch  | Hallo    |   1.1 |
| العربية  | مرحبا    |   1.3 |

1. Nested lists
   - with *emphasis*
   - and `code`
2. A task list
   - [x] done
   - [ ] not yet

Press <kbd>Ctrl</kbd>+<kbd>C</kbd> to stop greeting.[^1]

[^1]: Nobody ever did.
"""

METADATA: Mapping[str, Any] = {
    "name": "greeter",
    "summary": "Says hello to whoever asks, in forty languages",
    "description": README,
    "description_content_type": "text/markdown",
    "license_expression": "MIT",
    "requires_python": ">=3.9",
    "keywords": ["greeting", "hello", "i18n"],
    "author_email": "Ada Lovelace <ada@greeter.example>",
    "maintainer_email": "Grace Hopper <grace@greeter.example>, Müller <mueller@greeter.example>",
    "project_urls": {
        "Documentation": "https://greeter.example/docs",
        "Source": "https://github.com/octo/greeter",
        "Changelog": "https://github.com/octo/greeter/releases",
    },
    "requires_dist": ["babel>=2.14", 'tomli; python_version < "3.11"', "rich>=13; extra == 'cli'"],
    "provides_extra": ["cli"],
    "classifiers": [
        "Development Status :: 5 - Production/Stable",
        "Intended Audience :: Developers",
        "License :: OSI Approved :: MIT License",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Typing :: Typed",
    ],
}
