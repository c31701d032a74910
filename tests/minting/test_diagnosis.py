import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.minting.advice.token import FAULTS
from bonded.minting.diagnosis import Advice, Diagnosis, Row, diagnose
from bonded.minting.exchange import Refused
from bonded.oidc.issue import issue
from bonded.oidc.verify import TokenFault
from bonded.publishers import Publisher
from claims_builder import NOW, REF, claims, key, other_key, publisher
from mint_builder import Mint, refusal_of, registered, request

FILES = "octo/widget/.github/workflows"
REGISTER = (
    "owner 'octo', repository name 'widget', workflow name 'release.yml', environment name 'pypi'"
)


def explained(*publishers: Publisher, **bent: object) -> Diagnosis:
    """Explain what the mint says to bent claims."""
    return diagnose(refusal_of(Mint(publishers=registered(*publishers)).ask_with(**bent)))


def steps(diagnosis: Diagnosis) -> list[tuple[str, str, str]]:
    """Return side, field and new value of each step."""
    return [(step.side, step.field, step.new_value) for step in diagnosis.advice]


@pytest.mark.parametrize(
    ("fields", "bent", "expected"),
    [
        pytest.param(
            {"environment": "pypi"},
            {"environment": ...},
            [("workflow", "environment", "pypi"), ("publisher", "environment", "")],
            id="environment registered, job has none",
        ),
        pytest.param(
            {"environment": "pypi"},
            {"environment": "Release"},
            [("workflow", "environment", "pypi"), ("publisher", "environment", "release")],
            id="another environment",
        ),
        pytest.param(
            {"workflow_filename": "publish.yml"},
            {},
            [
                ("publisher", "workflow_filename", "release.yml"),
                ("workflow", "file name", "publish.yml"),
            ],
            id="workflow renamed",
        ),
        pytest.param(
            {"workflow_filename": "release.yaml"},
            {},
            [
                ("publisher", "workflow_filename", "release.yml"),
                ("workflow", "file name", "release.yaml"),
            ],
            id="yml and yaml",
        ),
        pytest.param(
            {"workflow_filename": "Release.yml"},
            {},
            [
                ("publisher", "workflow_filename", "release.yml"),
                ("workflow", "file name", "Release.yml"),
            ],
            id="letter case of the workflow",
        ),
        pytest.param(
            {"repository_name": "Widget"},
            {},
            [("publisher", "repository_name", "widget")],
            id="letter case of the repository",
        ),
        pytest.param(
            {"repository_owner": "Octo"},
            {},
            [("publisher", "repository_owner", "octo")],
            id="letter case of the owner",
        ),
        pytest.param(
            {"repository_owner": "Octo", "repository_name": "Widget"},
            {},
            [("publisher", "repository_name", "widget"), ("publisher", "repository_owner", "octo")],
            id="letter case of both",
        ),
        pytest.param(
            {"repository_name": "gadget"},
            {},
            [
                ("publisher", "repository_name", "widget"),
                ("workflow", "if", "github.repository == 'octo/gadget'"),
                ("publisher", "publisher", REGISTER),
            ],
            id="another repository",
        ),
        pytest.param(
            {"repository_owner": "cat"},
            {},
            [("publisher", "repository_owner", "octo")],
            id="owner renamed",
        ),
        pytest.param(
            {"repository_owner_id": "4"},
            {},
            [("publisher", "repository_owner_id", "5001")],
            id="owner's account made anew",
        ),
        pytest.param(
            {"repository_owner": "cat", "repository_owner_id": "4"},
            {},
            [
                ("publisher", "repository_owner", "octo"),
                ("publisher", "repository_owner_id", "5001"),
                ("workflow", "if", "github.repository == 'cat/widget'"),
                ("publisher", "publisher", REGISTER),
            ],
            id="transferred, or run in a fork",
        ),
        pytest.param(
            {},
            {"job_workflow_ref": f"{FILES}/upload.yml@{REF}"},
            [("workflow", "jobs", "release.yml"), ("publisher", "workflow_filename", "upload.yml")],
            id="reusable workflow here, the calling one registered",
        ),
        pytest.param(
            {},
            {"job_workflow_ref": "corp/ci/.github/workflows/release.yml@refs/heads/main"},
            [("workflow", "jobs", "release.yml")],
            id="reusable workflow elsewhere, same file name",
        ),
        pytest.param(
            {"workflow_filename": "upload.yml"},
            {"job_workflow_ref": "corp/ci/.github/workflows/upload.yml@v1", "workflow_ref": ...},
            [("workflow", "jobs", "upload.yml")],
            id="reusable workflow elsewhere, the called one registered",
        ),
        pytest.param(
            {},
            {"job_workflow_ref": f"{FILES}/release.yml@refs/heads/main"},
            [("workflow", "uses", "./.github/workflows/release.yml")],
            id="reusable workflow here at another ref",
        ),
        pytest.param(
            {},
            {"event_name": "pull_request_target"},
            [("workflow", "on", "release")],
            id="pull_request_target",
        ),
        pytest.param(
            {"environment": "staging", "workflow_filename": "publish.yml"},
            {},
            [
                ("publisher", "workflow_filename", "release.yml"),
                ("workflow", "environment", "staging"),
                ("workflow", "file name", "publish.yml"),
                ("publisher", "environment", "pypi"),
            ],
            id="two faults: first one step for each",
        ),
    ],
)
def test_a_mismatch_names_side_field_and_value(
    fields: dict[str, str], bent: dict[str, object], expected: list[tuple[str, str, str]]
) -> None:
    """Each fault has its steps, the likeliest first, and each sentence holds the exact new value."""
    diagnosis = explained(publisher(**fields), **bent)

    assert steps(diagnosis) == expected
    for step in diagnosis.advice:
        assert step.new_value in step.sentence
        assert step.sentence.endswith(".")


@pytest.mark.parametrize(
    ("fields", "phrase"),
    [
        ({"workflow_filename": "release.yaml"}, "only the ending differs"),
        ({"workflow_filename": "Release.yml"}, "only the letter case differs"),
        ({"workflow_filename": "publish.yml"}, "the file was renamed"),
        ({"repository_owner": "cat"}, "is now called 'octo'"),
        ({"repository_owner_id": "4"}, "deleted and made anew"),
        ({"repository_name": "Widget"}, "letter for letter"),
    ],
)
def test_the_first_step_says_why(fields: dict[str, str], phrase: str) -> None:
    """The kind of difference is said, not only that there is one."""
    assert phrase in explained(publisher(**fields)).advice[0].sentence


def test_a_repository_without_publisher_is_told_the_whole_form() -> None:
    """Where nothing is registered, the step holds every field to register."""
    diagnosis = explained()

    assert diagnosis.table == ()
    assert diagnosis.advice == (
        Advice(
            sentence=f"No GitHub publisher is registered for this job: add one with {REGISTER}.",
            side="publisher",
            field="publisher",
            new_value=REGISTER,
        ),
    )


@pytest.mark.parametrize(
    ("bent", "field"),
    [
        ({"repository": "octo"}, "repository"),
        ({"repository_owner": ""}, "repository_owner"),
        ({"repository_owner_id": ""}, "repository_owner_id"),
        ({"job_workflow_ref": ""}, "job_workflow_ref"),
        ({"ref": "", "sha": ""}, "ref"),
        ({"jti": ""}, "jti"),
        ({"event_name": 7}, "event_name"),
        ({"sha": ...}, "token"),
    ],
)
def test_a_token_that_no_job_of_github_has(bent: dict[str, object], field: str) -> None:
    """Claims that every job has are missing or odd: the token is the wrong one."""
    assert ("GitHub", field, "") in steps(explained(publisher(), **bent))


def test_the_table_has_every_check_of_the_nearest_publisher() -> None:
    """The table shows what fits too, so that nobody has to guess what was looked at."""
    diagnosis = explained(publisher(repository_owner_id="4"), publisher(), environment="other")

    assert [(row.claim, row.ok) for row in diagnosis.table] == [
        ("repository", True),
        ("repository_owner", True),
        ("repository_owner_id", True),
        ("job_workflow_ref", True),
        ("jti", True),
        ("event_name", True),
        ("environment", False),
    ]
    assert diagnosis.table[-1] == Row(
        claim="environment",
        registered="pypi",
        got="other",
        how="equal, letter case aside",
        ok=False,
    )
    assert diagnosis.summary.startswith("valid token, but no corresponding publisher")


def test_a_token_for_another_index_names_both() -> None:
    """A token made for TestPyPI and brought to PyPI is told so."""
    diagnosis = explained(publisher(), aud="testpypi")

    assert steps(diagnosis) == [("workflow", "audience", "pypi")]
    assert "made for TestPyPI, but this is PyPI" in diagnosis.advice[0].sentence
    assert diagnosis.table == (
        Row(claim="aud", registered="pypi", got="testpypi", how="equal", ok=False),
    )


@pytest.mark.parametrize("audience", ["https://github.com/octo", ["pypi", "testpypi"]])
def test_a_token_for_nobody_known_quotes_its_audience(audience: object) -> None:
    """GitHub's default audience, or a list, is quoted beside the one to ask for."""
    sentence = explained(publisher(), aud=audience).advice[0].sentence

    assert "The token was made for " in sentence
    assert "audience 'pypi' alone" in sentence


@pytest.mark.parametrize(
    ("bent", "side", "phrase"),
    [
        (
            {"exp": NOW - 100},
            "workflow",
            "The token ended 100 seconds ago. It lives about five minutes",
        ),
        ({"iat": NOW + 100}, "project", "set the clock of this machine"),
        ({"exp": ...}, "workflow", "The token has no claim 'exp'."),
        ({"exp": "soon"}, "workflow", "is not a time: 'soon'"),
    ],
)
def test_a_token_out_of_time(bent: dict[str, object], side: str, phrase: str) -> None:
    """Expired, early and timeless tokens have different remedies."""
    diagnosis = explained(publisher(), **bent)

    (advice,) = diagnosis.advice
    assert advice.side == side
    assert phrase in advice.sentence
    assert not diagnosis.table[0].ok


def test_a_token_that_comes_twice() -> None:
    """A replayed token asks for a fresh one, not for a change of the publisher."""
    mint = Mint()
    mint.ask_with()
    diagnosis = diagnose(refusal_of(mint.ask_with()))

    assert steps(diagnosis) == [("workflow", "token", "")]
    assert "exchanged before" in diagnosis.advice[0].sentence
    assert all(row.ok for row in diagnosis.table)


@pytest.mark.parametrize(
    ("body", "phrase"),
    [
        (b"", "What was sent is no ID token"),
        (request("x"), "What was sent is no ID token"),
        (
            request(issue(claims(iss="https://ci.example"), key())),
            "'https://ci.example' are not taken here",
        ),
        (request(issue(claims(), other_key())), "not a token that its issuer made just now"),
    ],
)
def test_what_is_no_token_of_ours(body: bytes, phrase: str) -> None:
    """A body or token from elsewhere is told what to send."""
    (advice,) = diagnose(refusal_of(Mint().ask(body))).advice

    assert phrase in advice.sentence


def test_every_fault_of_a_token_has_a_remedy() -> None:
    """No reason for which a token is refused is without its step."""
    assert set(FAULTS) == set(TokenFault)


JSON = st.none() | st.integers() | st.text(max_size=20) | st.lists(st.text(max_size=5), max_size=2)


@given(
    st.dictionaries(st.sampled_from(sorted(claims())), JSON, max_size=4),
    st.fixed_dictionaries(
        {}, optional={name: st.text(min_size=1, max_size=8) for name in publisher().to_fields()}
    ),
)
@settings(max_examples=150, deadline=None)
def test_every_refusal_has_a_next_step(bent: dict[str, object], fields: dict[str, str]) -> None:
    """Whatever is refused, for whatever is registered, there is something to do."""
    outcome = Mint(publishers=registered(publisher(**fields))).ask_with(**bent)
    if isinstance(outcome, Refused):
        diagnosis = diagnose(outcome)

        assert diagnosis.advice
        assert diagnosis.summary
