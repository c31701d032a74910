"""Files whose inside does not say what the form says, or says what cannot be: the check, and words of its sentence."""

from dataclasses import replace

from hostile_forms import WHEEL, Bend
from index_world import Offer, core_metadata, wheel, zipped
from wheel_bends import members

__all__ = ["INSIDE"]


def _inside(metadata: str | bytes, **fields: str) -> Offer:
    data = metadata.encode() if isinstance(metadata, str) else metadata
    return WHEEL.with_data(wheel(metadata=data)).bent(**fields)


def _says(more: str, **fields: str) -> Offer:
    return _inside(core_metadata(more=more), **fields)


def _entry_points(text: bytes) -> Offer:
    return WHEEL.with_data(zipped(members({"greeter-1.0.dist-info/entry_points.txt": text})))


_METADATA: list[tuple[str, str | bytes, str]] = [
    ("of another project", core_metadata("other"), "Name: expected 'other', got 'greeter'"),
    ("of another version", core_metadata(version="1.1"), "Version: expected '1.1', got '1.0'"),
    ("without a name", "Metadata-Version: 2.1\nVersion: 1.0\n", "Name: expected nothing"),
    ("without a version", "Metadata-Version: 2.1\nName: greeter\n", "Version: expected nothing"),
    ("that is empty", b"", "Name: expected nothing"),
    ("of noise", bytes(range(256)), "Name: expected nothing"),
    (
        "with two names",
        "Metadata-Version: 2.1\nName: greeter\nName: evil\nVersion: 1.0\n",
        "name: expected one value",
    ),
    (
        "with two versions",
        "Metadata-Version: 2.1\nName: greeter\nVersion: 1.0\nVersion: 2.0\n",
        "version: expected",
    ),
    (
        "with two summaries",
        core_metadata(more="Summary: a\nSummary: b\n"),
        "summary: expected one value",
    ),
    (
        "with two Pythons",
        core_metadata(more="Requires-Python: >3\nRequires-Python: >2\n"),
        "requires-python: expected",
    ),
    (
        "with two descriptions",
        core_metadata(more="Description: a\n"),
        "description: expected one value",
    ),
    (
        "in Latin-1",
        core_metadata(more="Author: x\n").replace(b"x", b"\xe9"),
        "author: expected one value in UTF-8",
    ),
    ("with a version of many digits", core_metadata(version="1" * 5000), "Version: expected"),
    ("with a body in front", b"\n" + core_metadata(), "Name: expected nothing"),
]

INSIDE: dict[str, Bend] = {
    **{
        f"METADATA {name}": ("inside_agrees_with_form", _inside(text), words)
        for name, text, words in _METADATA
    },
    **{
        f"form says {field}, the file does not": (
            "inside_agrees_with_form",
            WHEEL.bent(**{field: value}),
            "expected nothing",
        )
        for field, value in [
            ("summary", "x"),
            ("requires_dist", "evil"),
            ("requires_python", ">=3.8"),
            ("license", "MIT"),
            ("author", "x"),
            ("author_email", "x@x.example"),
            ("maintainer", "x"),
            ("keywords", "a,b"),
            ("home_page", "https://x.example"),
            ("download_url", "https://x.example"),
            ("provides_extra", "x"),
            ("project_urls", "A, https://x.example"),
            ("classifiers", "Typing :: Typed"),
            ("platform", "x"),
            ("requires_external", "x"),
            ("description_content_type", "text/markdown"),
        ]
    },
    "form has another description": (
        "inside_agrees_with_form",
        WHEEL.bent(description="other"),
        "Description: expected",
    ),
    "form drops a requirement": (
        "inside_agrees_with_form",
        replace(_says("Requires-Dist: a\nRequires-Dist: b\n"), more=[("requires_dist", "a")]),
        "Requires-Dist: expected 'b'",
    ),
    "form adds a requirement": (
        "inside_agrees_with_form",
        replace(
            _says("Requires-Dist: a\n"), more=[("requires_dist", "a"), ("requires_dist", "evil")]
        ),
        "got 'evil'",
    ),
    "form loosens a requirement": (
        "inside_agrees_with_form",
        _says("Requires-Dist: a>=2\n", requires_dist="a"),
        "'a>=2'",
    ),
    "form drops a marker": (
        "inside_agrees_with_form",
        _says('Requires-Dist: a; extra == "x"\n', requires_dist="a"),
        "got 'a'",
    ),
    "form loosens Python": (
        "inside_agrees_with_form",
        _says("Requires-Python: >=3.9\n", requires_python=">=3.8"),
        "'>=3.9'",
    ),
    "form moves a link": (
        "inside_agrees_with_form",
        _says("Project-URL: A, https://a.example\n", project_urls="A, https://b.example"),
        "https://b.example",
    ),
    **{
        f"Metadata-Version {version!r}": (
            "metadata_version_is_known",
            _inside(f"{version}Name: greeter\nVersion: 1.0\n".encode()),
            "must say Metadata-Version: 1.x or 2.x",
        )
        for version in (
            "",
            *(f"Metadata-Version: {one}\n" for one in ("abc", "3.0", "9.9", "2", "2.4.1")),
        )
    },
    **{
        f"left out and invalid: {more.strip()[:60]}": (
            "what_the_form_omits_is_valid",
            _says(more),
            words,
        )
        for more, words in [
            ("Requires-Python: three\n", "an invalid requires-python"),
            ("Requires-Dist: a b\n", "an invalid requires-dist"),
            (f"Requires-Dist: a>={'1' * 5000}\n", "more than 640 digits"),
            (f"Requires-Dist: a; python_version >= '{'1' * 5000}'\n", "more than 640 digits"),
            (f"Requires-Python: >={'1' * 641}\n", "more than 640 digits"),
            ("Provides-Extra: -\n", "an invalid provides-extra"),
            ("Requires-Dist: a @ file:///x\n", "direct dependency"),
            ("Classifier: Private :: Do Not Upload\n", "not a valid classifier"),
        ]
    },
    **{
        f"entry points {text!r}": ("entry_points_are_well_formed", _entry_points(text), words)
        for text, words in [
            (b"[console_scripts]\n../x = a:b\n", "names a script '../x'"),
            (b"[console_scripts]\na b = a:b\n", "names a script"),
            (b"[gui_scripts]\n/x = a:b\n", "names a script '/x'"),
            (b"[console_scripts]\n = a:b\n", "cannot be read|names"),
            (b"a = b\n", "cannot be read"),
            (b"[x\na = b\n", "cannot be read"),
            (b"\xff", "cannot be read"),
            (b"[x]\n[x]\n", "cannot be read"),
            (b"[x]\na = b\na = c\n", "cannot be read"),
            (b"[x]\na\n", "cannot be read"),
        ]
    },
    "no RECORD": (
        "record_is_inside",
        WHEEL.with_data(
            zipped({name: data for name, data in members().items() if "RECORD" not in name})
        ),
        "required RECORD file",
    ),
    **{
        f"attestations {text[:10]!r}": (
            "attestations_are_well_formed",
            WHEEL.bent(attestations=text),
            "does not take attestations",
        )
        for text in ("[]", "[{}]", "{}", "null", "x", "[" * 1000)
    },
}
