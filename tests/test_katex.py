"""Every formula that the examples emit, as LaTeX and in JSON, is read by KaTeX without a complaint."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pykatex
import pytest

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


def test_katex_does_complain() -> None:
    assert complaint("\\frac{a", True)
    assert complaint("\\nosuch", True)
    assert complaint("\\text{损失}", True) or complaint("%", True) or complaint("a\\\\", False)
