import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.publishers import InvalidPublisher, from_fields, judge, select
from bonded.publishers.ci_config_ref import config_filepath
from bonded.publishers.gitlab import FORM, ISSUER, PROVIDER, REQUIRED_CLAIMS, GitLabPublisher
from bonded.publishers.rule import CertificateFact
from claims_builder import SHA
from claims_gitlab import CONFIG, REF, claims, publisher

OWN = "https://git.acme.example:8443/gitlab"
OWN_CONFIG = "git.acme.example:8443/gitlab/acme/tasks/widget//.gitlab-ci.yml"


@pytest.mark.parametrize(
    "bent",
    [
        {},
        {"sub": "project_path:acme/tasks/widget"},
        {"sub": "PROJECT_PATH:Acme/Tasks/WIDGET:ref_type:branch:ref:a:b"},
        {"sub": "project_path:acme/tasks/widget:"},
        {"project_path": "Acme/Tasks/WIDGET"},
        {
            "project_path": "acme/tas\u212as/widget",
            "sub": "project_path:acme/tas\u212as/widget",
        },
        {"ci_config_ref_uri": f"{CONFIG}@{SHA}"},
        {"ref_path": "refs/heads/a@b", "ci_config_ref_uri": f"{CONFIG}@refs/heads/a@b"},
        {"ref_path": SHA, "ci_config_ref_uri": f"{CONFIG}@{SHA}"},
        {"pipeline_source": "merge_request_event", "job_project_id": "72"},
        {"ref_protected": "false", "runner_environment": "self-hosted", "project_id": "1"},
        {"ref": ..., "user_login": 5, "pipeline_source": ...},
    ],
)
def test_claims_that_are_accepted(bent: dict[str, object]) -> None:
    """What PyPI compares without letter case, or not at all, may differ."""
    assert select([publisher()], claims(**bent)).publisher == publisher()


MISMATCH = "The ci_config_ref_uri claim does not match, expecting one of "
EMPTY = "The ref_path and sha claims are empty"


@pytest.mark.parametrize(
    ("bent", "reason"),
    [
        ({"sub": ""}, "Check failed for required claim 'sub'"),
        ({"sub": 5}, "Check failed for required claim 'sub'"),
        ({"sub": "project_path"}, "Check failed for required claim 'sub'"),
        ({"sub": "project_path:"}, "Check failed for required claim 'sub'"),
        ({"sub": ":acme/tasks/widget"}, "Check failed for required claim 'sub'"),
        ({"sub": "repo:acme/tasks/widget"}, "Check failed for required claim 'sub'"),
        ({"sub": "project_path:acme/tasks/widget2"}, "Check failed for required claim 'sub'"),
        ({"sub": "project_path:acme/ta\u017fks/widget"}, "Check failed for required claim 'sub'"),
        ({"sub": "project_path: acme/tasks/widget"}, "Check failed for required claim 'sub'"),
        ({"project_path": ""}, "Check failed for required claim 'project_path'"),
        ({"project_path": "acme/widget"}, "Check failed for required claim 'project_path'"),
        (
            {"project_path": "acme/ta\u017fks/widget"},
            "Check failed for required claim 'project_path'",
        ),
        (
            {"project_path": ["acme/tasks/widget"]},
            "Check failed for required claim 'project_path'",
        ),
        ({"ci_config_ref_uri": ""}, "The ci_config_ref_uri claim is empty"),
        ({"ci_config_ref_uri": 5}, "The ci_config_ref_uri claim is empty"),
        ({"ref_path": ""}, EMPTY),
        ({"sha": ""}, EMPTY),
        ({"sha": 5}, EMPTY),
        ({"ref_path": None}, EMPTY),
        ({"ci_config_ref_uri": CONFIG}, MISMATCH),
        ({"ci_config_ref_uri": f"{CONFIG}@"}, MISMATCH),
        ({"ci_config_ref_uri": f"{CONFIG}@{REF}x"}, MISMATCH),
        ({"ci_config_ref_uri": f"{CONFIG}@refs/heads/main"}, MISMATCH),
        ({"ci_config_ref_uri": f"{CONFIG.replace('acme', 'Acme')}@{REF}"}, MISMATCH),
        ({"ci_config_ref_uri": f"https://{CONFIG}@{REF}"}, MISMATCH),
        ({"ci_config_ref_uri": f"git.example/{CONFIG}@{REF}"}, MISMATCH),
        ({"ci_config_ref_uri": f"gitlab.com/evil/widget//.gitlab-ci.yml@{REF}"}, MISMATCH),
        ({"jti": ""}, "Check failed for required claim 'jti'"),
        ({"jti": 7}, "Check failed for required claim 'jti'"),
        ({"environment": ""}, "Check failed for optional claim 'environment'"),
        ({"environment": ...}, "Check failed for optional claim 'environment'"),
        ({"environment": "release/pypi"}, "Check failed for optional claim 'environment'"),
        ({"environment": ["Release/PyPI"]}, "Check failed for optional claim 'environment'"),
    ],
)
def test_claims_that_fail_a_check(bent: dict[str, object], reason: str) -> None:
    """Each check refuses in PyPI's words, and nothing that fails one is chosen."""
    assert judge(publisher(), claims(**bent)).reason.startswith(reason)
    assert select([publisher()], claims(**bent)).publisher is None


def test_the_text_of_a_wrong_file_is_pypis() -> None:
    """The accepted texts are listed in order, then the one that came."""
    assert judge(publisher(), claims(ci_config_ref_uri="x")).reason == (
        f"{MISMATCH}['{CONFIG}@{SHA}', '{CONFIG}@{REF}'], got 'x'"
    )


NOT_FOUND = "Publisher with matching claims was not found"


@pytest.mark.parametrize(
    ("bent", "reason"),
    [
        ({"project_path": "acme/tasks/gadget"}, NOT_FOUND),
        ({"project_path": "widget"}, NOT_FOUND),
        ({"project_path": "acme/%/widget"}, NOT_FOUND),
        ({"project_path": 5}, NOT_FOUND),
        ({"ci_config_ref_uri": f"gitlab.com/acme/tasks/widget//ci.yml@{REF}"}, NOT_FOUND),
        ({"environment": "other"}, NOT_FOUND),
        ({"environment": "release/pypi"}, NOT_FOUND),
        ({"environment": ...}, NOT_FOUND),
        ({"ci_config_ref_uri": 7}, "Could not extract workflow filename from OIDC claims"),
        ({"ci_config_ref_uri": "x"}, "Could not extract workflow filename from OIDC claims"),
        ({"ci_config_ref_uri": f"{CONFIG.replace('acme', 'Acme')}@{REF}"}, MISMATCH),
        *(({name: ...}, f"Missing claim '{name}'") for name in REQUIRED_CLAIMS),
        *(({name: None}, f"Missing claim '{name}'") for name in REQUIRED_CLAIMS),
    ],
)
def test_claims_that_no_publisher_is_found_for(bent: dict[str, object], reason: str) -> None:
    """The look-up refuses in PyPI's words, and the nearest publisher tells what to mend."""
    choice = select([publisher()], claims(**bent))

    assert choice.publisher is None
    assert choice.reason.startswith(reason)
    assert choice.mismatches or reason.startswith("Missing claim")


def test_a_registration_in_another_letter_case_fails_late() -> None:
    """PyPI finds the project in any letter case, but compares the pipeline's file in the registered one."""
    choice = select([publisher(namespace="Acme/Tasks")], claims())

    assert choice.reason.startswith(MISMATCH)
    assert [miss.claim for miss in choice.mismatches] == ["ci_config_ref_uri"]


def test_a_branch_that_looks_like_a_file_is_not_found() -> None:
    """A ref with `.yml@` in it makes the path that is looked up too long: the refusal shows the look-up's condition."""
    ref = "refs/heads/x.yml@y"
    choice = select([publisher()], claims(ref_path=ref, ci_config_ref_uri=f"{CONFIG}@{ref}"))

    assert choice.reason == NOT_FOUND
    (mismatch,) = choice.mismatches
    assert (mismatch.claim, mismatch.got) == ("ci_config_ref_uri", f"{CONFIG}@{ref}")
    assert "read from the text" in mismatch.how


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("gitlab.com/a/b//ci.yml@refs/heads/main", "ci.yml"),
        ("gitlab.com/a/b//x.yaml@r", "x.yaml"),
        ("gitlab.com/a/b//a.yml@r", "a.yml"),
        ("gitlab.com/a/b//deep/er/ci.yml@r", "deep/er/ci.yml"),
        ("gitlab.com/a/b//too//many//slashes.yml@r", "too//many//slashes.yml"),
        ("gitlab.com/a/b//ci.yml@other.yml@r", "ci.yml@other.yml"),
        ("gitlab.com/a/b//@.yml.x.yml@y.yml@r", "@.yml.x.yml@y.yml"),
        ("gitlab.com/a/b//ci.yml@refs/heads/x.yaml@z", "ci.yml@refs/heads/x.yaml"),
        ("gitlab.com/a/b//.yml@r", ""),
        ("gitlab.com/a/b//deep/.yaml@r", ""),
        ("gitlab.com/a/b//@r", ""),
        ("gitlab.com/a/b//ci.YML@r", ""),
        ("gitlab.com/a/b//ci.yml", ""),
        ("gitlab.com/a/b/ci.yml@r", ""),
        ("", ""),
    ],
)
def test_the_file_path_in_a_claim(text: str, path: str) -> None:
    """The path is read as PyPI reads it, tricks with `@`, `//` and `.yml` included."""
    assert config_filepath(text) == path


@given(st.text("a/@.yml", max_size=30))
@settings(deadline=None)
def test_the_file_path_is_the_longest_match(text: str) -> None:
    """Reading in linear time finds what the pattern of the rule finds."""
    match = re.search(r"(?<=//).*[^/]\.ya?ml(?=@)", text)

    assert config_filepath(text) == (match[0] if match else "")


@pytest.mark.parametrize("text", ["/" * 10**6, "//" + "a.yml" * 10**5, ".yml@" * 10**5 + "//"])
def test_hostile_claims_cost_little(text: str) -> None:
    """A claim as long as a token may be is read at once; a search by pattern would take minutes."""
    assert config_filepath(text) == ""


ANY = publisher(environment="")
HERE = publisher()
STAGING = publisher(environment="staging")


@pytest.mark.parametrize(
    ("registered", "environment", "chosen"),
    [
        ((ANY, HERE), "Release/PyPI", HERE),
        ((HERE, ANY), "Release/PyPI", HERE),
        ((HERE, ANY), "release/pypi", ANY),
        ((ANY, HERE), "staging", ANY),
        ((ANY, HERE), "", ANY),
        ((ANY, HERE), ..., ANY),
        ((ANY, HERE), 5, ANY),
        ((STAGING, HERE), "", None),
        ((STAGING,), "Release/PyPI", None),
    ],
)
def test_the_most_specific_environment_wins(
    registered: tuple[GitLabPublisher, ...], environment: object, chosen: GitLabPublisher | None
) -> None:
    """A publisher of the job's environment comes first, one without is for all, one of another is never taken."""
    choice = select(registered, claims(environment=environment))

    assert choice.publisher is chosen
    assert bool(choice.reason) == (chosen is None)


def own(**bent: object) -> dict[str, object]:
    """Return claims of a job at a GitLab of one's own."""
    return claims(**({"iss": OWN, "ci_config_ref_uri": f"{OWN_CONFIG}@{REF}"} | bent))


def test_a_gitlab_of_ones_own() -> None:
    """Its publishers take its tokens, with its address in the pipeline's file, and nobody else's."""
    mine = publisher(issuer_url=OWN)

    assert select([mine], own()).publisher is mine
    assert select([HERE, mine], own()).publisher is mine
    assert select([HERE, mine], claims()).publisher is HERE
    assert select([mine], claims()).publisher is None
    assert select([HERE], own()).reason == "unknown trusted publishing issuer"
    assert select([mine], own(ci_config_ref_uri=f"{CONFIG}@{REF}")).publisher is None
    assert select([mine], own(iss=f"{OWN}/")).publisher is None


def test_a_publisher_of_another_gitlab_is_never_looked_up() -> None:
    """Even handed to the look-up by mistake, a publisher of another issuer is not found."""
    mine = publisher(issuer_url=OWN)

    assert PROVIDER.look_up([mine], claims()) != mine
    assert PROVIDER.look_up([mine], own()) is mine
    assert PROVIDER.same_source(mine, own())
    assert not PROVIDER.same_source(mine, claims())
    assert not PROVIDER.same_source(mine, own(project_path="acme/widget"))


GOOD = publisher().to_fields()


def made(**bent: object) -> dict[str, str]:
    """Return the fields of a publisher that was made with some of them replaced."""
    return from_fields("gitlab", GOOD | bent).to_fields()


@pytest.mark.parametrize(
    ("field", "typed", "stored"),
    [
        ("namespace", "ab", "ab"),
        ("namespace", "a//b", "a//b"),
        ("namespace", "a/-b", "a/-b"),
        ("namespace", "foo.git/bar", "foo.git/bar"),
        ("namespace", "A+b_c.d-e", "A+b_c.d-e"),
        ("project", "a_b.c-d", "a_b.c-d"),
        ("workflow_filepath", " ci/release.yaml\n", "ci/release.yaml"),
        ("workflow_filepath", ".yml", ".yml"),
        ("environment", "Prod ${x}/a_b-c", "Prod ${x}/a_b-c"),
        ("environment", " \t ", ""),
        ("issuer_url", "", ISSUER),
        ("issuer_url", ISSUER, ISSUER),
        ("issuer_url", OWN, OWN),
        ("issuer_url", f" {OWN}\n", OWN),
        ("issuer_url", "https://gitlab.com.acme.example", "https://gitlab.com.acme.example"),
    ],
)
def test_fields_that_pypi_takes(field: str, typed: str, stored: str) -> None:
    """What PyPI's form takes is taken, and normalised as there."""
    assert made(**{field: typed})[field] == stored


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("namespace", ""),
        ("namespace", "a"),
        ("namespace", "acme.git"),
        ("namespace", "acme/tasks.ATOM"),
        ("namespace", "-acme"),
        ("namespace", "acme/"),
        ("namespace", "ac--me"),
        ("namespace", "ac._me"),
        ("namespace", "äcme"),
        ("namespace", "acme\n"),
        ("namespace", None),
        ("project", ""),
        ("project", "w"),
        ("project", "tasks/widget"),
        ("project", "wid+get"),
        ("project", "widget.git"),
        ("project", "wid.-get"),
        ("workflow_filepath", ""),
        ("workflow_filepath", "/ci.yml"),
        ("workflow_filepath", "ci.yml/"),
        ("workflow_filepath", "ci.YML"),
        ("workflow_filepath", "a\x00.yml"),
        ("environment", "a.b"),
        ("environment", "é"),
        ("environment", "a\nb"),
        ("issuer_url", "git.acme.example"),
        ("issuer_url", "http://git.acme.example"),
        ("issuer_url", "https://git.acme.example/"),
        ("issuer_url", "https://git.acme.example/?x=1"),
        ("issuer_url", "https://git.acme.example#x"),
        ("issuer_url", "https://user@git.acme.example"),
        ("issuer_url", "https://git.acme .example"),
        ("issuer_url", "https://GIT.acme.example"),
        ("issuer_url", "https://gitlab.com/acme"),
        ("issuer_url", "https://token.actions.githubusercontent.com/octo"),
        ("issuer_url", "https://" + "a" * 400),
        ("issuer_url", "https://GitLab.com"),
        ("issuer_url", "https://gitlab.com:443"),
        ("issuer_url", "https://gitlab.com."),
        ("issuer_url", "https://token.actions.githubusercontent.com"),
        ("issuer_url", "https://Token.Actions.GitHubUserContent.com"),
        ("issuer_url", "https://accounts.google.com"),
        ("issuer_url", "https://platform.activestate.com/api/v1/oauth/oidc"),
    ],
)
def test_fields_that_are_refused(field: str, value: object) -> None:
    """A field that cannot be is named, and only that; no other service's issuer can be brought, however spelt."""
    with pytest.raises(InvalidPublisher) as caught:
        made(**{field: value})

    assert [fault.field for fault in caught.value.faults] == [field]


@pytest.mark.parametrize("field", ["namespace", "project"])
def test_one_letter_is_too_few(field: str) -> None:
    """PyPI wants two, and the message says so."""
    with pytest.raises(InvalidPublisher, match=r"is at least two letters or digits, .*, got 'a'"):
        from_fields("gitlab", GOOD | {field: "a"})


def test_a_publisher_says_what_it_is() -> None:
    """Fields, form, links and title of a publisher come from its data."""
    mine = publisher(issuer_url=OWN)

    assert [field.name for field in FORM] == list(GOOD)
    assert publisher().form_values() == {"provider": "gitlab"} | GOOD
    assert (HERE.kind, HERE.issuer, mine.issuer) == ("gitlab", ISSUER, OWN)
    assert publisher(issuer_url="").issuer == ISSUER
    assert (ANY.specificity, HERE.specificity) == (0, 1)
    assert HERE.title == ".gitlab-ci.yml of acme/tasks/widget in environment Release/PyPI"
    assert mine.title == f"{HERE.title} at {OWN}"
    assert [link.url for link in mine.links()] == [
        f"{OWN}/acme/tasks/widget",
        f"{OWN}/acme/tasks/widget/-/blob/HEAD/.gitlab-ci.yml",
        f"{OWN}/acme/tasks/widget/-/environments",
    ]
    assert HERE.commit_url(SHA) == f"https://gitlab.com/acme/tasks/widget/commit/{SHA}"
    assert HERE.commit_url("") == HERE.url


def test_what_a_certificate_must_say() -> None:
    """An attestation's certificate names issuer, project and the pipeline's file; at gitlab.com only."""
    issuer, project, build = HERE.certificate_facts(claims())

    assert issuer == CertificateFact(name="issuer", oid="1.3.6.1.4.1.57264.1.8", accepted=(ISSUER,))
    assert (project.oid, project.accepted) == ("1.3.6.1.4.1.57264.1.12", (HERE.url,))
    assert build.oid == "1.3.6.1.4.1.57264.1.18"
    assert build.accepted == (f"https://{CONFIG}@{SHA}", f"https://{CONFIG}@{REF}")
    assert publisher(issuer_url=OWN).certificate_facts(own()) == ()


def test_near_misses_are_filed_together() -> None:
    """A project that was renamed or moved is filed where its old publisher is."""
    moved = PROVIDER.sources_of(claims(project_path="beta/Widget"))
    renamed = PROVIDER.sources_of(claims(project_path="acme/Tasks/gadget"))

    assert set(moved) & set(HERE.sources()) == {"name widget"}
    assert set(renamed) & set(HERE.sources()) == {"namespace acme/tasks"}
