"""The tables of the index's book.

A publisher is kept as its kind and the JSON of its fields, so that a new kind of publisher needs no new column. Of a
token only the hash is kept. Names of files are never given again: `filename_log` outlives the files.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

__all__ = [
    "event",
    "file",
    "filename_log",
    "mint_refusal",
    "project",
    "publisher",
    "publisher_project",
    "release",
    "schema",
    "token",
    "token_project",
    "upload_refusal",
    "used_jti",
]

schema = MetaData()

project = Table(
    "project",
    schema,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("display", Text, nullable=False),
    Column("status", Text, nullable=False, default="active"),
    Column("serial", Integer, nullable=False, default=0),
)

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
    Column("size", Integer, nullable=False),
    Column("md5", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("blake2b_256", Text, nullable=False, unique=True),
    Column("requires_python", Text, nullable=False),
    Column("metadata_sha256", Text),
    Column("metadata_file", LargeBinary),
    Column("uploaded", Float, nullable=False),
    Column("publisher", Text),
    Column("comment", Text, nullable=False),
    Column("yanked", Text),
    Column("attestations", Text),
)

filename_log = Table("filename_log", schema, Column("filename", Text, primary_key=True))

publisher = Table(
    "publisher",
    schema,
    Column("id", Text, primary_key=True),
    Column("issuer", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("fields", Text, nullable=False),
    UniqueConstraint("issuer", "kind", "fields"),
)

publisher_project = Table(
    "publisher_project",
    schema,
    Column("publisher_id", ForeignKey("publisher.id"), primary_key=True),
    Column("project_id", ForeignKey("project.id"), primary_key=True),
)

token = Table(
    "token",
    schema,
    Column("hash", Text, primary_key=True),
    Column("publisher_id", ForeignKey("publisher.id")),
    Column("not_before", Float, nullable=False),
    Column("expires", Float, nullable=False),
    Column("revoked", Boolean, nullable=False, default=False),
    Column("claims", Text, nullable=False),
)

token_project = Table(
    "token_project",
    schema,
    Column("token_hash", ForeignKey("token.hash"), primary_key=True),
    Column("project_id", ForeignKey("project.id"), primary_key=True),
)

used_jti = Table(
    "used_jti",
    schema,
    Column("issuer", Text, primary_key=True),
    Column("jti", Text, primary_key=True),
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

mint_refusal = Table(
    "mint_refusal",
    schema,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("code", Text, nullable=False),
    Column("details", Text, nullable=False),
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
)
