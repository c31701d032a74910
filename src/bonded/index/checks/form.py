"""Whether the form is filled in as the upload protocol and core metadata demand."""

import re
from difflib import get_close_matches

from bonded.dists.metadata import CoreMetadata, MetadataFault
from bonded.index.checks.case import Case, refuse
from bonded.index.model import Refusal

__all__ = [
    "a_digest_is_given",
    "classifiers_are_known",
    "fields_are_texts",
    "file_is_given",
    "filetype_is_known",
    "links_are_links",
    "metadata_is_valid",
    "nothing_is_private",
    "one_licence_is_declared",
    "protocol_version_is_1",
    "python_version_fits",
    "requirements_come_from_indexes",
    "summary_is_short",
    "version_is_public",
]

_LINK = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)
_MAX_SUMMARY = 512
_MAX_LABEL = 32
_MAX_SHOWN = 200


def fields_are_texts(case: Case) -> Refusal | None:
    """Only `content` (and the old `gpg_signature`) may be a file."""
    if case.submission.strays:
        return refuse(fields_are_texts, f"{case.submission.strays[0]}: Should not be a tuple.")
    return None


def protocol_version_is_1(case: Case) -> Refusal | None:
    """There never was another version of this protocol."""
    got = case.submission.text("protocol_version")
    if got in {"", "1"}:
        return None
    return refuse(protocol_version_is_1, f"Unknown protocol version. Expected '1', got {got!r}.")


def filetype_is_known(case: Case) -> Refusal | None:
    """Eggs and installers are history."""
    got = case.submission.text("filetype")
    if got in {"sdist", "bdist_wheel"}:
        return None
    return refuse(
        filetype_is_known,
        f"Invalid value for filetype. Error: Use a known file type: 'sdist' or 'bdist_wheel', got {got!r}.",
    )


def python_version_fits(case: Case) -> Refusal | None:
    """A wheel says for which Python it is; a source distribution is for all."""
    filetype, got = case.submission.text("filetype"), case.submission.text("pyversion")
    if filetype == "bdist_wheel" and not got:
        return refuse(
            python_version_fits,
            "Invalid value for pyversion. Error: Python version is required for binary distribution uploads.",
        )
    if filetype == "sdist" and got not in {"", "source"}:
        return refuse(
            python_version_fits,
            f"Invalid value for pyversion. Error: Use 'source' as Python version for an sdist, got {got!r}.",
        )
    return None


def a_digest_is_given(case: Case) -> Refusal | None:
    """Without a digest nobody would notice a file that broke on its way."""
    digests = ("md5_digest", "sha256_digest", "blake2_256_digest")
    if any(case.submission.text(name) for name in digests):
        return None
    return refuse(a_digest_is_given, "Error: Include at least one message digest.")


def metadata_is_valid(case: Case) -> Refusal | None:
    """Core metadata holds together; every fault is told, the one that PyPI would tell first."""
    metadata = case.submission.metadata
    if isinstance(metadata, CoreMetadata):
        return None
    first, *others = (_sentence(case, fault) for fault in metadata)
    also = f" Also: {' '.join(others)}" if others else ""
    return refuse(metadata_is_valid, first + also)


def _sentence(case: Case, fault: MetadataFault) -> str:
    if fault.field in {"name", "version"}:
        got = case.submission.text(fault.field)[:_MAX_SHOWN]
        return f"{got!r} is an invalid value for {fault.field.title()}. Error: {fault.message}."
    return f"Invalid value for {fault.field}. Error: {fault.message}."


def version_is_public(case: Case) -> Refusal | None:
    """Local versions (`1.0+mine`) are for one's own machines (PEP 440)."""
    if case.metadata.version.local is None:
        return None
    return refuse(
        version_is_public,
        f"'{case.metadata.version}' is an invalid value for Version. Error: "
        f"The use of local versions in '{case.metadata.version}' is not allowed.",
    )


def summary_is_short(case: Case) -> Refusal | None:
    """A summary is one line of a list."""
    length = len(case.metadata.text("summary"))
    if length <= _MAX_SUMMARY:
        return None
    return refuse(
        summary_is_short,
        f"Invalid value for summary. Error: Field cannot be longer than {_MAX_SUMMARY} characters, got {length}.",
    )


def classifiers_are_known(case: Case) -> Refusal | None:
    """PyPI takes only classifiers of its list, and those that say "private" are not on it."""
    from trove_classifiers import classifiers, deprecated_classifiers

    private = nothing_is_private(case)
    if private is not None:
        return refuse(classifiers_are_known, private.message)
    for text in case.metadata.texts("classifiers"):
        if text in deprecated_classifiers:
            better = ", ".join(deprecated_classifiers[text]) or "none"
            why = f"Classifier {text!r} has been deprecated, use the following classifier(s) instead: {better}"
        elif text not in classifiers:
            near = get_close_matches(text, classifiers, 1)
            why = f"Classifier {text!r} is not a valid classifier." + (
                f" Did you mean {near[0]!r}?" if near else ""
            )
        else:
            continue
        return refuse(classifiers_are_known, f"Invalid value for classifiers. Error: {why}")
    return None


def nothing_is_private(case: Case) -> Refusal | None:
    """`Private :: Do Not Upload` is how a project says that it must never be published."""
    for text in case.metadata.texts("classifiers"):
        if text.startswith("Private ::"):
            return refuse(
                nothing_is_private,
                f"Invalid value for classifiers. Error: Classifier {text!r} is not a valid classifier.",
            )
    return None


def links_are_links(case: Case) -> Refusal | None:
    """Links are http or https, and labels short enough to be shown."""
    links = {
        name: case.metadata.text(name.lower().replace("-", "_"))
        for name in ("Home-Page", "Download-URL")
    }
    for name, link in links.items():
        if link and not _LINK.fullmatch(link):
            return refuse(
                links_are_links,
                f"Invalid value for {name.lower()}. Error: {link!r} is not a valid url.",
            )
    for label, link in case.metadata.project_urls().items():
        if not 1 <= len(label) <= _MAX_LABEL or not _LINK.fullmatch(link):
            return refuse(
                links_are_links,
                f"Invalid value for project_urls. Error: expected a label of 1 to {_MAX_LABEL} characters"
                f" and a valid url, got {f'{label}, {link}'!r}.",
            )
    return None


def requirements_come_from_indexes(case: Case) -> Refusal | None:
    """What an index serves must not send installers elsewhere (`name @ url`)."""
    for name in ("requires_dist", "provides_dist", "obsoletes_dist"):
        for text in case.metadata.texts(name):
            if "@" in text.partition(";")[0]:
                return refuse(
                    requirements_come_from_indexes,
                    f"Invalid value for {name}. Error: Can't have direct dependency: {text!r}.",
                )
    return None


def one_licence_is_declared(case: Case) -> Refusal | None:
    """`License` and `License-Expression` exclude each other (PEP 639)."""
    if case.metadata.text("license") and case.metadata.text("license_expression"):
        return refuse(
            one_licence_is_declared,
            "Invalid value for license. Error: License is mutually exclusive with License-Expression;"
            " keep License-Expression.",
        )
    return None


def file_is_given(case: Case) -> Refusal | None:
    """The form's field `content` holds the file."""
    if case.submission.filename is None:
        return refuse(file_is_given, "Upload payload does not have a file.")
    return None
