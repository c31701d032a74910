"""What a signing certificate says about who held it, read strictly.

Fulcio writes the claims of an ID token into extensions under `1.3.6.1.4.1.57264.1` (its `oid-info`): numbers up to 6 as
plain text, those from 8 as a DER `UTF8String`. Whoever calls answers for the certificate's being genuine: `verify`
reads it after its chain, its log entry and the signature are checked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bonded.attestations.refusal import Malformed, Reason, Refusal
from bonded.publishers.rule import CertificateFact

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

__all__ = ["Signer", "read_signer", "unmet"]

ARC = "1.3.6.1.4.1.57264.1."
ALTERNATIVE_NAMES = "2.5.29.17"
_PLAIN, _LAST_PLAIN, _FIRST_CODED = 1, 6, 8
_UTF8_STRING, _LONG_FORM = 0x0C, 0x80


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """The holder of a certificate; an extension that is absent gives an empty text.

    `extensions` holds every text under Fulcio's arc by its whole number, `names` the alternative names.
    """

    extensions: Mapping[str, str]
    names: tuple[str, ...]

    def _text(self, number: int) -> str:
        return self.extensions.get(f"{ARC}{number}", "")

    @property
    def issuer(self) -> str:
        """Who signed the ID token; only old certificates have it in number 1 alone."""
        return self._text(8) or self._text(1)

    @property
    def build_signer(self) -> str:
        """The instructions that signed: a reusable workflow, if one did."""
        return self._text(9)

    @property
    def runner(self) -> str:
        """Whose machine it was, such as `github-hosted`."""
        return self._text(11)

    @property
    def repository(self) -> str:
        """The source repository's address."""
        return self._text(12)

    @property
    def commit(self) -> str:
        """The commit that was built."""
        return self._text(13)

    @property
    def ref(self) -> str:
        """The branch or tag that was built, as `refs/…`."""
        return self._text(14)

    @property
    def repository_id(self) -> str:
        """The repository's number, which outlives a rename."""
        return self._text(15)

    @property
    def owner_id(self) -> str:
        """The number of the repository's owner, which outlives a rename."""
        return self._text(17)

    @property
    def workflow(self) -> str:
        """The workflow that was started, as an address with `@` and ref or commit."""
        return self._text(18)

    @property
    def trigger(self) -> str:
        """The event that started it."""
        return self._text(20)

    @property
    def run(self) -> str:
        """The address of the run."""
        return self._text(21)

    @property
    def environment(self) -> str:
        """The deployment environment; certificates of before it was certified have none."""
        return self._text(23)

    def values(self, oid: str) -> tuple[str, ...]:
        """Return what the certificate says under a number: none, one, or several alternative names."""
        if oid == ALTERNATIVE_NAMES:
            return self.names
        return (self.extensions[oid],) if oid in self.extensions else ()


def read_signer(certificate: "Certificate") -> Signer:
    """Return who held a certificate; raises Malformed where an extension is not as Fulcio writes it."""
    from cryptography import x509

    texts: dict[str, str] = {}
    names: Sequence[str] = ()
    try:
        for extension in certificate.extensions:
            oid = extension.oid.dotted_string
            if oid.startswith(ARC) and isinstance(extension.value, x509.UnrecognizedExtension):
                text = _decoded(oid, extension.value.value)
                if text is not None:
                    texts[oid] = text
            elif isinstance(extension.value, x509.SubjectAlternativeName):
                names = (
                    *extension.value.get_values_for_type(x509.RFC822Name),
                    *extension.value.get_values_for_type(x509.UniformResourceIdentifier),
                )
    except ValueError as error:
        raise Malformed(f"the certificate cannot be read: {error}") from None
    return Signer(extensions=texts, names=tuple(names))


def _decoded(oid: str, raw: bytes) -> str | None:
    """Return an extension as text; None for a number that is no text, as 7 and whatever comes later."""
    last = oid.removeprefix(ARC)
    number = int(last) if last.isascii() and last.isdigit() else 0
    if _PLAIN <= number <= _LAST_PLAIN:
        return raw.decode()
    return _utf8_string(raw) if number >= _FIRST_CODED else None


def _utf8_string(raw: bytes) -> str:
    """Read one DER UTF8String (X.690, 8.1.3 and 10.1): shortest length, and nothing behind it."""
    if len(raw) < 2 or raw[0] != _UTF8_STRING:  # noqa: PLR2004 - tag and length
        raise ValueError("an extension is not a DER UTF8String")
    start, length = 2, raw[1]
    if length > _LONG_FORM:
        start += length - _LONG_FORM
        length = int.from_bytes(raw[2:start])
        shortest = _LONG_FORM if start == 3 else 1 << (8 * (start - 3))  # noqa: PLR2004 - one length byte
        if length < shortest:
            raise ValueError("an extension has a length that is not the shortest")
    if (length == _LONG_FORM and start == 2) or start + length != len(raw):  # noqa: PLR2004 - short form
        raise ValueError("an extension has a wrong length")
    return raw[start:].decode()


def unmet(facts: Sequence[CertificateFact], signer: Signer) -> tuple[Refusal, ...]:
    """Return every fact that a certificate does not say; raises ValueError if there is none to ask for."""
    if not facts:
        raise ValueError("an identity without facts would trust everyone")
    return tuple(
        Refusal(
            reason=Reason.IDENTITY,
            message=f"the certificate names another {fact.name}",
            expected=" or ".join(fact.accepted) or "one that can be named",
            got=", ".join(signer.values(fact.oid)),
        )
        for fact in facts
        if not set(fact.accepted).intersection(signer.values(fact.oid))
    )
