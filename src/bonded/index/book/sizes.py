"""How large an index is, for those who watch it."""

from collections.abc import Mapping

from sqlalchemy import Connection, func, select

from bonded.index.book import tables

__all__ = ["sizes"]


def sizes(connection: Connection) -> Mapping[str, float]:
    """Return how many projects and files there are, and how many bytes the files have together."""
    of_projects = select(func.count(), func.coalesce(func.sum(tables.project.c.size), 0))
    projects, size = connection.execute(of_projects.select_from(tables.project)).one()
    files = connection.execute(select(func.count()).select_from(tables.file)).scalar_one()
    return {"projects": float(projects), "files": float(files), "file_bytes": float(size)}
