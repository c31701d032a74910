"""Setting the stage: everything that must stand before the first job, and go after the last.

The order matters. Names are promised to the exit stack before they exist, so that whatever moment the evening ends at,
nothing is left; sockets are bound before the servers are built, so that the first step waits for none of them.
"""

import datetime as dt
import secrets
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bonded.dists.names import ProjectName, parse_project_name
from bonded.errors import BondedError
from bonded.rehearsal import processes
from bonded.rehearsal.artifacts import Artifacts
from bonded.rehearsal.caches import Caches
from bonded.rehearsal.report import Cause, Report, Verdict
from bonded.rehearsal.stage import leftovers, toolbox, workspace
from bonded.rehearsal.stage.default_index import default_index
from bonded.rehearsal.stage.environment import environment
from bonded.rehearsal.stage.isolation import Isolation, credential_places
from bonded.rehearsal.stage.theatre import Folders, Theatre

if TYPE_CHECKING:
    import httpx2

    from bonded.dists.endpoints import Endpoints
    from bonded.oidc.issue import SigningKey
    from bonded.rehearsal.project import Registration
    from bonded.rehearsal.stage.authority import Authority
    from bonded.rehearsal.stage.backstage import Backstage
    from bonded.rehearsal.stage.github import GitHub
    from bonded.rehearsal.stage.indexes import StageIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The machine and the user around a rehearsal, taken once."""

    environ: Mapping[str, str]
    home: Path
    cache: Path
    """Where files of other people's packages are kept between evenings."""
    offline: bool
    isolate: bool
    keep_index: Path | None


@dataclass(slots=True, kw_only=True)
class Props:
    """What takes a while to make and needs no project: made in the background while git works."""

    authority: Future["Authority"]
    key: Future["SigningKey"]
    indexes: tuple["Endpoints", ...]


def make_props(exits: ExitStack) -> Props:
    """Begin to make the evening's keys and to load the servers; the stack waits for the thread."""
    from bonded.dists import endpoints

    pool = exits.enter_context(ThreadPoolExecutor(1, thread_name_prefix="props"))
    authority = pool.submit(_make_authority)
    key = pool.submit(_make_key)
    pool.submit(_load_servers)
    return Props(authority=authority, key=key, indexes=endpoints.known())


def _make_authority() -> "Authority":
    from bonded.rehearsal.stage.authority import Authority

    return Authority.create(dt.datetime.now(dt.UTC))


def _make_key() -> "SigningKey":
    from bonded.oidc.issue import SigningKey

    return SigningKey.generate()


def _load_servers() -> None:
    """Import what the servers need, so that the first step does not wait for it."""
    import jwt  # noqa: F401 - only loaded here
    import uvicorn  # noqa: F401 - as above

    import bonded.index.app  # noqa: F401 - as above


@dataclass(slots=True, kw_only=True)
class Stage:
    """The stage as it stands."""

    theatre: Theatre
    backstage: "Backstage"
    github: "GitHub"
    indexes: tuple["StageIndex", ...]
    isolation: Isolation
    base_env: Mapping[str, str]
    token: str
    """The stage's own GITHUB_TOKEN; good for nothing anywhere."""


def reserve(exits: ExitStack) -> Folders:
    """Make the evening's folders; they are removed when the stack unwinds."""
    root = Path(tempfile.gettempdir()).resolve() / f"bonded-{secrets.token_hex(6)}"
    exits.callback(workspace.remove_tree, root)
    root.mkdir(mode=0o700)
    folders = Folders(root)
    for folder in (folders.front, folders.back, folders.home, folders.tools, folders.front / "tmp"):
        folder.mkdir()
    return folders


def set_stage(
    exits: ExitStack,
    folders: Folders,
    props: Props,
    *,
    around: Surroundings,
    origin: workspace.Origin,
    repository: str,
    own_names: frozenset[ProjectName],
    registrations: Sequence["Registration"],
    report: Report,
    stop: processes.Stop,
) -> Stage:
    """Set everything up; the stack strikes it in the right order. Raises BondedError where the machine refuses."""
    from bonded.rehearsal.stage.authority import system_certificates
    from bonded.rehearsal.stage.backstage import Backstage
    from bonded.rehearsal.stage.github import HOSTS, GitHub
    from bonded.rehearsal.stage.indexes import hosts
    from bonded.rehearsal.stage.outside import OutsideProxy, WayOut

    stop.check()
    authority = props.authority.result()
    bundle = folders.front / "authorities.pem"
    bundle.write_bytes(authority.bundle(system_certificates(around.environ)))
    github = GitHub(props.key)
    indexes = _indexes(folders, props, around=around, own_names=own_names, github=github)
    for index in indexes:
        exits.callback(index.close)
        for registration in registrations:
            if registration.index == index.endpoints.name:
                index.register(registration.publisher, parse_project_name(registration.project))
    outside = OutsideProxy.from_environment(around.environ) if not around.offline else None
    backstage = Backstage(
        {**hosts(indexes), **dict.fromkeys(HOSTS, github.app)},
        authority,
        offline=around.offline,
        outside=WayOut(proxy=outside),
    )
    backstage.start()
    # Struck in this order: the servers, which own the room's listening socket, then the room with all that runs in it.
    isolation = _isolate(exits, folders, around, backstage)
    exits.callback(_strike, backstage, report)
    if not isolation.keeper:
        exits.callback(leftovers.adopt_orphans, adopt=False)
        leftovers.adopt_orphans()
    env = _base_env(folders, backstage.proxy_url, bundle)
    _configure_git(folders, origin, repository)
    theatre = Theatre(
        folders=folders,
        report=report,
        stop=stop,
        prefix=isolation.prefix,
        origin=origin,
        client=lambda: _client(backstage.proxy_url, bundle),
        artifacts=Artifacts(folders.back / "artifacts"),
        caches=Caches(folders.back / "caches"),
        toolbox=_toolbox(around),
        spare=leftovers.leftovers(""),
        adopters=(isolation.keeper,) if isolation.keeper else (),
        offline=around.offline,
    )
    return Stage(
        theatre=theatre,
        backstage=backstage,
        github=github,
        indexes=indexes,
        isolation=isolation,
        base_env=env,
        token=f"ghs_{secrets.token_hex(18)}",
    )


def _strike(backstage: "Backstage", report: Report) -> None:
    """End the servers; what broke in them makes the evening's result worthless, and is said."""
    try:
        backstage.close()
    except BondedError as error:
        report.verdict = Verdict.NOT_READY
        report.causes.append(
            Cause(
                what=f"a bug in bonded: {error.message}", where="the stage", fix="please report it"
            )
        )


def _indexes(
    folders: Folders,
    props: Props,
    *,
    around: Surroundings,
    own_names: frozenset[ProjectName],
    github: "GitHub",
) -> tuple["StageIndex", ...]:
    from bonded.rehearsal.stage.indexes import StageIndex

    data = around.keep_index or folders.back / "indexes"
    pypi = props.indexes[0]
    upstream = default_index(around.environ, around.home, otherwise=pypi.simple_url)
    return tuple(
        StageIndex(
            endpoints,
            data=data / endpoints.name,
            own_names=own_names,
            keys=github,
            # Only PyPI's stand-in has the world behind it; TestPyPI's other projects are not on the stage.
            upstream=upstream if endpoints is pypi else None,
            cache=around.cache,
            offline=around.offline,
            http=_outside_client,
        )
        for endpoints in props.indexes
    )


def _outside_client() -> "httpx2.Client":
    import httpx2

    return httpx2.Client(follow_redirects=True, timeout=30.0)


def _client(proxy: str, bundle: Path) -> "httpx2.Client":
    import ssl

    import httpx2

    return httpx2.Client(
        proxy=proxy, verify=ssl.create_default_context(cafile=str(bundle)), trust_env=False
    )


def _isolate(
    exits: ExitStack, folders: Folders, around: Surroundings, backstage: "Backstage"
) -> Isolation:
    if not around.isolate:
        return Isolation(why="it was switched off")
    room = Isolation.open(
        writable=[folders.front],
        temporary=folders.front / "tmp",
        port=backstage.proxy_port,
        mask=credential_places(around.home),
        readable=[folders.back],
    )
    exits.callback(room.close)
    if room.listener is not None:
        backstage.admit(room.listener)
    return room


def _base_env(folders: Folders, proxy: str, bundle: Path) -> dict[str, str]:
    """Return the environment under every step: the stage's own, and nothing of the user's."""
    return {
        "PATH": ":".join(toolbox.SYSTEM_PATH),
        "HOME": str(folders.home),
        "LANG": "C.UTF-8",
        "USER": "runner",
        "LOGNAME": "runner",
        "SHELL": "/bin/bash",
        "TMPDIR": str(folders.front / "tmp"),
        "ImageOS": "ubuntu24",
        **environment(proxy, bundle),
    }


def _configure_git(folders: Folders, origin: workspace.Origin, repository: str) -> None:
    """Let the addresses of the repository at GitHub mean the stage's copy, for every git of a step."""
    lines = [f'[url "file://{origin.folder}"]']
    for base in ("https://github.com/", "git@github.com:", "ssh://git@github.com/"):
        lines += [f"\tinsteadOf = {base}{repository}.git", f"\tinsteadOf = {base}{repository}"]
    lines += [
        "[safe]",
        "\tdirectory = *",
        "[init]",
        "\tdefaultBranch = main",
        "[advice]",
        "\tdetachedHead = false",
    ]
    (folders.home / ".gitconfig").write_text("\n".join(lines) + "\n")


def _toolbox(around: Surroundings) -> toolbox.Toolbox:
    from importlib.metadata import version

    from uv import find_uv_bin

    path = around.environ.get("PATH", "").split(":")
    return toolbox.Toolbox(
        uv=Path(find_uv_bin()),
        uv_version=version("uv"),
        own=toolbox.own_python(),
        pythons=toolbox.find_pythons(path, around.home),
    )
