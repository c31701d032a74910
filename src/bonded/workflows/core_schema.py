"""What a plain YAML scalar means: the core schema of YAML 1.2, chapter 10.3.

`on`, `yes` and `0777` mean nothing special here; in YAML 1.1 they did, and many libraries still say so. Numbers are
turned to text as GitHub's reader does it, which is how `python: 3.10` becomes 3.1.
"""

import re

Value = bool | int | float | str | None

WORDS: dict[str, Value] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
DECIMAL = re.compile(r"[-+]?[0-9]+", re.ASCII)
OTHER_BASE = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)

# Longer ones are floats in GitHub's reader anyway, and Python refuses to read very long ones.
EXACT_DIGITS = 300


def resolve(text: str) -> Value:
    """Return the value of a plain scalar that says `text`."""
    if text in WORDS:
        return WORDS[text]
    if DECIMAL.fullmatch(text):
        return int(text) if len(text) <= EXACT_DIGITS else float(text)
    if OTHER_BASE.fullmatch(text):
        return int(text, 0)
    if FLOAT.fullmatch(text):
        return float(text)
    return text


def to_text(value: Value) -> str:
    """Return the text of a value where GitHub wants a string: null is empty, 3.10 is `3.1`."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:.15g}"
        case _:
            return str(value)
