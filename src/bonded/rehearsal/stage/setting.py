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
from bonded.rehearsal.report import Cause, Report
from bonded.rehearsal.stage import leftovers, toolbox, workspace
from bonded.rehearsal.stage.artifacts import Artifacts
from bonded.rehearsal.stage.caches import Caches
from bonded.rehearsal.stage.default_index import default_index
from bonded.rehearsal.stage.environment import environment
from bonded.rehearsal.stage.inside import Inside
from bonded.rehearsal.stage.isolation import Isolation, credential_places
from bonded.rehearsal.stage.theatre import Folders, Theatre

if TYPE_CHECKING:
    import httpx2

    from bonded.dists.endpoints import Endpoints
    from bonded.oidc.issue import SigningKey
    from bonded.publishers.recorded import Registration
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
    for folder in (folders.front, folders.back, folders.home, folders.tools, folders.temporary):
        folder.mkdir()
    return folders


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """What the stage is set with, and for."""

    folders: Folders
    props: Props
    around: Surroundings
    origin: workspace.Origin
    report: Report
    stop: processes.Stop
    repository: str
    project: ProjectName
    registrations: Sequence["Registration"]
    pushes: bool
    """Whether a step says `git push`; then the stage has a copy of the repository to push to."""


def set_stage(exits: ExitStack, plot: Plot) -> Stage:
    """Set everything up; the stack strikes it in the right order. Raises BondedError where the machine refuses."""
    from bonded.rehearsal.stage.github import GitHub

    plot.stop.check()
    authority = plot.props.authority.result()
    bundle = plot.folders.back / "authorities.pem"
    bundle.write_bytes(authority.bundle(_system_certificates(plot.around)))
    github = GitHub(plot.props.key)
    indexes = _indexes(plot, github)
    for index in indexes:
        exits.callback(index.close)
    # Struck in this order: the servers, which own the room's listening socket, then the room with all that runs in it.
    room = exits.enter_context(ExitStack())
    backstage = _backstage(plot, authority, indexes, github)
    exits.callback(_strike, backstage, plot.report)
    backstage.start()
    github.address = backstage.proxy_url
    isolation = _isolate(room, plot, backstage)
    _furnish(plot)
    return Stage(
        theatre=_theatre(plot, isolation, backstage, bundle),
        backstage=backstage,
        github=github,
        indexes=indexes,
        isolation=isolation,
        base_env=_base_env(plot.folders, backstage.proxy_url, bundle),
        token=f"ghs_{secrets.token_hex(18)}",
    )


def _system_certificates(around: Surroundings) -> bytes:
    from bonded.rehearsal.stage.authority import system_certificates

    return system_certificates(around.environ)


def _backstage(
    plot: Plot, authority: "Authority", indexes: Sequence["StageIndex"], github: "GitHub"
) -> "Backstage":
    from bonded.rehearsal.stage.backstage import Backstage
    from bonded.rehearsal.stage.github import HOSTS
    from bonded.rehearsal.stage.indexes import hosts
    from bonded.rehearsal.stage.outside import OutsideProxy, WayOut

    offline = plot.around.offline
    outside = None if offline else OutsideProxy.from_environment(plot.around.environ)
    return Backstage(
        {**hosts(indexes), **dict.fromkeys(HOSTS, github.app)},
        authority,
        offline=offline,
        outside=WayOut(proxy=outside),
        desk=github.desk,
    )


def _theatre(plot: Plot, isolation: Isolation, backstage: "Backstage", bundle: Path) -> Theatre:
    back = plot.folders.back
    inside = Inside(plot.folders.front, _mounts(plot.folders.temporary, isolation))
    return Theatre(
        folders=plot.folders,
        report=plot.report,
        stop=plot.stop,
        prefix=isolation.prefix,
        inside=inside,
        origin=plot.origin,
        client=lambda: _client(backstage.proxy_url, bundle),
        artifacts=Artifacts(back / "artifacts", inside),
        caches=Caches(back / "caches", inside),
        toolbox=_toolbox(plot.around),
        spare=leftovers.leftovers(""),
        adopters=(isolation.keeper,) if isolation.keeper else (),
        fixtures=_fixtures(plot.folders.temporary, plot.folders.tools),
    )


def _strike(backstage: "Backstage", report: Report) -> None:
    """End the servers; what broke in them makes the evening's result worthless, and is said."""
    try:
        backstage.close()
    except BondedError as error:
        report.causes.append(
            Cause(
                what=f"a bug in bonded: {error.message}", where="the stage", fix="please report it"
            )
        )


def _mounts(temporary: Path, isolation: Isolation) -> dict[Path, Path]:
    """Return what the room has in place of the machine's temporary folders."""
    if not isolation.keeper:
        return {}
    seen = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - as steps call them; see holder.py
    return {path: temporary / str(path).strip("/").replace("/", "-") for path in seen}


def _fixtures(temporary: Path, tools: Path) -> dict[Path, frozenset[str]]:
    """Return the folders that all jobs can write, with what is in them before any job."""
    shared = [temporary, *(path for path in temporary.iterdir() if path.is_dir()), tools]
    return {folder: frozenset(path.name for path in folder.iterdir()) for folder in shared}


def _indexes(plot: Plot, github: "GitHub") -> tuple["StageIndex", ...]:
    from bonded.rehearsal.stage.indexes import StageIndex

    around = plot.around
    data = around.keep_index or plot.folders.back / "indexes"
    pypi = plot.props.indexes[0]
    upstream = default_index(around.environ, around.home, otherwise=pypi.simple_url)
    indexes = tuple(
        StageIndex(
            endpoints,
            data=data / endpoints.name,
            own_names=frozenset({plot.project}),
            keys=github,
            # Only PyPI's stand-in has the world behind it; TestPyPI's other projects are not on the stage.
            upstream=upstream if endpoints is pypi else None,
            cache=around.cache,
            offline=around.offline,
            http=_outside_client,
        )
        for endpoints in plot.props.indexes
    )
    for index in indexes:
        for registration in plot.registrations:
            if registration.index == index.endpoints.name:
                index.register(registration.publisher, parse_project_name(registration.project))
    return indexes


def _outside_client() -> "httpx2.Client":
    import httpx2

    return httpx2.Client(follow_redirects=True, timeout=30.0)


def _client(proxy: str, bundle: Path) -> "httpx2.Client":
    import ssl

    import httpx2

    return httpx2.Client(
        proxy=proxy,
        mounts={"all://127.0.0.1": None},
        verify=ssl.create_default_context(cafile=str(bundle)),
        trust_env=False,
    )


def _isolate(exits: ExitStack, plot: Plot, backstage: "Backstage") -> Isolation:
    """Open the room that steps cannot leave; where there is none, see to it that orphans come to us."""
    if plot.around.isolate:
        room = Isolation.open(
            writable=[plot.folders.front],
            temporary=plot.folders.temporary,
            port=backstage.proxy_port,
            mask=credential_places(plot.around.home),
            readable=[plot.folders.back],
        )
        exits.callback(room.close)
    else:
        room = Isolation(why="it was switched off")
    if room.listener is not None:
        backstage.admit(room.listener)
    if not room.keeper:
        exits.callback(leftovers.adopt_orphans, adopt=False)
        leftovers.adopt_orphans()
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
        "TMPDIR": str(folders.temporary),
        "ImageOS": "ubuntu24",
        **environment(proxy, bundle),
    }


def _furnish(plot: Plot) -> None:
    """Furnish the home that every job gets a copy of.

    Its git takes the addresses of the repository at GitHub for the stage's copy; its uv shares one cache with all
    jobs of the evening.
    """
    folders, repository = plot.folders, plot.repository
    lines = [f'[url "file://{plot.origin.folder}"]']
    for base in ("https://github.com/", "git@github.com:", "ssh://git@github.com/"):
        lines += [f"\tinsteadOf = {base}{repository}.git", f"\tinsteadOf = {base}{repository}"]
    if plot.pushes:
        copy = folders.front / "pushed.git"
        plot.origin.git("clone", "--quiet", "--bare", str(plot.origin.folder), str(copy))
        lines += [f'[url "file://{copy}"]', f"\tpushInsteadOf = https://github.com/{repository}"]
        plot.report.differ("`git push` went to a copy of the repository, and started no workflow")
    lines += ["[safe]", "\tdirectory = *", "[init]", "\tdefaultBranch = main"]
    lines += ["[advice]", "\tdetachedHead = false"]
    (folders.home / ".gitconfig").write_text("\n".join(lines) + "\n")
    cache = folders.front / "uv-cache"
    cache.mkdir()
    (folders.home / ".cache").mkdir()
    (folders.home / ".cache" / "uv").symlink_to(cache)


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
