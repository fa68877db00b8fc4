"""The design keeps its promises: contrast, size, type face, nothing inline."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

WEB = Path(__file__).resolve().parents[2]
CSS = (WEB / "static" / "css" / "motcua.css").read_text(encoding="utf-8")
TOKENS = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", CSS))
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
LETTERS = "aăâeêioôơuưyđ"
TONES = "\u0300\u0301\u0303\u0309\u0323"


def luminance(color: str) -> float:
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


GROUNDS = ("paper", "surface", "sunken")
TEXT_PAIRS = [
    *((ink, ground) for ink in ("ink", "ink-2", "ink-3", "accent", "error", "seal") for ground in GROUNDS),
    *((state, f"{state}-soft") for state in ("info", "ok", "warn", "error", "still")),
    *(("ink", f"{state}-soft") for state in ("info", "ok", "warn", "error", "still", "accent")),
    ("accent-dark", "accent-soft"),
    ("accent", "accent-soft"),
    ("accent", "warn-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-dark"),
]


@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_reaches_aa(text: str, ground: str) -> None:
    assert contrast(TOKENS[text], TOKENS[ground]) >= 4.5


@pytest.mark.parametrize("ground", [*GROUNDS, "accent-soft"])
def test_edges_of_inputs_and_focus_are_seen(ground: str) -> None:
    assert contrast(TOKENS["line-strong"], TOKENS[ground]) >= 3
    assert contrast(TOKENS["focus"], TOKENS[ground]) >= 3


def test_the_whole_style_is_small() -> None:
    assert len(CSS.encode()) < 40_000


@pytest.mark.parametrize("path", sorted((WEB / "static" / "fonts").glob("*.woff2")), ids=lambda p: p.stem)
def test_type_faces_have_every_vietnamese_letter(path: Path) -> None:
    known = set(TTFont(path).getBestCmap())
    wanted = set()
    for letter in LETTERS + LETTERS.upper():
        wanted |= {unicodedata.normalize("NFC", letter + tone) for tone in ("", *TONES)}
    single = {ord(text) for text in wanted if len(text) == 1} | {
        ord("₫"),
        ord("“"),
        ord("”"),
        ord("–"),
        ord("•"),
    }
    assert single <= known


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.relative_to(WEB / "templates").as_posix())
def test_templates_have_nothing_inline_and_are_nfc(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle=|\son\w+=[\"']|<script>|javascript:|hx-on", text)
    assert text == unicodedata.normalize("NFC", text)
