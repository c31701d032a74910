"""What the writer knows of a project, and what its owner wishes: the values that every file is written from."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Package", "Subject", "Wishes"]

Uploader = Literal["uv", "pypi-publish", "bonded"]
Trigger = Literal["tag", "release"]
Provider = Literal["github", "gitlab"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One distribution that is published from the repository."""

    name: str
    """As the project writes it."""
    folder: str = ""
    """Where its pyproject.toml lies, relative to the root; empty for the root."""
    version_from: Literal["pyproject", "file", "git"] = "pyproject"
    """Where the version comes from; `file` is a file of the sources that the build back end reads."""
    compiled: bool = False
    """Whether its wheels differ from platform to platform."""
    needs_rust: bool = False
    """Whether it is compiled with Rust, and nothing says how cibuildwheel gets it."""
    module: str = ""
    """A module that can be imported once it is installed; empty where none was found."""
    requires_python: str = ""
    tag_prefix: str = "v"
    """What stands before the version in a release's tag."""

    @property
    def tag_pattern(self) -> str:
        """The filter of GitHub that lets in this package's tags, and no word that begins alike."""
        return f"{self.tag_prefix}[0-9]*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A repository with its packages."""

    packages: tuple[Package, ...]
    workspace: bool = False
    """Whether uv must be told which member to build."""
    owner: str = ""
    repository: str = ""
    """Name of the repository, without its owner; empty where nobody knows."""
    default_branch: str = "main"
    pythons: tuple[str, ...] = ()
    """The Pythons to test on, oldest first."""
    test_command: str = ""
    """One shell command that tests the checkout under the Python that is set up."""
    tags: tuple[str, ...] = ()

    @property
    def slug(self) -> str:
        """`OWNER/NAME`, or empty where unknown."""
        return f"{self.owner}/{self.repository}" if self.owner and self.repository else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the owner chose."""

    provider: Provider = "github"
    uploader: Uploader = "pypi-publish"
    trigger: Trigger = "tag"
    testpypi: bool = False
    """Whether a run started by hand publishes to TestPyPI."""
    environment: str = "pypi"
    test_environment: str = "testpypi"
