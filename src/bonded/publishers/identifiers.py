"""UUIDs in forms: ids that a service gives once and never again."""

import re

from bonded.publishers.rule import Field

__all__ = ["UUID", "UUID_RULE", "uuid_field"]

UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
"""RFC 9562, section 4, in lower case, as services write them into claims."""

UUID_RULE = "is a UUID, such as 0184990a-4782-42b5-afc1-16715b10b8ff"


def uuid_field(name: str, label: str, explanation: str) -> Field:
    """Return a required field for a UUID; capital letters are taken and made small."""
    return Field(
        name=name,
        form_name=name,
        label=label,
        help=explanation,
        pattern=re.compile(UUID),
        rule=UUID_RULE,
        normalise=lambda text: text.strip().lower(),
    )
