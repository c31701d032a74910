"""The upload form of a distribution: its core metadata under the form's names, and what the protocol adds. Pure.

The names are those that every index takes: core metadata in lower snake case, with the singulars and plurals of the
first uploaders. Empty values stay away.
"""

from collections.abc import Mapping

from bonded.dists.digests import Digests
from bonded.dists.metadata import CoreMetadata
from bonded.dists.names import FileName, WheelName

__all__ = ["form_of"]

_NAMES: Mapping[str, str] = {
    "platforms": "platform",
    "supported_platforms": "supported_platform",
    "license_files": "license_file",
    "import_names": "import_name",
    "import_namespaces": "import_namespace",
}
"""Fields of `packaging` that the form spells otherwise."""


def form_of(
    name: FileName, metadata: CoreMetadata, digests: Digests
) -> tuple[tuple[str, str], ...]:
    """Return the form's fields in order, without the file and its attestations."""
    is_wheel = isinstance(name, WheelName)
    python = name.filename.removesuffix(".whl").split("-")[-3] if is_wheel else "source"
    pairs = [
        (":action", "file_upload"),
        ("protocol_version", "1"),
        ("filetype", "bdist_wheel" if is_wheel else "sdist"),
        ("pyversion", python),
        ("sha256_digest", digests.sha256),
        ("blake2_256_digest", digests.blake2b_256),
    ]
    for field, value in metadata.fields.items():
        pairs += [(_NAMES.get(field, field), text) for text in _texts(field, value) if text]
    return tuple(pairs)


def _texts(field: str, value: object) -> list[str]:
    if isinstance(value, Mapping):
        return [f"{label}, {link}" for label, link in value.items()]
    if isinstance(value, list):
        return [",".join(value)] if field == "keywords" else list(value)
    return [str(value)]
