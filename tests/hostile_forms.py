"""Upload forms that are wrong in one thing: for each the check that refuses it, and words of its sentence."""

from collections.abc import Mapping
from dataclasses import replace

from index_world import Offer, sdist_offer, wheel_offer

__all__ = ["FIELDS", "SDIST", "WHEEL", "Bend"]

WHEEL, SDIST = wheel_offer(), sdist_offer()
Bend = tuple[str, Offer, str]
"""The check, the upload, and words of the sentence; the status is 400."""


def _table(check: str, words: str, field: str, values: Mapping[str, str | None]) -> dict[str, Bend]:
    """Return one bend for each value of a field, all with one verdict."""
    return {
        f"{field}: {name}": (check, WHEEL.bent(**{field: value}), words)
        for name, value in values.items()
    }


def _twice(field: str, value: str = "x") -> Offer:
    return replace(WHEEL.bent(**{field: value}), more=[(field, f"{value}1")])


def _file(field: str) -> Offer:
    return replace(WHEEL, file_fields={field: b"x"})


_OLD, _NEW = "introduced in metadata version", "2.4"

FIELDS: dict[str, Bend] = {
    **{
        f"{field} is a file": ("fields_are_texts", _file(field), f"{field}: Should not be a tuple.")
        for field in (
            "name",
            "version",
            ":action",
            "metadata_version",
            "sha256_digest",
            "attestations",
            "x",
            "",
        )
    },
    "two files": ("fields_are_texts", _file("content"), "content: Should not be a tuple."),
    **_table(
        "protocol_version_is_1",
        "Unknown protocol version. Expected '1'",
        "protocol_version",
        {"2": "2", "1.0": "1.0", "01": "01", "one": "one", "minus": "-1", "Arabic digit": "\u0661"},
    ),
    **_table(
        "filetype_is_known",
        "Use a known file type: 'sdist' or 'bdist_wheel'",
        "filetype",
        {
            "egg": "bdist_egg",
            "dumb": "bdist_dumb",
            "rpm": "bdist_rpm",
            "wininst": "bdist_wininst",
            "msi": "bdist_msi",
            "dmg": "bdist_dmg",
            "capitals": "BDIST_WHEEL",
            "wheel": "wheel",
            "empty": "",
            "absent": None,
            "NUL": "sdist\0",
        },
    ),
    **_table(
        "python_version_fits",
        "Python version is required",
        "pyversion",
        {"empty": "", "absent": None, "blank": " "},
    ),
    **{
        f"sdist for {text!r}": ("python_version_fits", SDIST.bent(pyversion=text), f"got {text!r}")
        for text in ("py3", "3.11", "any", "Source", "cp311")
    },
    **_table(
        "a_digest_is_given",
        "Include at least one message digest",
        "sha256_digest",
        {"empty": "", "absent": None, "blanks": "  "},
    ),
    **_table(
        "digests_match",
        "does not match a digest",
        "sha256_digest",
        {
            "zeros": "0" * 64,
            "short": "0",
            "long": "0" * 65,
            "text": "sha256",
            "of nothing": "e3b0c442" + "0" * 56,
            "no ASCII": "é" * 64,
            "NUL": "\0",
        },
    ),
    **_table(
        "digests_match",
        "md5_digest is",
        "md5_digest",
        {"zeros": "0" * 32, "text": "x", "sha256": "0" * 64},
    ),
    **_table(
        "digests_match",
        "blake2_256_digest is",
        "blake2_256_digest",
        {"zeros": "0" * 64, "text": "x"},
    ),
    **_table(
        "metadata_is_valid",
        "is not a valid metadata version",
        "metadata_version",
        {
            "absent": None,
            "empty": "",
            "2.0": "2.0",
            "3.0": "3.0",
            "99": "99.99",
            "text": "new",
            "UNKNOWN": "UNKNOWN",
        },
    ),
    **_table(
        "metadata_is_valid",
        "is an invalid value for Name",
        "name",
        {
            "empty": "",
            "absent": None,
            "hyphen in front": "-a",
            "dot at the end": "a.",
            "blank inside": "a b",
            "slash": "a/b",
            "no ASCII": "grüßer",
            "Cyrillic": "gr\u0435eter",
            "line feed": "greeter\nx",
            "NUL": "greeter\0",
            "markup": "<script>",
            "up": "..",
            "fullwidth": "\uff47reeter",
            "percent": "a%20b",
            "Turkish i": "İnspect",
        },
    ),
    **_table(
        "metadata_is_valid",
        "is an invalid value for Version",
        "version",
        {
            "text": "one",
            "empty": "",
            "absent": None,
            "blank": "1 0",
            "hyphens": "1-a-b",
            "line feed": "1.0\nx",
            "up": "../1",
            "Arabic digit": "\u0661",
            "two plus": "1+a+b",
            "markup": "1<b>",
            "comma": "1,0",
            "dots": "1..0",
        },
    ),
    "version: many digits": (
        "metadata_is_valid",
        WHEEL.bent(version="1" * 5000),
        "more than 640 digits",
    ),
    "requirement: many digits": (
        "metadata_is_valid",
        WHEEL.bent(requires_dist=f"six>={'1' * 5000}"),
        "more than 640 digits",
    ),
    "Python: many digits": (
        "metadata_is_valid",
        WHEEL.bent(requires_python=f">={'1' * 641}"),
        "more than 640 digits",
    ),
    "version: local": (
        "version_is_public",
        WHEEL.bent(version="1.0+local"),
        "The use of local versions in '1.0+local'",
    ),
    "version: local with commit": (
        "version_is_public",
        WHEEL.bent(version="1.0+g0123abc"),
        "is not allowed",
    ),
    "version: local with date": (
        "version_is_public",
        WHEEL.bent(version="1.0.dev1+d20260101"),
        "is not allowed",
    ),
    **_table(
        "metadata_is_valid",
        "Invalid value for summary",
        "summary",
        {"two lines": "a\nb", "two old lines": "a\r\nb"},
    ),
    "summary: long": (
        "summary_is_short",
        WHEEL.bent(summary="x" * 513),
        "longer than 512 characters, got 513",
    ),
    "summary: very long": ("summary_is_short", WHEEL.bent(summary="é" * 9000), "got 9000"),
    **_table(
        "metadata_is_valid",
        "Invalid value for requires-python",
        "requires_python",
        {
            "text": "three",
            "no operator": "3.8",
            "arrow": "=>3.8",
            "caret": "^3.8",
            "tilde": "~3.8",
            "braces": "{3.8}",
        },
    ),
    **_table(
        "metadata_is_valid",
        "Invalid value for requires-dist",
        "requires_dist",
        {
            "two names": "a b",
            "no name": ">1",
            "bad marker": "a; os",
            "bad bracket": "a[",
            "no version": "a>",
            "caret": "a^1",
            "line feed": "a\nb c",
            "option": "-r x.txt",
            "path": "./a",
            "address": "https://x.example/a",
        },
    ),
    **_table(
        "requirements_come_from_indexes",
        "Can't have direct dependency",
        "requires_dist",
        {
            "direct": "a @ https://x.example/a.whl",
            "git": "a@git+https://x.example/a",
            "file": "a @ file:///etc/passwd",
            "with a marker": "a @ https://x.example/a.whl ; python_version > '3'",
        },
    ),
    **_table(
        "requirements_come_from_indexes",
        "Can't have direct dependency",
        "provides_dist",
        {"direct": "a @ https://x.example/a.whl"},
    ),
    **_table(
        "metadata_is_valid",
        "Invalid value for provides-extra",
        "provides_extra",
        {"hyphen": "-", "blank": "a b", "no ASCII": "é"},
    ),
    **_table(
        "metadata_is_valid",
        "Invalid value for description-content-type",
        "description_content_type",
        {
            "HTML": "text/html",
            "PDF": "application/pdf",
            "no type": "markdown",
            "charset": "text/plain; charset=latin-1",
            "variant": "text/markdown; variant=MultiMarkdown",
            "semicolon": ";",
        },
    ),
    **_table(
        "classifiers_are_known",
        "is not a valid classifier",
        "classifiers",
        {
            "private": "Private :: Do Not Upload",
            "text": "x",
            "letter case": "typing :: typed",
            "blank": "Typing :: Typed ",
        },
    ),
    "classifiers: old": (
        "classifiers_are_known",
        WHEEL.bent(classifiers="Natural Language :: Ukranian"),
        "deprecated",
    ),
    **{
        f"{field}: {name}": ("links_are_links", WHEEL.bent(**{field: link}), "is not a valid url")
        for field in ("home_page", "download_url")
        for name, link in {
            "script": "javascript:alert(1)",
            "data": "data:text/html,x",
            "file": "file:///etc/passwd",
            "no scheme": "x.example",
            "no host": "https://",
            "blank": "https://x.example/a b",
            "FTP": "ftp://x.example/",
        }.items()
    },
    **_table(
        "links_are_links",
        "Invalid value for project_urls",
        "project_urls",
        {
            "no link": "Source",
            "script": "Source, javascript:alert(1)",
            "no label": ", https://x.example",
            "long label": f"{'x' * 33}, https://x.example",
            "link first": "https://x.example, Source",
        },
    ),
    "project_urls: one label twice": (
        "metadata_is_valid",
        replace(WHEEL, more=[("project_urls", "A, https://a"), ("project_urls", "A, https://b")]),
        "two links with one label",
    ),
    **_table(
        "metadata_is_valid",
        "Invalid value for license-expression",
        "license_expression",
        {"unknown": "MIT2", "sentence": "MIT and others", "or": "MIT OR", "brackets": "(MIT"},
    ),
    **{
        f"{field} before its time": (
            "metadata_is_valid",
            WHEEL.bent(metadata_version=version, **{field: value}),
            _OLD,
        )
        for field, value, version in [
            ("license_expression", "MIT", "2.3"),
            ("license_file", "LICENSE", "2.1"),
            ("dynamic", "license", "2.1"),
            ("provides_extra", "a", "1.2"),
            ("description_content_type", "text/plain", "1.2"),
            ("classifiers", "x", "1.0"),
            ("requires_python", ">=3", "1.1"),
            ("requires_dist", "a", "1.1"),
            ("maintainer", "a", "1.1"),
            ("project_urls", "A, https://a", "1.1"),
            ("download_url", "https://a", "1.0"),
            ("import_name", "a", "2.4"),
        ]
    },
    **{
        f"license_file {path!r}": (
            "metadata_is_valid",
            WHEEL.bent(metadata_version=_NEW, license_file=path),
            "Invalid value for license-file",
        )
        for path in ("../LICENSE", "/etc/passwd", "a\\b", "*.txt", "C:\\LICENSE")
    },
    "a licence file that is not there": (
        "inside_agrees_with_form",
        WHEEL.bent(metadata_version=_NEW, license_file="LICENSE"),
        "License-Files: expected",
    ),
    "two licences": (
        "one_licence_is_declared",
        WHEEL.bent(metadata_version=_NEW, license="MIT", license_expression="MIT"),
        "mutually exclusive",
    ),
    **{
        f"dynamic {name!r}": (
            "metadata_is_valid",
            WHEEL.bent(metadata_version="2.2", dynamic=name),
            "Invalid value for dynamic",
        )
        for name in ("name", "version", "metadata-version", "colour")
    },
    **{
        f"{field} twice": ("metadata_is_valid", _twice(field), "given 2 times")
        for field in (
            "summary",
            "author",
            "license",
            "requires_python",
            "home_page",
            "keywords",
            "description",
        )
    },
    "name twice": ("metadata_is_valid", replace(WHEEL, more=[("name", "other")]), "given 2 times"),
    "version twice": (
        "metadata_is_valid",
        replace(WHEEL, more=[("version", "2.0")]),
        "given 2 times",
    ),
    "no file": (
        "file_is_given",
        replace(WHEEL, filename=None),
        "Upload payload does not have a file.",
    ),
    "the file is a text": (
        "file_is_given",
        replace(WHEEL, filename=None, more=[("content", "x")]),
        "Upload payload does not have a file.",
    ),
    **{
        f"content type {kind!r}": (
            "content_type_is_plausible",
            replace(WHEEL, content_type=kind),
            "Its content type is",
        )
        for kind in ("", "image/png", "image/svg+xml", "image/")
    },
    "another project": (
        "project_exists",
        wheel_offer("stranger"),
        "The project 'stranger' does not exist",
    ),
    "a module of Python's": (
        "project_exists",
        wheel_offer("xml"),
        "The project 'xml' does not exist",
    ),
}
