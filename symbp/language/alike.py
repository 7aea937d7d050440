"""Statements of one wording are parsed once: the first as written, the others as the first with their own words."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass, replace
from fractions import Fraction
from itertools import accumulate
from typing import Any

from symbp.language.parts import Group
from symbp.language.plans import Make, Plan, Slot, several
from symbp.language.steps import Steps, run
from symbp.language.syntax import Definition, Likeness, RoleStatement, Show, Source, Span
from symbp.language.text import Statement
from symbp.language.wording import ANY_NAME, ANY_NUMBER, SPLIT, Words

Read = Callable[[str], tuple[Group, ...]]
"""What the statements of a text say, in order, as the grammar has it."""


def is_shared(source: Source, statements: Sequence[Statement], most: int) -> bool:
    """Whether some statement is worded as an earlier one, in a text that has no more than `most` words and signs."""
    if all(s.like is None for s in statements):
        return False
    return len(source.text) < most or sum(map(_most_tokens, statements)) <= most


def _most_tokens(statement: Statement) -> int:
    """A bound of a statement's words and signs, the end of its line counted."""
    if statement.pieces is None:
        return statement.end - statement.start + 1
    return len(statement.pieces) // 2 + sum(len(sign.strip()) for sign in statement.pieces[::2]) + 1


def shared(source: Source, statements: Sequence[Statement], read: Read) -> tuple[Group, ...]:
    """What each statement says, in order; raises what `read` raises.

    `read` is given the text with blanks for the statements that are worded as an earlier one, so places stay.
    """
    alike = [s for s in statements if s.like is not None]
    groups = _kept(source, statements, alike, read)
    wordings: dict[int, Pattern | None] = {}
    numbers: dict[object, int] = {}
    for s in alike:
        assert s.like is not None
        home = s.like.home
        if home not in wordings:
            wordings[home] = pattern_of(s.like, groups[home], numbers)
        pattern = wordings[home]
        if pattern is not None:
            groups[home] = pattern.first
            groups[s.home] = pattern.group(s)
    if len(groups) < len(statements):
        groups = {**_kept(source, statements, [s for s in alike if s.home in groups], read), **groups}
    return tuple(groups[s.home] for s in statements)


def _kept(
    source: Source, statements: Sequence[Statement], dropped: Sequence[Statement], read: Read
) -> dict[int, Group]:
    """What the statements say that aren't dropped, by the place where their line begins."""
    parts: list[str] = []
    end = 0
    for s in dropped:
        parts += (source.text[end : s.start], " " * (s.end - s.start))
        end = s.end
    parts.append(source.text[end:])
    without = {s.home for s in dropped}
    kept = (s.home for s in statements if s.home not in without)
    return dict(zip(kept, read("".join(parts)), strict=True))


def pattern_of(first: Statement, group: Group, numbers: dict[object, int]) -> Pattern | None:
    """How the statements that are worded as the first one follow from it; None where more than their words matters."""
    try:
        return Pattern(first, group, numbers)
    except _Unlike:
        return None


class _Unlike(Exception):
    """A part of a statement that isn't found in its words."""


class Decimals(dict[str, Fraction]):
    """The value of each decimal."""

    def __missing__(self, word: str) -> Fraction:
        self[word] = found = Fraction(word)
        return found


class Pattern:
    """What all statements of one wording say, as a plan whose inputs are their words, their likeness, their places."""

    def __init__(self, first: Statement, group: Group, numbers: dict[object, int]) -> None:
        assert first.pieces is not None
        self._home = first.home
        self._numbers = numbers
        self._pieces = first.pieces
        self._marks = Words().wording(first.pieces)
        self._at = list(accumulate(map(len, first.pieces), initial=first.home))
        self._decimals = [k // 2 for k, mark in enumerate(self._marks) if k % 2 and mark == ANY_NUMBER]
        self._values = Decimals()
        self._defines = len(group) == 1 and isinstance(group[0], Definition)
        self._spans: dict[tuple[int, int, int, int], int] = {}
        self._plan = Plan()
        self._plan.finish(run(self._part(group, ())))
        self.first = self._with_likeness(group)
        """What the first one says."""

    def group(self, statement: Statement) -> Group:
        """What a statement of this wording says."""
        pieces = statement.pieces
        assert pieces is not None
        home, line = statement.home, statement.line
        at = list(accumulate(map(len, pieces), initial=home))
        inputs: list[Any] = pieces[1::2]
        likeness = self._likeness(inputs) if self._defines else None
        for k in self._decimals:
            inputs[k] = self._values[inputs[k]]
        inputs.append(likeness)
        inputs += [Span(at[p] + a, at[q] + b, line, at[p] + a - home + 1) for p, a, q, b in self._spans]
        made: Group = self._plan.made(inputs)
        return made

    def _with_likeness(self, group: Group) -> Group:
        (*_, last) = group
        if not self._defines or not isinstance(last, Definition):
            return group
        return (replace(last, like=self._likeness(self._pieces[1::2])),)

    def _likeness(self, words: list[str]) -> Likeness:
        last = dict(zip(words, range(len(words)), strict=True))
        key = self._home, *map(last.__getitem__, words)
        return Likeness(self._numbers.setdefault(key, len(self._numbers)), tuple(words))

    # The plan

    def _part(self, value: Any, spans: Sequence[Span]) -> Steps[Slot]:
        """A part of the tree; `spans` are those that stand beside it."""
        if isinstance(value, Span):
            return self._span(value)
        if isinstance(value, (str, Fraction)):
            return self._leaf(value, spans)
        if isinstance(value, (Show, RoleStatement)):
            raise _Unlike
        if isinstance(value, tuple):
            make: Make = several
            parts = value
        elif is_dataclass(value):
            make = type(value)
            parts = tuple(getattr(value, f.name) for f in fields(value))
        else:
            return self._plan.constant(value)
        beside = [p for p in parts if isinstance(p, Span)]
        slots: list[Slot] = []
        for part in parts:
            slots.append((yield self._part(part, beside)))
        if isinstance(value, Definition):
            slots[-1] = self._plan.input(len(self._pieces) // 2)
        return self._plan.node(make, slots)

    def _span(self, span: Span) -> Slot:
        key = *self._place(span.start), *self._place(span.end)
        number = self._spans.setdefault(key, len(self._spans))
        return self._plan.input(len(self._pieces) // 2 + 1 + number)

    def _place(self, position: int) -> tuple[int, int]:
        """A place of the line as one of its pieces, and how far into it."""
        piece = bisect_right(self._at, position) - 1
        inside = position - self._at[piece]
        if inside and piece % 2:
            raise _Unlike
        return piece, inside

    def _leaf(self, value: str | Fraction, spans: Sequence[Span]) -> Slot:
        """A name or number: the word at one of the spans beside it, or a word that all have."""
        for span in spans:
            piece = bisect_right(self._at, span.start) - 1
            if piece % 2 and (span.start, span.end) == (self._at[piece], self._at[piece + 1]):
                mark, word = self._marks[piece], self._pieces[piece]
                if (mark == ANY_NAME and word == value) or (mark == ANY_NUMBER and Fraction(word) == value):
                    return self._plan.input(piece // 2)
                if word == value and mark == word:
                    return self._plan.constant(value)
        if isinstance(value, str) and _is_fixed(value):
            return self._plan.constant(value)
        raise _Unlike


def _is_fixed(text: str) -> bool:
    """Whether a text is the same in all statements of its wording."""
    pieces = SPLIT(text)
    return Words().wording(pieces) == tuple(pieces)
