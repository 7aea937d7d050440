"""docs/language.md: every example lowers and derives, every mistake and every result is told as the page says."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

import symbp
from symbp.calculus.validate import problems
from symbp.errors import LanguageError
from symbp.language.lower import lower
from symbp.language.parse import parse

PAGE = (Path(__file__).parent.parent / "docs" / "language.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(symbp|symbp-mistake|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [(m[1], m[2], PAGE[: m.start()].count("\n") + 1) for m in BLOCK.finditer(PAGE)]
EXAMPLES = [(text, line) for kind, text, line in BLOCKS if kind == "symbp"]
RESULTS = [
    (text, told, line)
    for (kind, text, line), (after, told, _) in pairwise(BLOCKS)
    if kind == "symbp" and after == "text"
]
MISTAKES = [
    (text, told, line)
    for (kind, text, line), (after, told, _) in pairwise(BLOCKS)
    if kind == "symbp-mistake" and after == "text"
]


@pytest.mark.parametrize(("text", "line"), EXAMPLES, ids=[f"line {line}" for _, line in EXAMPLES])
def test_example(text: str, line: int) -> None:
    model = lower(parse(text))
    assert problems(model) == ()
    derivation = symbp.derive(text)
    assert list(derivation.gradients) == list(model.wrt)
    assert derivation.text()


@pytest.mark.parametrize(("text", "told", "line"), MISTAKES, ids=[f"line {line}" for _, _, line in MISTAKES])
def test_mistake(text: str, told: str, line: int) -> None:
    with pytest.raises(LanguageError) as caught:
        lower(parse(text))
    found = [f"{d.span.line}:{d.span.column}: {d.message}" for d in caught.value.diagnostics]
    assert found == told.splitlines()


@pytest.mark.parametrize(("text", "told", "line"), RESULTS, ids=[f"line {line}" for _, _, line in RESULTS])
def test_result(text: str, told: str, line: int) -> None:
    assert told in symbp.derive(text).text()


def test_every_block_is_an_example_or_a_mistake_each_with_what_is_told() -> None:
    assert len(EXAMPLES) + len(RESULTS) + 2 * len(MISTAKES) == len(BLOCKS)
    assert len(BLOCKS) == PAGE.count("\n```\n") + PAGE.endswith("\n```")
