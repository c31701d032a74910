"""The order of the checks that an upload must pass.

The order is PyPI's, and the first check that fails is the answer, so that a client hears here what it would hear
there. One stands elsewhere: the project's total size is asked after the duplicates, so that a release that filled it
can be resumed. Three lists, because an archive is opened only when everything that is cheaper to ask has been asked,
and signatures are verified last. The checks of the first list are asked once more, with the shelf as it is then, in
the transaction that writes the file down, if token or shelf have changed meanwhile.
"""

from collections.abc import Sequence

from bonded.index.checks import attestations, contents, files, form, rights
from bonded.index.checks.case import AlreadyThere, Case, Check
from bonded.index.model import Refusal

__all__ = ["AFTER_OPENING", "AFTER_VERIFYING", "BEFORE_OPENING", "CHECKS", "judge"]

BEFORE_OPENING: tuple[Check, ...] = (
    form.fields_are_texts,
    rights.token_is_known,
    form.protocol_version_is_1,
    form.filetype_is_known,
    form.python_version_fits,
    form.a_digest_is_given,
    form.metadata_is_valid,
    form.version_is_public,
    form.summary_is_short,
    form.classifiers_are_known,
    form.links_are_links,
    form.requirements_come_from_indexes,
    form.one_licence_is_declared,
    form.file_is_given,
    rights.project_exists,
    rights.token_is_in_time,
    rights.token_covers_project,
    rights.name_is_free,
    rights.project_takes_uploads,
    files.filename_is_bare,
    files.extension_fits_filetype,
    files.content_type_is_plausible,
    files.file_fits_limit,
    files.digests_match,
    files.file_is_new,
    files.filename_was_never_used,
    files.bytes_were_never_deleted,
    files.project_fits_limit,
    files.release_is_open,
    files.only_one_sdist,
)

AFTER_OPENING: tuple[Check, ...] = (
    contents.archive_is_sound,
    contents.filename_parses,
    contents.filename_is_of_the_project,
    contents.filename_is_of_the_version,
    contents.filename_is_strict,
    contents.platform_is_allowed,
    contents.record_is_inside,
    contents.entry_points_are_well_formed,
    contents.inside_agrees_with_form,
    contents.metadata_version_is_known,
    contents.what_the_form_omits_is_valid,
    contents.licence_files_are_inside,
    attestations.attestations_are_well_formed,
)

AFTER_VERIFYING: tuple[Check, ...] = (attestations.attestations_are_genuine,)

CHECKS = (*BEFORE_OPENING, *AFTER_OPENING, *AFTER_VERIFYING)


def judge(case: Case, checks: Sequence[Check]) -> Refusal | AlreadyThere | None:
    """Return the verdict of the first check that has one, or None where the case passes all."""
    if not checks:
        raise ValueError("an upload that no check looks at would pass")
    return next((verdict for check in checks if (verdict := check(case)) is not None), None)
