"""Every cause of a refusal, of every kind of publisher, and that what is advised helps."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import advice_cases_github
import advice_cases_gitlab
import advice_cases_others
from advice_case import Case, module_of
from bonded.minting.advice.tables import TABLES
from bonded.minting.advice.wording import Advice
from bonded.minting.diagnosis import advice_on
from bonded.publishers import Publisher, select
from bonded.publishers.providers import PROVIDERS, provider_of_kind
from claims_builder import REF
from claims_gitlab import CONFIG

FILES = "octo/widget/.github/workflows"
CASES = (*advice_cases_github.CASES, *advice_cases_gitlab.CASES, *advice_cases_others.CASES)


def advised(case: Case) -> tuple[Advice, ...]:
    """Return the steps for a case."""
    claims = case.presented()
    return advice_on(select([case.publisher], claims, rules=case.rules), claims)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_first_step_names_side_field_and_value(case: Case) -> None:
    """The likeliest way comes first, with the exact new value in its sentence."""
    steps = advised(case)

    assert (steps[0].side, steps[0].field, steps[0].new_value) == case.first
    assert case.phrase in steps[0].sentence
    for step in steps:
        assert step.new_value in step.sentence
        assert step.sentence.endswith(".")
        assert "\n" not in step.sentence


@pytest.mark.parametrize("case", [case for case in CASES if case.steps], ids=lambda case: case.name)
def test_what_is_advised_helps(case: Case) -> None:
    """Changed as advised, on the side that is named, the claims are accepted."""
    fields, bent = dict(case.fields), dict(case.claims)
    assert select([case.publisher], case.presented(), rules=case.rules).publisher is None
    for step in advised(case)[: case.steps]:
        if step.side == "publisher":
            registered = case.publisher.to_fields() | fields
            fields[step.field] = with_line(registered[step.field], step.new_value)
        else:
            bent |= mended(case, step)
    module = module_of(case.kind)
    publisher: Publisher = module.publisher(**fields)

    assert select([publisher], module.claims(**bent), rules=case.rules).publisher == publisher


def with_line(old: str, new: str) -> str:
    """Return a field's new value; of a field of lines one is changed."""
    if "\n" not in old:
        return new
    name = new.partition("=")[0]
    return "\n".join(new if line.startswith(f"{name}=") else line for line in old.split("\n"))


def mended(case: Case, step: Advice) -> Mapping[str, object]:
    """Return what the claims say once the owner has done what was advised outside of the publisher."""
    whole = module_of(case.kind).claims()
    value = step.new_value
    special: Mapping[str, Mapping[str, object]] = {
        "on": {"event_name": value},
        "jobs": {"job_workflow_ref": f"{FILES}/{value}@{REF}"},
        "uses": {"job_workflow_ref": f"octo/widget/{value.removeprefix('./')}@{REF}"},
        "CI/CD configuration file": {"ci_config_ref_uri": f"{CONFIG}@{REF}"},
        "ci_id_token_sub_claim_components": {"sub": whole["sub"]},
        "rules": {"pipeline_source": "push", "job_project_id": "71"},
        "runs-on": {"runner_environment": value},
        "email_verified": {"email_verified": value == "true"},
        "oidc.circleci.com/ssh-rerun": {"ssh-rerun": value != "false"},
        "oidc.circleci.com/context-ids": {"context-ids": (value,)},
        "build_tag": {"build_tag": value.replace("*", "1.0")},
    }
    name = step.field.removeprefix("oidc.circleci.com/")
    return special.get(step.field) or {name: value or whole[step.field]}


def test_there_are_cases_of_every_kind() -> None:
    """No provider is without advice that was tried."""
    assert {case.kind for case in CASES} == {provider.kind for provider in PROVIDERS}
    assert TABLES.keys() <= {provider.kind for provider in PROVIDERS}
    assert len(CASES) >= 45


VALUES = st.none() | st.text(max_size=12) | st.integers() | st.just(()) | st.booleans()


@given(
    st.sampled_from([provider.kind for provider in PROVIDERS]),
    st.data(),
)
@settings(max_examples=200, deadline=None)
def test_every_refusal_of_every_kind_has_a_step(kind: str, data: st.DataObject) -> None:
    """Whatever a token says and whatever is registered, a refusal is never without advice, and none is given twice."""
    module = module_of(kind)
    publisher: Publisher = module.publisher()
    names = st.sampled_from(sorted(module.claims()))
    bent = data.draw(st.dictionaries(names.filter(lambda name: name != "iss"), VALUES, max_size=4))
    claims = {**module.claims(), **bent}
    selection = select([publisher], claims)
    if selection.publisher is not None:
        return
    steps = advice_on(selection, claims)

    assert steps
    assert len({(step.side, step.field, step.new_value) for step in steps}) == len(steps)
    assert provider_of_kind(kind) is not None
