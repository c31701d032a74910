"""The style sheet: what it shows can be read."""

import re

import pytest

from bonded.rehearsal.rendering.style import STYLE


def colours(block: str) -> dict[str, tuple[int, int, int]]:
    """Return the named colours of a part of the style sheet."""
    found = re.findall(r"--([\w-]+): #([0-9a-f]{6})", block)
    return {name: (int(x[:2], 16), int(x[2:4], 16), int(x[4:], 16)) for name, x in found}


def luminance(colour: tuple[int, int, int]) -> float:
    """Return WCAG's relative luminance."""
    parts = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_text_can_be_read(scheme: int) -> None:
    """Text colours have a contrast of 4.5 to 1 on every ground they stand on (WCAG 2, level AA)."""
    light, dark, *_ = STYLE.split("@media screen and (prefers-color-scheme: dark)")
    names = colours((light, dark)[scheme])
    grounds = ("paper", "sheet", "sunk")
    pairs = [
        (ink, ground)
        for ink in ("ink", "soft", "link", "good", "bad", "warn")
        for ground in grounds
    ]
    pairs += [(tone, f"{tone}-ground") for tone in ("good", "bad", "warn", "quiet")]
    pairs += [("ink", "quiet-ground"), ("ink", "bad-ground"), ("soft", "quiet-ground")]

    for text, ground in pairs:
        high, low = sorted((luminance(names[text]), luminance(names[ground])), reverse=True)

        assert (high + 0.05) / (low + 0.05) >= 4.5, (text, ground)
