"""The tables of the index's book.

A publisher is kept as its kind and the JSON of its fields, so that a new kind of publisher needs no new column; it is
found by the sources under which it is filed. One row serves both the projects that it has and those that it waits for,
so nothing has to be handed over when a project begins. Of a token only the hash is kept. Names of files are never given
again: `filename_log` outlives the files.

Texts that strangers choose freely (the id of a token, the place that it comes from) are kept as `fingerprint`s: they
may be longer than an index of PostgreSQL takes, and hold characters that its texts cannot.
"""

import hashlib
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

__all__ = [
    "VERSION",
    "api_token",
    "beside",
    "book",
    "data_folder",
    "event",
    "exchange",
    "exchange_project",
    "file",
    "filename_log",
    "fingerprint",
    "pending",
    "project",
    "publisher",
    "publisher_project",
    "publisher_source",
    "release",
    "schema",
    "upload_refusal",
    "word",
]

VERSION = 4
"""The version of these tables; a book of another version is not opened, and nothing brings it up to date yet."""

schema = MetaData()

book = Table("book", schema, Column("version", Integer, primary_key=True))

data_folder = Table("data_folder", schema, Column("id", Text, primary_key=True))
"""One row: the id of the folder that has the files, where a database has the book."""


def fingerprint(*texts: str) -> str:
    """Return 64 hexadecimal digits that stand for these texts, and for no others."""
    framed = "".join(f"{len(text)}:{text}" for text in texts)
    return hashlib.sha256(framed.encode()).hexdigest()


project = Table(
    "project",
    schema,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("display", Text, nullable=False),
    Column("alike", Text, nullable=False, index=True),
    Column("status", Text, nullable=False, default="active"),
    Column("reason", Text, nullable=False, default=""),
    Column("size", BigInteger, nullable=False, default=0),
    Column("file_limit", BigInteger),
    Column("total_limit", BigInteger),
    Column("serial", Integer, nullable=False, default=0),
    Column("summary", Text, nullable=False, default=""),
    Column("described", Text, nullable=False, default=""),
)
"""`size` is the bytes of all its files. `file_limit` and `total_limit` stand in place of the index's, if any.

`described` is the version that `summary` is of, empty before the first file.
"""

_bytewise = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that is sorted by its bytes, so that beginnings of words lie side by side; SQLite knows no other order."""

word = Table(
    "word",
    schema,
    Column("project_id", ForeignKey("project.id"), primary_key=True),
    Column("word", _bytewise, primary_key=True),
    Index("word_of_project", "word", "project_id"),
    sqlite_with_rowid=False,
)
"""By which words people find a project."""

release = Table(
    "release",
    schema,
    Column("id", Integer, primary_key=True),
    Column("project_id", ForeignKey("project.id"), nullable=False, index=True),
    Column("version", Text, nullable=False),
    Column("canonical", Text, nullable=False),
    Column("created", Float, nullable=False),
    Column("metadata", Text, nullable=False),
    UniqueConstraint("project_id", "canonical"),
)

file = Table(
    "file",
    schema,
    Column("id", Integer, primary_key=True),
    Column("release_id", ForeignKey("release.id"), nullable=False, index=True),
    Column("filename", Text, nullable=False, unique=True),
    Column("packagetype", Text, nullable=False),
    Column("python_version", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("md5", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("blake2b_256", Text, nullable=False, unique=True),
    Column("requires_python", Text, nullable=False),
    Column("metadata_sha256", Text),
    Column("uploaded", Float, nullable=False),
    Column("publisher", Text),
    Column("comment", Text, nullable=False),
    Column("yanked", Text),
    Column("attestations", Text),
    Column("proof", Text),
)

beside = Table(
    "beside",
    schema,
    Column("file_id", ForeignKey("file.id"), primary_key=True),
    Column("metadata_file", LargeBinary),
    Column("provenance", LargeBinary),
)
"""What lies beside a file, which only one URL asks for; apart, so that many rows of files are read at once."""

filename_log = Table(
    "filename_log",
    schema,
    Column("filename", Text, primary_key=True),
    Column("blake2b_256", Text, nullable=False),
    Column("deleted", Float),
)
"""Every name that a file ever had, with its digest; `deleted` is when the file went. Neither comes again after that."""

publisher = Table(
    "publisher",
    schema,
    Column("id", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False, unique=True),
    Column("issuer", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("fields", Text, nullable=False),
    Column("pins", Text, nullable=False, default="{}"),
    Column("disabled", Text, nullable=False, default=""),
)

publisher_source = Table(
    "publisher_source",
    schema,
    Column("source", Text, primary_key=True),
    Column("publisher_id", ForeignKey("publisher.id"), primary_key=True),
    sqlite_with_rowid=False,
)

publisher_project = Table(
    "publisher_project",
    schema,
    Column("publisher_id", ForeignKey("publisher.id"), primary_key=True),
    Column("project_id", ForeignKey("project.id"), primary_key=True, index=True),
    sqlite_with_rowid=False,
)

pending = Table(
    "pending",
    schema,
    Column("id", Text, primary_key=True),
    Column("publisher_id", ForeignKey("publisher.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("alike", Text, nullable=False, index=True),
    Column("added_by", Text, nullable=False, index=True),
    Column("created", Float, nullable=False),
    Column("expires", Float, nullable=False, index=True),
    UniqueConstraint("publisher_id", "name"),
)

api_token = Table(
    "api_token",
    schema,
    Column("hash", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("scope", Text, nullable=False),
    Column("projects", Text, nullable=False, default="[]"),
    Column("created", Float, nullable=False),
    Column("expires", Float, nullable=False),
)

event = Table(
    "event",
    schema,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("tag", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("details", Text, nullable=False),
)

exchange = Table(
    "exchange",
    schema,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("publisher_id", ForeignKey("publisher.id")),
    Column("waiting_id", ForeignKey("publisher.id")),
    Column("projects", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("shelf", Text),
    Column("jti", Text),
    Column("token", Text),
    Column("expires", Float),
    Column("revoked", Boolean, nullable=False),
    Column("forget", Float),
)
"""One row for each exchange: who asked, what came of it, and if a token was given, which ID token it used up (`jti`).

That a token was used, what it gave and the trace of it are one row, so that none can be there without the others.
"""


Index("event_by_subject", event.c.subject, event.c.id)


def _partly(name: str, *columns: Column[Any], unique: bool) -> Index:
    """Make an index of the rows that have the first column."""
    there = columns[0].is_not(None)
    return Index(name, *columns, unique=unique, sqlite_where=there, postgresql_where=there)


Index(
    "filename_log_of_deleted",
    filename_log.c.blake2b_256,
    sqlite_where=filename_log.c.deleted.is_not(None),
    postgresql_where=filename_log.c.deleted.is_not(None),
)
_partly("exchange_by_jti", exchange.c.jti, unique=True)
_partly("exchange_by_token", exchange.c.token, unique=True)
_partly("exchange_on_shelf", exchange.c.shelf, exchange.c.id, unique=False)

exchange_project = Table(
    "exchange_project",
    schema,
    Column("project", Text, primary_key=True),
    Column("exchange_id", Integer, primary_key=True),
    sqlite_with_rowid=False,
)

upload_refusal = Table(
    "upload_refusal",
    schema,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("filename", Text, nullable=False),
    Column("check_name", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("message", Text, nullable=False),
    Column("is_stranger", Boolean, nullable=False),
)
Index("upload_refusal_ring", upload_refusal.c.is_stranger, upload_refusal.c.id)
