"""Advice for what an index may demand beyond PyPI (`Rules`), where several providers have the same claim."""

from collections.abc import Mapping

from bonded.minting.advice.wording import Advice, Advisor, Miss, service, side_of

__all__ = ["ADVISORS"]


def _protected(miss: Miss) -> tuple[Advice, ...]:
    ref = miss.said("ref_path") or miss.said("ref") or "the branch or tag"
    return (
        Advice(
            sentence=f"This index takes nothing from a ref that is not protected: protect {ref!r} in the settings of "
            "the repository, so that `ref_protected` is 'true'.",
            side=side_of(miss.provider),
            field="ref_protected",
            new_value="true",
        ),
    )


def _hosted(miss: Miss) -> tuple[Advice, ...]:
    came = miss.got or "a machine of unknown kind"
    return (
        Advice(
            sentence=f"The job ran on {came!r}, and this index takes only {miss.expected!r}: let the publishing job "
            f"run on a machine that {service(miss.provider)} provides.",
            side="workflow",
            field="runs-on",
            new_value=miss.expected,
        ),
    )


ADVISORS: Mapping[str, Advisor] = {"ref_protected": _protected, "runner_environment": _hosted}
