"""Every formula that the examples emit, as LaTeX and in JSON, is read by KaTeX without a complaint."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pykatex
import pytest

from symbp.render.document import json_data
from symbp.render.options import Options
from tests.reading_document import DISPLAY, INLINE
from tests.sweep import EXAMPLES, NOTATIONS, documents, told

GOLDEN = Path(__file__).resolve().parent / "examples"
_MATHS = re.compile(r"\\\[\n(?P<display>.*?)\n\\\]|\$(?P<inline>[^$]*)\$", re.DOTALL)


def formulas_of_document(text: str) -> Iterator[tuple[str, bool]]:
    r"""What stands in \[ … \] and in $ … $, and whether it is a display."""
    for found in _MATHS.finditer(text):
        yield (found["display"], True) if found["display"] is not None else (found["inline"], False)


def formulas_of_data(data: object) -> Iterator[tuple[str, bool]]:
    """Every `latex` entry; one that is a sentence gives the formulas in it."""
    if isinstance(data, list):
        for item in data:
            yield from formulas_of_data(item)
    elif isinstance(data, dict):
        for key, value in data.items():
            if key == "latex" and isinstance(value, str):
                yield from formulas_of_document(value) if "$" in value else [(value, True)]
            else:
                yield from formulas_of_data(value)


def formulas_between_dollars(text: str) -> Iterator[tuple[str, bool]]:
    r"""What stands in \[ … \], $$ … $$ and $ … $ of LaTeX or Markdown, and whether it is a display."""
    for found in DISPLAY.finditer(text):
        yield next(group for group in found.groups() if group is not None), True
    for inline in INLINE.finditer(DISPLAY.sub("", text)):
        yield inline["formula"] or inline["round"], False


@cache
def complaint(formula: str, display: bool) -> str:
    try:
        pykatex.renderToString(formula, displayMode=display, strict="error", throwOnError=True)
    except pykatex.ParseError as error:
        return f"{formula}\n{error}"
    return ""


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*/*.tex")), ids=lambda p: f"{p.parent.name}/{p.name}")
def test_documents(path: Path) -> None:
    formulas = list(formulas_of_document(path.read_text(encoding="utf-8")))
    assert len(formulas) > 5
    assert [c for formula in formulas if (c := complaint(*formula))] == []


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*/*.json")), ids=lambda p: f"{p.parent.name}/{p.name}")
def test_data(path: Path) -> None:
    formulas = list(dict.fromkeys(formulas_of_data(json.loads(path.read_text(encoding="utf-8")))))
    assert len(formulas) > 5
    assert [c for formula in formulas if (c := complaint(*formula))] == []


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_every_formula_of_every_document(path: Path, notation: str) -> None:
    """Every language and format under every notation; what stands in several of them is drawn once."""
    formulas = dict.fromkeys(f for text in documents(path, notation) for f in formulas_between_dollars(text))
    derivation, printed = told(path, notation)
    formulas |= dict.fromkeys(formulas_of_data(json_data(derivation, Options(notation=printed))))
    assert len(formulas) > 20
    assert [c for formula in formulas if (c := complaint(*formula))] == []


def test_katex_does_complain() -> None:
    assert complaint("\\frac{a", True)
    assert complaint("\\nosuch", True)
    assert complaint("\\text{损失}", True) or complaint("%", True) or complaint("a\\\\", False)
