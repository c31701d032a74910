"""How clients are led to the evening's Sigstore: by files where they look for files, or not at all.

Signing needs nothing but the names of the services, which are staged, unless the client also checks what it got; then
it needs the trust root. sigstore-js takes the root in its cache for its own (`home_files`). sigstore-python takes only
the root in its package: its data, not its code, must come from elsewhere, which a folder on PYTHONPATH can do
(`python_path_files`); and what it has cached it believes when told to stay offline (`home_files`). Inside this process
everything can be said (`signing_context`).
"""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from bonded.rehearsal.stage.sigstore.evening import TUF, Sigstore
from bonded.rehearsal.stage.sigstore.tuf import ROOT

if TYPE_CHECKING:
    from sigstore.models import ClientTrustConfig
    from sigstore.sign import SigningContext

__all__ = ["home_files", "python_path_files", "signing_context"]

_PYTHON_NAME = quote(f"https://{TUF}", safe="")
"""What sigstore-python calls the folder of an instance."""

_SITE = '''\
"""Leads sigstore-python to the Sigstore of a rehearsal: its trust root comes from beside this file."""

import sys


class Store:
    """Finds the data of sigstore-python, and nothing else."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != "sigstore._store":
            return None
        from importlib.util import spec_from_file_location
        from os.path import dirname, join

        folder = join(dirname(__file__), "sigstore_store")
        place = join(folder, "__init__.py")
        return spec_from_file_location(name, place, submodule_search_locations=[folder])


sys.meta_path.insert(0, Store)
'''


def home_files(sigstore: Sigstore) -> dict[str, bytes]:
    """Return the files below HOME, by path, by which clients believe the evening without being told.

    They are for sigstore-js (so `npm`) and for sigstore-python with `--offline`. With XDG_DATA_HOME or XDG_CACHE_HOME
    set, both look there instead of `.local/share` and `.cache`.
    """
    cache = f".cache/sigstore-python/tuf/{_PYTHON_NAME}"
    return {
        f".local/share/sigstore-js/{TUF}/root.json": sigstore.tuf_files[ROOT],
        **{f"{cache}/{name}": data for name, data in _documents(sigstore).items()},
    }


def python_path_files(sigstore: Sigstore) -> dict[str, bytes]:
    """Return the files of a folder that, on PYTHONPATH, gives sigstore-python the evening's trust root for Sigstore's.

    Its code stays as it is: it updates from the staged TUF repository and checks everything. It does not see the folder
    where PYTHONPATH is not looked at (`python -I`, `python -E`) or is replaced (pip's isolated builds). Another
    `sitecustomize` of the same Python is not run beside this one.
    """
    store = {"root.json": sigstore.tuf_files[ROOT], **_documents(sigstore)}
    return {
        "sitecustomize.py": _SITE.encode(),
        "sigstore_store/__init__.py": b"",
        **{
            f"sigstore_store/{instance}/{name}": data
            for instance in (_PYTHON_NAME, "prod")  # since version 4, and in version 3
            for name, data in store.items()
        },
    }


def signing_context(
    config: "ClientTrustConfig",
    *,
    proxy: str,
    authorities: Path,
    timestamps: bool = True,
    patience: float | None = None,
) -> "SigningContext":
    """Return what signs in this process by the services that `config` names, reached through `proxy`.

    `authorities` is the PEM file of who is believed in TLS; this process's own proxy variables do not count. Without
    `timestamps`, the configured authority is not asked for any. It signs in the thread that called, because the client
    of Rekor keeps a connection for each thread. No answer may take longer than `patience` seconds.
    """
    from sigstore.sign import SigningContext

    services = config.signing_config
    fulcio, rekor = services.get_fulcio(), services.get_tlogs()[0]
    clocks = services.get_tsas() if timestamps else []
    # The clients have no setting for this; their sessions are the only place (sigstore 4.5).
    threaded: list[Any] = [rekor, *clocks]
    for session in (fulcio.session, *(each._session for each in threaded)):  # noqa: SLF001 - as said
        session.trust_env = False
        session.proxies = {"https": proxy}
        session.verify = str(authorities)
        if patience is not None:
            session.request = partial(session.request, timeout=patience)
    return SigningContext(
        fulcio=fulcio, rekor=rekor, trusted_root=config.trusted_root, tsa_clients=clocks
    )


def _documents(sigstore: Sigstore) -> dict[str, bytes]:
    return {
        "trusted_root.json": sigstore.trusted_root_json().encode(),
        "signing_config.v0.2.json": sigstore.signing_config_json().encode(),
    }
