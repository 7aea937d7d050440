"""The range that the setting gives a letter is the one that it has in every formula of the document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

import symbp
from symbp.calculus.affine import Index
from symbp.calculus.expression import Reduce, children
from symbp.render.blocks import Block, Extent, Formula, Heading, Paragraph
from symbp.render.options import Options
from symbp.render.printer import Context
from symbp.render.story import Story

EXAMPLES = sorted(Path("examples").glob("*.bp"))
NOTATIONS = (None, "zhou", "bishop", "goodfellow")


def formulas(part: Any) -> Iterator[Formula]:
    if isinstance(part, Formula):
        yield part
    elif isinstance(part, tuple):
        for each in part:
            yield from formulas(each)
    elif is_dataclass(part) and not isinstance(part, Context):
        for each in (f for f in fields(part) if f.init):
            yield from formulas(getattr(part, each.name))


def indices(formula: Formula) -> Iterator[tuple[str, Index]]:
    """The letters of a formula, free and bound, with what they stand for."""
    letters = formula.context.letters
    for name, within in formula.context.ranges.items():
        yield letters.letter(name), Index(name, within)
    stack = [(formula.expression, letters)]
    while stack:
        e, letters = stack.pop()
        if isinstance(e, Reduce):
            letters = letters.bind(e)
            yield from ((letters.letter(b.name), b) for b in e.binders)
        stack.extend((part, letters) for part in children(e))


def said(blocks: list[Block]) -> Iterator[tuple[str, Any]]:
    """Each letter of the setting's first sentence with its range."""
    start = next((k for k, b in enumerate(blocks) if isinstance(b, Heading) and b.parts == ("Setting",)), None)
    paragraph = blocks[start + 1] if start is not None else None
    for part in paragraph.parts if isinstance(paragraph, Paragraph) else ():
        if isinstance(part, Extent):
            letter = part.context.letters.letter(part.index.name)
            yield from ((each, part.index.range) for each in (letter, *part.further))


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_letter_has_the_range_that_the_setting_gives_it(path: Path, notation: str | None) -> None:
    """An author's letter may run further or less far in a sum, or at the start of a recurrence, where its ends show."""
    model = symbp.load(str(path))
    own = model.index_ranges
    for wrt in ((), *((name,) for name in model.arrays if "#" not in name)):
        blocks = list(Story(symbp.derive(model, wrt=wrt, notation=notation).data, Options()).document(True))
        ranges = dict(said(blocks))
        for formula in formulas(tuple(blocks)):
            for letter, index in indices(formula):
                if letter in ranges:
                    assert own.get(index.letter, index.range) == ranges[letter], (wrt, letter)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_setting_lists_every_letter_of_a_sum(path: Path) -> None:
    blocks = list(Story(symbp.derive(symbp.load(str(path))).data, Options(detail="full")).document(True))
    ranges = dict(said(blocks))
    shown = {letter for f in formulas(tuple(blocks)) for letter, index in indices(f) if index.range in ranges.values()}
    assert shown <= set(ranges)


@pytest.mark.parametrize("name", ["bptt", "deep"])
def test_a_condition_on_free_indices_stands_in_front_of_a_sum(name: str) -> None:
    told = symbp.derive(symbp.load(f"examples/{name}.bp")).latex()
    letter, last = {"bptt": ("t", "T"), "deep": ("l", "L")}[name]
    assert f"[{letter} < {last}] \\sum_{{k=1}}^{{n}}" in told
    assert "A condition in square brackets is 1" in told
