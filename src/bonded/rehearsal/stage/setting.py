"""Setting the stage: everything that must stand before the first job, and go after the last.

The order matters. Names are promised to the exit stack before they exist, so that whatever moment the evening ends at,
nothing is left; sockets are bound before the servers are built, so that the first step waits for none of them.
"""

import secrets
import tempfile
from collections.abc import Mapping, Sequence
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
from bonded.rehearsal.stage.default_index import users_index
from bonded.rehearsal.stage.environment import environment
from bonded.rehearsal.stage.inside import Inside
from bonded.rehearsal.stage.isolation import Isolation, credential_places
from bonded.rehearsal.stage.props import Props
from bonded.rehearsal.stage.theatre import Folders, Theatre

if TYPE_CHECKING:
    import httpx2

    from bonded.publishers.recorded import Registration
    from bonded.rehearsal.stage.authority import Authority
    from bonded.rehearsal.stage.backstage import Backstage
    from bonded.rehearsal.stage.github import GitHub
    from bonded.rehearsal.stage.indexes import StageIndex
    from bonded.rehearsal.stage.signing import Signing
    from bonded.rehearsal.stage.sigstore.faults import Fault


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
    sigstore_faults: "frozenset[Fault]" = frozenset()
    """What the stage's Sigstore does wrong this evening."""


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
    faults: "frozenset[Fault]"
    """What the stage's Sigstore does wrong."""


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
class Habits:
    """What the workflows will do that the stage must be ready for."""

    pushes: bool
    """Whether a step says `git push`; then the stage has a copy of the repository to push to."""
    signs: bool
    """Whether a stand-in will sign; then what it needs is loaded beforehand."""
    runs_sigstore: bool
    """Whether a script may run a client of Sigstore; then Python is led to the evening's."""


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
    habits: Habits


def set_stage(exits: ExitStack, plot: Plot) -> Stage:
    """Set everything up; the stack strikes it in the right order. Raises BondedError where the machine refuses."""
    plot.stop.check()
    authority = plot.props.authority.result()
    bundle = plot.folders.back / "authorities.pem"
    bundle.write_bytes(authority.bundle(_system_certificates(plot.around)))
    github = plot.props.github
    signing = _signing(plot, bundle)
    indexes = _indexes(plot, github, signing)
    for index in indexes:
        exits.callback(index.close)
    # Struck in this order: the servers, which own the room's listening socket, then the room with all that runs in it.
    room = exits.enter_context(ExitStack())
    backstage = _backstage(plot, authority, indexes, github)
    exits.callback(_strike, backstage, plot.report)
    backstage.start()
    github.address = signing.proxy = backstage.proxy_url
    isolation = _isolate(room, plot, backstage)
    _furnish(plot)
    return Stage(
        theatre=_theatre(plot, isolation, backstage, bundle, signing),
        backstage=backstage,
        github=github,
        indexes=indexes,
        isolation=isolation,
        base_env={
            **_base_env(plot.folders, backstage.proxy_url, bundle),
            **_led_to_sigstore(plot),
        },
        token=f"ghs_{secrets.token_hex(18)}",
        faults=plot.around.sigstore_faults,
    )


def _signing(plot: Plot, bundle: Path) -> "Signing":
    """Make what the stand-ins sign with, and begin to load what it needs if they will."""
    from bonded.rehearsal.stage.signing import Signing

    signing = Signing(plot.props.sigstore, authorities=bundle)
    if plot.habits.signs:
        plot.props.pool.submit(signing.load)
    return signing


def _led_to_sigstore(plot: Plot) -> dict[str, str]:
    """Return the variables that lead a step's own Python clients of Sigstore to the stage's; mostly none.

    The folder changes what every Python of the steps reads when it starts, so it is there only where it may be needed.
    """
    if not plot.habits.runs_sigstore:
        return {}
    from bonded.rehearsal.stage.sigstore.clients import python_path_files

    folder = plot.folders.back / "sigstore"
    write_files(folder, python_path_files(plot.props.sigstore.result()))
    plot.report.differ(
        "PYTHONPATH led the steps' Python to the Sigstore of the stage, because a script names it or attestations"
    )
    return {"PYTHONPATH": str(folder)}


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files below a folder, by path."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


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
        {
            **hosts(indexes),
            **dict.fromkeys(HOSTS, github.app),
            **plot.props.sigstore.result().apps(),
        },
        authority,
        offline=offline,
        outside=WayOut(proxy=outside),
        desk=github.desk,
    )


def _theatre(
    plot: Plot,
    isolation: Isolation,
    backstage: "Backstage",
    bundle: Path,
    signing: "Signing",
) -> Theatre:
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
        signing=signing,
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


def _indexes(plot: Plot, github: "GitHub", signing: "Signing") -> tuple["StageIndex", ...]:
    from bonded.rehearsal.stage.indexes import StageIndex

    around = plot.around
    data = around.keep_index or plot.folders.back / "indexes"
    pypi = plot.props.indexes[0]
    upstream = users_index(
        around.environ,
        around.home,
        otherwise=pypi.simple_url,
        cache=around.cache,
        offline=around.offline,
    )
    indexes = tuple(
        StageIndex(
            endpoints,
            data=data / endpoints.name,
            own_names=frozenset({plot.project}),
            keys=github,
            # Only PyPI's stand-in has the world behind it; TestPyPI's other projects are not on the stage.
            upstream=upstream if endpoints is pypi else None,
            trust=signing.root,
        )
        for endpoints in plot.props.indexes
    )
    for index in indexes:
        for registration in plot.registrations:
            if registration.index == index.endpoints.name:
                index.register(registration.publisher, parse_project_name(registration.project))
    return indexes


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
    jobs of the evening; its clients of Sigstore find the evening's trust root where they keep theirs.
    """
    from bonded.rehearsal.stage.sigstore.clients import home_files

    folders, repository = plot.folders, plot.repository
    lines = [f'[url "file://{plot.origin.folder}"]']
    for base in ("https://github.com/", "git@github.com:", "ssh://git@github.com/"):
        lines += [f"\tinsteadOf = {base}{repository}.git", f"\tinsteadOf = {base}{repository}"]
    if plot.habits.pushes:
        copy = folders.front / "pushed.git"
        plot.origin.git("clone", "--quiet", "--bare", str(plot.origin.folder), str(copy))
        lines += [f'[url "file://{copy}"]', f"\tpushInsteadOf = https://github.com/{repository}"]
        plot.report.differ("`git push` went to a copy of the repository, and started no workflow")
    lines += ["[safe]", "\tdirectory = *", "[init]", "\tdefaultBranch = main"]
    lines += ["[advice]", "\tdetachedHead = false"]
    (folders.home / ".gitconfig").write_text("\n".join(lines) + "\n")
    cache = folders.front / "uv-cache"
    cache.mkdir()
    write_files(folders.home, home_files(plot.props.sigstore.result()))
    (folders.home / ".cache").mkdir(exist_ok=True)
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
