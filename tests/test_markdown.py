"""Markdown: formulas that KaTeX reads and that Markdown, which comes first on GitHub, leaves alone."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pykatex
import pytest

import symbp
from symbp.render.markdown_document import markdown_safe

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
MATHS = re.compile(r"^\$\$\n(?P<display>.*?)\n\$\$$|(?<![\\$])\$(?P<inline>[^$\n]+)\$", re.DOTALL | re.MULTILINE)


@cache
def markdown_of(name: str, language: str) -> str:
    derivation = symbp.derive(symbp.load(EXAMPLES / f"{name}.bp"))
    return derivation.markdown("shared", "inlined", verified=True, language=language)  # type: ignore[arg-type]


def formulas(text: str) -> list[tuple[str, bool]]:
    return [(m["display"] or m["inline"], m["display"] is not None) for m in MATHS.finditer(text)]


def after_markdown(formula: str) -> str:
    """What a reader that knows nothing of mathematics makes of a formula: escapes lose their backslash."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", formula)


def may_open_emphasis(formula: str) -> bool:
    """Whether an underscore or asterisk could begin emphasis by the rules of CommonMark."""
    punctuation = r"!-/:-@\[-^`{-~"
    left_flanking = rf"_(?=[^\s_{punctuation}])|(?:(?<=^)|(?<=[\s{punctuation}]))_(?=[{punctuation}])"
    for found in re.finditer(left_flanking, formula):
        before = formula[found.start() - 1] if found.start() else " "
        if before.isspace() or re.match(f"[{punctuation}]", before):
            return True
    return bool(re.search(r"\*(?=[A-Za-z0-9])", formula))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", sorted(p.stem for p in EXAMPLES.glob("*.bp")))
def test_every_example(name: str, language: str) -> None:
    text = markdown_of(name, language)
    found = formulas(text)
    assert len(found) > 5
    for formula, display in found:
        pykatex.renderToString(formula, displayMode=display, strict="error", throwOnError=True)
        assert after_markdown(formula) == formula or "\\_" in formula
        assert not may_open_emphasis(formula), formula
        assert not re.search(r"[<>|]|\]\(|^\s*([-+*#>]|\d+[.)])\s|^\s*$", formula, re.MULTILINE)
    bare = MATHS.sub("x", text)
    assert "$" not in bare.replace("\\$", "") and "\\[" not in bare.replace("\\\\[", "")


@pytest.mark.parametrize("name", sorted(p.stem for p in EXAMPLES.glob("*.bp")))
def test_displays_stand_alone_and_are_the_same_in_both_languages(name: str) -> None:
    english, chinese = (markdown_of(name, language) for language in ("en", "zh"))
    displays = [[f for f, display in formulas(text) if display] for text in (english, chinese)]
    assert displays[0] == displays[1]
    for text in (english, chinese):
        assert text.count("\n\n$$\n") == len(displays[0])


def test_no_letter_touches_an_inline_formula() -> None:
    text = markdown_of("watermelon", "zh")
    inline = re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL)
    for found in re.finditer(r"(?P<before>.?)\$[^$\n]+\$(?P<after>.?)", inline):
        assert found["before"] in ("", " ", "(", "\n") and not found["after"].isalnum(), found[0]


@pytest.mark.parametrize(("latex", "markdown"), [
    ("a\\,b", "a\\thinspace b"), ("\\hat{y}_j", "\\hat{y}_ j"), ("w_{hj}", "w_{hj}"), ("a < b", "a \\lt b"),
    ("\\left|x\\right|", "\\left\\vert x\\right\\vert"), ("\\{0, 1\\}", "\\lbrace 0, 1\\rbrace"),
    ("a \\\\\nb", "a \\cr\nb"), ("[i = j](x)", "[i = j] (x)"), ("2 \\mid i", "2 \\mid i"),
])
def test_commands_that_are_words(latex: str, markdown: str) -> None:
    assert markdown_safe(latex) == markdown
    for shown in (latex, markdown):
        environment = "\\begin{aligned}" + shown + "\\end{aligned}"
        pykatex.renderToString(environment, strict="error", throwOnError=True)
