"""What one index demands of whoever wants to publish: every setting of the mint, as one value."""

from dataclasses import dataclass

from bonded.oidc.verify import PYPI_TOKENS, STRICT_TOKENS, TokenRules
from bonded.publishers import PYPI, STRICT, Rules

__all__ = ["Policy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The mint's settings. As they stand by default they are PyPI's; `Policy.strict` is what an index of ours takes.

    `audience` is the one text that ID tokens must be made for. `rules` and `tokens` demand more than PyPI does.
    `enabled` and `disabled_kinds` switch trusted publishing off, as a whole or for some kinds of publisher.
    `once_without_jti` lets a token that brings no id of its own be exchanged once too; on PyPI those of Google and
    ActiveState can be exchanged until they end. Tokens of services that PyPI does not know are taken once in any case.
    `explains` tells why a token was refused to whoever proved to come from the publisher's own source; PyPI names one
    claim.
    """

    audience: str
    rules: Rules = PYPI
    tokens: TokenRules = PYPI_TOKENS
    enabled: bool = True
    disabled_kinds: frozenset[str] = frozenset()
    once_without_jti: bool = False
    explains: bool = False

    @classmethod
    def strict(cls, audience: str) -> "Policy":
        """Return what an index that is not PyPI demands unless told otherwise."""
        return cls(
            audience=audience,
            rules=STRICT,
            tokens=STRICT_TOKENS,
            once_without_jti=True,
            explains=True,
        )

    def takes(self, kind: str) -> bool:
        """Whether tokens of this kind of publisher are taken at all."""
        return self.enabled and kind not in self.disabled_kinds
