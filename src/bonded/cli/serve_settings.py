"""Which configuration an index is opened with: the file that is named, or the one that it was last served with.

A folder that was served by rules keeps them. To fall back to the defaults without a word would trust whom the owner had
left out, so a file that is gone is an error.
"""

import argparse
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bonded.errors import Fault, InvalidInput

if TYPE_CHECKING:
    from bonded.index.configuration import Configuration
    from bonded.index.settings import Settings
    from bonded.index.trust import TrustedKeys

__all__ = ["believing", "configured", "keys_of"]


def configured(options: argparse.Namespace) -> "Configuration":
    """Return the configuration of the index in `options.data`, by `options.config` or as it is remembered.

    The environment is laid over it (`BONDED_CONFIG` stands for `options.config`). An index that is new, or was never
    served with a file, has the defaults. Raises InvalidInput that names what is wrong with file and environment.
    """
    from bonded.index.configuration import read_configuration

    named = options.config or os.environ.get("BONDED_CONFIG")
    kept = None if named else _remembered(options.data)
    try:
        return read_configuration(Path(named) if named else kept, os.environ)
    except InvalidInput as error:
        if kept is None or kept.is_file():
            raise
        hint = (
            "the index was last served with this file: put it back, or name another with --config "
            "(an empty file gives the defaults)"
        )
        raise InvalidInput(
            tuple(Fault(fault.location, fault.message, hint) for fault in error.faults)
        ) from None


@contextmanager
def keys_of(configuration: "Configuration", environ: Mapping[str, str]) -> "Iterator[TrustedKeys]":
    """Give the keys of the issuers that a configuration trusts.

    `SSL_CERT_FILE` names the authorities that are believed where the configuration does not, as for other programs.
    """
    from bonded.index.app import open_keys

    named = environ.get("SSL_CERT_FILE")
    bundle = Path(named) if named else None
    with open_keys(configuration, time.monotonic, ca_bundle=bundle) as keys:
        yield keys


def believing(settings: "Settings", environ: Mapping[str, str]) -> "Settings":
    """Return settings by which the index behind is asked with the authorities of `SSL_CERT_FILE`, if it has no own."""
    named, behind = environ.get("SSL_CERT_FILE"), settings.upstream
    if not named or behind is None or behind.ca_bundle is not None:
        return settings
    return replace(settings, upstream=replace(behind, ca_bundle=Path(named)))


def _remembered(data: Path) -> Path | None:
    from bonded.index.running.data_folder import last_served

    kept = last_served(data).configuration
    return Path(kept) if kept else None
