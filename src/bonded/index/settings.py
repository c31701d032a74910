"""Every setting of an index, as one frozen value."""

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from bonded.dists.archives import Limits
from bonded.index.policies import NO_NAMES, Names
from bonded.index.upstream.settings import UpstreamSettings
from bonded.minting.policy import Policy

__all__ = [
    "FILE_SIZE",
    "FORMS_SIZE",
    "FORM_SIZE",
    "MAX_PENDING",
    "PAGE_MEMORY",
    "PROJECT_SIZE",
    "Access",
    "Attestations",
    "Settings",
]

PAGE_MEMORY = 256 << 20
"""Bytes of prepared pages and small files that are kept in memory."""

MAX_PENDING = 100
"""Pending publishers that one owner may have at once; PyPI, where strangers register, allows three."""

FILE_SIZE = 100 << 20
"""Bytes that one file may have, as on PyPI."""

PROJECT_SIZE = 10 << 30
"""Bytes that all files of one project may have together, as on PyPI."""

FORM_SIZE = 16 << 20
"""Bytes that the fields of one upload may have."""

FORMS_SIZE = 256 << 20
"""Bytes of the fields of all uploads that are being read at once."""


class Access(Enum):
    """Who may read: names, pages, files, metadata, everything that is not for uploads or for owners."""

    ANYONE = "anyone"
    TOKEN = "token"  # noqa: S105 - a word of the settings


class Attestations(Enum):
    """What happens to attestations that come with an upload.

    Verified ones are served as provenance, to whoever installs; those that were only stored are shown to nobody.
    """

    REFUSE = "refuse"
    STORE_UNVERIFIED = "store-unverified"
    VERIFY = "verify"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One index.

    `mint` says who may publish. `names` are those that are never looked up anywhere else, and `upstream` is the index
    where the others are, None for nowhere. Sizes are in bytes, times in seconds. `durable` asks the disk to confirm
    each write before a client is told that its file is published; a stage that is struck in the evening does without.
    `database` is where the index keeps its book (an SQLAlchemy URL of PostgreSQL); without one it is a file in `data`.

    `attested_environment` demands of verified attestations that they were signed in the publisher's environment, which
    PyPI does not.

    `file_size` and `project_size` bound one file, and all files of one project, unless the project has limits of its
    own. `access` says who may read. A release takes no more files `closes_after_days` after its first one (14 on PyPI),
    None for never: who steals a publisher must not be able to add a file to what everybody has pinned.

    `form_size` bounds the fields of one upload, `forms_size` those of all that are being read at once by one process.

    `old_forms` takes what distutils' `setup.py upload` sends as it is meant, which PyPI does not.

    `archives` says what archives may hold; as on PyPI, unless it is stricter.

    `trusted_proxies` are the addresses of servers in front of this one whose `X-Forwarded-Proto` and `X-Forwarded-Host`
    are believed. `max_pending` is how many pending publishers one owner may have at once. `page_memory` is how many
    bytes of prepared pages and small files are kept at hand.
    """

    name: str
    mint: Policy
    data: Path
    names: Names = NO_NAMES
    upstream: UpstreamSettings | None = None
    durable: bool = True
    database: str | None = field(default=None, repr=False)
    attestations: Attestations = Attestations.REFUSE
    attested_environment: bool = True
    access: Access = Access.ANYONE
    closes_after_days: float | None = None
    file_size: int = FILE_SIZE
    project_size: int = PROJECT_SIZE
    form_size: int = FORM_SIZE
    forms_size: int = FORMS_SIZE
    old_forms: bool = False
    archives: Limits = Limits()  # noqa: RUF009 - a frozen value of constants
    trusted_proxies: frozenset[str] = frozenset()
    max_pending: int = MAX_PENDING
    page_memory: int = PAGE_MEMORY
