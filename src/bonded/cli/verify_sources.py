"""Where `bonded verify` asks: the index that was named, each lock's own, the user's, or a bundle."""

import argparse
import os
import time
from contextlib import ExitStack
from pathlib import Path

from bonded.attestations.evidence import Notebook, Recording, read_evidence
from bonded.attestations.examining import Source
from bonded.attestations.fetching import IndexSource
from bonded.cli.verify_files import read
from bonded.dists.endpoints import pypi
from bonded.rehearsal.stage.default_index import default_index

__all__ = ["Sources"]


class Sources:
    """The sources of one run; `shown` is the one that stands for all that name none, without any password."""

    def __init__(self, options: argparse.Namespace, notebook: Notebook, closing: ExitStack) -> None:
        self._notebook = notebook
        self._closing = closing
        self._held: dict[str, Source] = {}
        # What is named on the command line counts for every release, wherever its lock says that it comes from.
        self._only: Source | None = None
        if options.offline:
            self._only = read_evidence(str(options.offline), read(options.offline))
            self.shown = str(options.offline)
            return
        url = options.index or default_index(os.environ, Path.home(), otherwise=pypi().simple_url)
        self._default = url
        first = self._open(url)
        self.shown = first.shown
        if options.index:
            self._only = self._held[url]

    def of(self, index: str) -> Source:
        """Return where a release is asked that comes from this index; an empty address means the default."""
        if self._only is not None:
            return self._only
        url = index or self._default
        if url not in self._held:
            self._open(url)
        return self._held[url]

    def _open(self, url: str) -> IndexSource:
        source = self._closing.enter_context(IndexSource(url, clock=time.monotonic))
        self._held[url] = Recording(source, self._notebook)
        return source
