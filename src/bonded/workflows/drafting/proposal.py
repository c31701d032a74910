"""Everything that `init` would do, as one value: files to write or to leave, what to register and what to set.

A file is new, or changed in place; nothing else is ever proposed for a file that is there. A project whose workflows
publish already gets no second one: with a token they are migrated, with an identity they are left alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bonded.dists.endpoints import Endpoints
from bonded.dists.names import parse_project_name
from bonded.errors import InvalidInput
from bonded.workflows.drafting.advice import advice, second_uploads
from bonded.workflows.drafting.ci import ci_workflow
from bonded.workflows.drafting.dependabot import dependabot
from bonded.workflows.drafting.environment import Setting, gitlab_settings, settings
from bonded.workflows.drafting.gitlab_ci import gitlab_ci
from bonded.workflows.drafting.migration import Migrated, NotMigrated, migrate, secrets_of
from bonded.workflows.drafting.pins import Pins
from bonded.workflows.drafting.recording import recorded
from bonded.workflows.drafting.registration import Place, Registration, registrations
from bonded.workflows.drafting.release import release_workflow
from bonded.workflows.drafting.subject import Subject, Wishes
from bonded.workflows.drafting.uploads import Upload, uploads
from bonded.workflows.model import Workflow
from bonded.workflows.publishing import has_id_token
from bonded.workflows.reading import FOLDER, SUFFIXES, read_workflow

__all__ = ["Change", "Desk", "Kept", "Proposal", "propose"]

PYPROJECT = "pyproject.toml"
GITLAB = ".gitlab-ci.yml"
DEPENDABOT = (".github/dependabot.yml", ".github/dependabot.yaml")
_NAMED = re.compile(r"(?:--package[ =]|/project/)([\w.-]+)")
Places = dict[str, tuple[Place, ...]]
RENOVATE = tuple(
    f"{folder}{name}"
    for folder in ("", ".github/")
    for name in ("renovate.json", "renovate.json5", ".renovaterc", ".renovaterc.json")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A file to write: `before` is None for a new one."""

    path: str
    before: str | None
    after: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A file that stays as it is, and why."""

    path: str
    why: str


@dataclass(slots=True, kw_only=True)
class Proposal:
    """What would be done; filled by `propose`."""

    changes: list[Change] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    registrations: tuple[Registration, ...] = ()
    settings: tuple[Setting, ...] = ()
    secrets: list[str] = field(default_factory=list)
    """Secrets that nothing reads any more once the changes are made."""
    notes: list[str] = field(default_factory=list)

    def put(self, path: str, before: str | None, after: str, why: str) -> None:
        """Propose a file, or keep it where nothing would change."""
        if before == after:
            self.kept.append(Kept(path=path, why="it is already as it would be written"))
        else:
            self.changes.append(Change(path=path, before=before, after=after, why=why))


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a proposal is made from: the project, the choices, the files that are there."""

    subject: Subject
    wishes: Wishes
    pins: Pins
    present: Mapping[str, str]
    index: Endpoints
    test_index: Endpoints


def propose(desk: Desk) -> Proposal:
    """Return what to do; `present` holds the texts of workflows, Dependabot and pyproject.toml by path."""
    proposal = Proposal()
    if desk.wishes.provider == "gitlab":
        places = _pipeline(desk, proposal)
        proposal.settings = gitlab_settings(desk.subject, desk.wishes.environment)
    else:
        places = _workflows(desk, proposal)
        _renewal(desk, proposal)
        named = {(one.index.name, one.environment) for found in places.values() for one in found}
        real = tuple(sorted(name for index, name in named if index == "pypi" and name))
        trial = tuple(sorted(name for index, name in named if name and name not in real))
        proposal.settings = settings(desk.subject, real, trial)
    proposal.registrations = registrations(desk.subject, desk.wishes.provider, places)
    _record(desk, proposal)
    proposal.notes += advice(desk.subject, desk.wishes)
    return proposal


def _pipeline(desk: Desk, proposal: Proposal) -> Places:
    text = gitlab_ci(desk.subject, desk.wishes, desk.pins, index=desk.index)
    there = desk.present.get(GITLAB)
    if there is None or there == text:
        proposal.put(GITLAB, there, text, "tests every commit, publishes every tag")
    else:
        why = "there is a pipeline already, which bonded does not read; compare it yourself"
        proposal.kept.append(Kept(path=GITLAB, why=why))
    if any(package.compiled for package in desk.subject.packages):
        proposal.notes.append(
            "the pipeline builds one wheel, on Linux: a matrix is written for GitHub only"
        )
    place = Place(index=desk.index, file=GITLAB, environment=desk.wishes.environment)
    return {package.name: (place,) for package in desk.subject.packages}


def _workflows(desk: Desk, proposal: Proposal) -> Places:
    """Propose workflows; return from where each package is published."""
    known: dict[str, Workflow] = {}
    for path in sorted(desk.present):
        if path.startswith(FOLDER) and path.endswith(SUFFIXES):
            try:
                known[path] = read_workflow(desk.present[path], path)
            except InvalidInput as error:
                why = f"GitHub would refuse it: {error.faults[0]}"
                proposal.kept.append(Kept(path=path, why=why))
    publishing = {path: found for path, workflow in known.items() if (found := uploads(workflow))}
    places = _existing(desk, proposal, publishing) if publishing else _releases(desk, proposal)
    proposal.notes += second_uploads(known)
    _tests(desk, proposal, {path: known[path] for path in known if path not in publishing})
    return places


def _existing(
    desk: Desk, proposal: Proposal, publishing: Mapping[str, tuple[Upload, ...]]
) -> Places:
    """Migrate what uploads with a token, and leave the rest; every package may come from each of the files."""
    texts = dict(desk.present)
    gone: set[str] = set()
    for path, found in publishing.items():
        done = _migrated(desk, path, found)
        if isinstance(done, NotMigrated):
            proposal.kept.append(Kept(path=path, why=done.reason))
            continue
        texts[path] = done.text
        gone.update(done.secrets)
        why = f"job {', '.join(done.jobs)}: an identity instead of a token"
        proposal.put(path, desk.present[path], done.text, why)
        proposal.notes += [f"{path}: {note}" for note in done.notes]
    left = frozenset().union(*map(secrets_of, texts.values()))
    proposal.secrets = sorted(gone - left)
    return {
        package.name: tuple(
            dict.fromkeys(
                place
                for path in publishing
                if package.name in _published_by(desk.subject, texts[path])
                for place in _places_in(desk, path, texts[path])
            )
        )
        for package in desk.subject.packages
    }


def _published_by(subject: Subject, text: str) -> tuple[str, ...]:
    """Return the packages that a workflow publishes: those that it names to uv or shows by their page, else all."""
    named = set(_NAMED.findall(text))
    found = tuple(p.name for p in subject.packages if parse_project_name(p.name) in named)
    return found or tuple(package.name for package in subject.packages)


def _migrated(desk: Desk, path: str, found: tuple[Upload, ...]) -> Migrated | NotMigrated:
    if ".pypirc" in desk.present[path]:
        return NotMigrated(reason="it keeps a token in .pypirc, which a person must take out")
    if not any(upload.token and upload.index for upload in found):
        return NotMigrated(reason=_why_not(read_workflow(desk.present[path], path), found))
    done = migrate(
        desk.present[path],
        path,
        desk.pins,
        environments=(desk.wishes.environment, desk.wishes.test_environment),
        test_index=desk.test_index,
    )
    if isinstance(done, NotMigrated):
        return NotMigrated(reason=f"it uploads with a token, but {done.reason}")
    return done


def _why_not(workflow: Workflow, found: tuple[Upload, ...]) -> str:
    """Return what to say of a workflow that uploads without any token that can be seen."""
    if all(not upload.index for upload in found):
        return "it uploads to another index"
    if all(has_id_token(workflow, upload.job) for upload in found if upload.index):
        return "it publishes without a token"
    return "it publishes, but neither a token nor `id-token: write` is to be seen"


def _places_in(desk: Desk, path: str, text: str) -> list[Place]:
    """Return from where a workflow publishes; an environment that only a run knows is left open."""
    found = []
    for upload in uploads(read_workflow(text, path)):
        environment = upload.job.environment
        name = environment.name.text if environment else ""
        index = desk.test_index if upload.index == "testpypi" else desk.index
        if upload.index:
            file = path.rpartition("/")[2]
            name = "" if "${{" in name else name
            found.append(Place(index=index, file=file, environment=name))
    return found


def _releases(desk: Desk, proposal: Proposal) -> Places:
    several = len(desk.subject.packages) > 1
    wishes = desk.wishes
    places: Places = {}
    for package in desk.subject.packages:
        base = f"-{parse_project_name(package.name)}" if several else ""
        names = (f"{verb}{base}.yml" for verb in ("release", "publish", "publish-to-pypi"))
        name = next((n for n in names if f"{FOLDER}{n}" not in desk.present), "bonded-release.yml")
        text = release_workflow(
            package,
            wishes,
            desk.pins,
            index=desk.index,
            test_index=desk.test_index,
            in_workspace=desk.subject.workspace,
            siblings=[one for one in desk.subject.packages if one is not package],
        )
        proposal.put(f"{FOLDER}{name}", None, text, f"publishes {package.name}")
        place = Place(index=desk.index, file=name, environment=wishes.environment)
        trial = Place(index=desk.test_index, file=name, environment=wishes.test_environment)
        places[package.name] = (place, trial) if wishes.testpypi else (place,)
    return places


def _tests(desk: Desk, proposal: Proposal, others: Mapping[str, Workflow]) -> None:
    """Propose tests where no workflow looks at pull requests."""
    for path, workflow in others.items():
        if any(trigger.event == "pull_request" for trigger in workflow.triggers):
            proposal.kept.append(Kept(path=path, why="it runs for pull requests already"))
            return
    path = f"{FOLDER}ci.yml"
    if path in desk.present:
        proposal.kept.append(
            Kept(path=path, why="there is such a file, though it tests no pull request")
        )
        return
    proposal.put(path, None, ci_workflow(desk.subject, desk.pins), "tests every pull request")


def _renewal(desk: Desk, proposal: Proposal) -> None:
    """Propose that pins are renewed, unless Renovate does it."""
    renovate = next((path for path in RENOVATE if path in desk.present), "")
    path = next((path for path in DEPENDABOT if path in desk.present), DEPENDABOT[0])
    if renovate and path not in desk.present:
        proposal.kept.append(Kept(path=renovate, why="Renovate renews the pins"))
        return
    text = dependabot(desk.present.get(path))
    if text is None:
        proposal.kept.append(Kept(path=path, why="its entries could not be understood"))
        return
    proposal.put(
        path, desk.present.get(path), text, "renews the pins of actions, a week late and together"
    )


def _record(desk: Desk, proposal: Proposal) -> None:
    """Propose to record the publishers where the project's other commands look for them."""
    if not proposal.registrations:
        proposal.notes.append(
            "the repository is not known, so no publisher can be named: say --repository OWNER/NAME"
        )
        return
    if any(kept.path == GITLAB for kept in proposal.kept):
        return  # whether the pipeline that is there publishes, nobody has looked
    root = next((package.name for package in desk.subject.packages if not package.folder), "")
    entries = [one.as_entry(in_project=root) for one in proposal.registrations]
    before = desk.present[PYPROJECT]
    after = recorded(before, entries, project=root)
    if after is None:
        proposal.kept.append(
            Kept(
                path=PYPROJECT,
                why="[tool.bonded] is not written as tables; add the entries yourself",
            )
        )
        return
    proposal.put(
        PYPROJECT, before, after, "records the publishers, for `bonded rehearse` and `bonded check`"
    )
