"""The index's own checks, asked of files that have not left yet: what it would refuse is refused here, all at once.

Whether form and file agree need not be asked: the form is made from the file.
"""

from collections.abc import Iterator, Sequence

from bonded.client.goods import Goods
from bonded.dists.archives import Contents
from bonded.errors import Fault, InvalidInput, Location
from bonded.index.checks import contents, files, form
from bonded.index.checks.case import AlreadyThere, Case, Check, Submission
from bonded.index.model import Shelf
from bonded.index.settings import Attestations
from bonded.index.uploads import judge

__all__ = ["check_goods"]

_EVERYWHERE: tuple[Check, ...] = (
    form.filetype_is_known,
    form.python_version_fits,
    form.a_digest_is_given,
    form.metadata_is_valid,
    form.summary_is_short,
    form.links_are_links,
    form.requirements_come_from_indexes,
    form.one_licence_is_declared,
    files.filename_is_bare,
    files.extension_fits_filetype,
    contents.filename_is_of_the_project,
    contents.filename_is_of_the_version,
    contents.filename_is_strict,
    contents.record_is_inside,
    contents.licence_files_are_inside,
)
_ON_PYPI: tuple[Check, ...] = (
    form.version_is_public,
    form.classifiers_are_known,
    contents.platform_is_allowed,
)
"""What other indexes may take: local versions, `Private ::`, wheels for one machine."""

_RENDERED = frozenset({"", "text/x-rst"})
"""The kinds of description that PyPI refuses where they cannot be rendered."""


def check_goods(goods: Sequence[Goods], *, all_rules: bool) -> None:
    """Raise InvalidInput with what the index would refuse; `all_rules` are PyPI's."""
    checks = _EVERYWHERE + (_ON_PYPI if all_rules else ())
    faults = [fault for one in goods for fault in _faults(one, checks, render=all_rules)]
    if faults:
        raise InvalidInput(tuple(faults))


def _faults(goods: Goods, checks: Sequence[Check], *, render: bool) -> Iterator[Fault]:
    where = Location(str(goods.path))
    case = _case(goods, goods.contents)
    for check in checks:
        verdict = judge(case, (check,))
        if verdict is not None and not isinstance(verdict, AlreadyThere):
            yield Fault(where, verdict.message)
    if render and not _renders(goods):
        yield Fault(where, "the description cannot be rendered", "`twine check` says where")


def _case(goods: Goods, opened: Contents) -> Case:
    return Case(
        submission=Submission(
            pairs=goods.form,
            filename=goods.filename,
            content_type=None,
            size=goods.size,
            digests=goods.digests,
            metadata=goods.metadata,
        ),
        project=goods.name.project,
        standing=None,
        shelf=Shelf(),
        now=0.0,
        file_size=goods.size,
        attestations=Attestations.VERIFY,
        contents=opened,
    )


def _renders(goods: Goods) -> bool:
    """Whether PyPI can show the description; markup other than reStructuredText never fails."""
    text = goods.metadata.text("description")
    kind = goods.metadata.text("description_content_type").partition(";")[0].strip().lower()
    if not text.strip() or kind not in _RENDERED:
        return True
    from io import StringIO

    from readme_renderer import rst

    return rst.render(text, stream=StringIO()) is not None
