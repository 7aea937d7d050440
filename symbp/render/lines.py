"""A derivation's formulas as display lines: contexts, free indices, and ranges worth a mention."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from symbp.calculus.affine import Affine, Guard, Index, Range
from symbp.calculus.derivation import Derivation, DisplayEquation, ErrorTerm, FormName, Gradient
from symbp.calculus.expression import Access, Cases, Expr, Partial, PartialKind
from symbp.calculus.model import whole_access
from symbp.render.blocks import Display, Formula, Row
from symbp.render.direct import DirectPartials
from symbp.render.families import letters_in_use
from symbp.render.notation import PLAIN, Notation
from symbp.render.printer import Vocabulary
from symbp.render.ranges import pinned_within
from symbp.render.text import text


class Lines:
    """What every part of one derivation's document shares."""

    def __init__(self, derivation: Derivation, notation: Notation = PLAIN) -> None:
        self.derivation = derivation
        self.direct = DirectPartials(derivation)
        self.staged = is_staged(derivation)
        self.vocabulary = replace(
            Vocabulary.of(
                derivation.model, derivation.program, notation=notation, of=derivation.of,
                spoken=[i.letter for indices in self._scopes for i in indices],
            ),
            direct=self.direct, staged=derivation.of if self.staged else None,
        )
        own = derivation.model.index_ranges
        self.ranges = own | {k: r for k, r in self._steady_ranges().items() if k not in own}
        """What each letter ranges over: the author's letters, and others that mean the same in every equation."""

    def families(self, forms: Sequence[FormName] = ()) -> dict[Range, tuple[str, ...]]:
        """Each range with its letters in the document: the author's, then the further ones in use, in `forms` too."""
        return letters_in_use(self.derivation, self.vocabulary.supply, forms)

    def formula(self, indices: tuple[Index, ...], e: Expr) -> Formula:
        """A formula by itself."""
        return Formula(e, self.vocabulary.display(indices, e))

    def rows(
        self, indices: tuple[Index, ...], left: Expr, rights: Sequence[Expr], defines: bool = False,
        covering: bool = False, guards: Sequence[Guard] = (), beside: Sequence[Expr] = (),
    ) -> tuple[Row, ...]:
        """left = rights[0] = rights[1] = …, one row each, for all values of the indices where the guards hold.

        The letters are those that they have in a display with the formulas `beside`.
        """
        context = self._vocabulary(defines).display(indices, left, *(beside or rights)).where(guards)
        return tuple(
            Row(Formula(left, context) if place == 0 else None, Formula(right, context), defines, covering)
            for place, right in enumerate(rights)
        )

    def display(
        self, indices: tuple[Index, ...], left: Expr, right: Expr, label: str = "", covering: bool = False,
    ) -> Display:
        """left = right."""
        return Display(self.rows(indices, left, [right], covering=covering), label)

    def equation(self, equation: DisplayEquation) -> Display:
        """One line of the forward pass."""
        rows = self.rows(equation.indices, equation.target, [equation.body], guards=equation.guards)
        guards, extents = self.where(equation.indices, equation.guards)
        return Display(rows, equation.label, guards=guards, extents=extents)

    def closed_form(self, error: ErrorTerm) -> Display:
        """An error term and its value."""
        target = whole_access(error.indices, error.name)
        return self.display(error.indices, target, branches_body(error), error.label, covering=True)

    def total(self, name: str, indices: tuple[Index, ...]) -> Partial:
        """∂of/∂name[I]."""
        return Partial(PartialKind.TOTAL, Access(self.derivation.of), whole_access(indices, name))

    def partial(self, gradient: Gradient) -> Partial:
        """∂of/∂parameter[I]."""
        return self.total(gradient.parameter, gradient.indices)

    def is_new(self, e: Expr, others: Sequence[Expr], indices: tuple[Index, ...]) -> bool:
        """Whether a formula prints differently from the others."""
        return self.shown(indices, e) not in [self.shown(indices, other) for other in others]

    def shown(self, indices: tuple[Index, ...], e: Expr, defines: bool = False) -> str:
        """A formula by itself, as text; `defines` where its line says what a derivative's name stands for."""
        return text(e, self._vocabulary(defines).display(indices, e))

    def _vocabulary(self, defines: bool) -> Vocabulary:
        return self.vocabulary.spelled_out() if defines else self.vocabulary

    def where(
        self, indices: tuple[Index, ...], guards: tuple[Guard, ...] = ()
    ) -> tuple[tuple[Guard, ...], tuple[Index, ...]]:
        """What to say beside a display: guards, and free indices whose range isn't what the letter stands for.

        A guard that is a bound of one index moves into the index's range; of an index that has one value, no range.
        """
        narrowed: list[Index] = []
        for index in indices:
            for guard in guards:
                closer = _narrowed(index, guard)
                if closer is not None:
                    index, guards = closer, tuple(g for g in guards if g is not guard)
            narrowed.append(index)
        ranges, sizes = {i.name: i.range for i in narrowed}, self.vocabulary.sizes
        unusual = (i for i in narrowed if self.ranges.get(i.letter) != i.range)
        return guards, tuple(i for i in unusual if not pinned_within(i, guards, ranges, sizes))

    def fact_label(self, label: str) -> str:
        """The printed number of a fact, counted among those that are shown; any other label as it is."""
        return self._fact_labels.get(label, label)

    @cached_property
    def _fact_labels(self) -> dict[str, str]:
        return _numbered([f.label for f in self.derivation.facts if f.label])

    @property
    def _scopes(self) -> list[tuple[Index, ...]]:
        """The free indices of each equation, error term and gradient."""
        derivation = self.derivation
        named = [e.indices for e in derivation.forward] + [e.indices for e in derivation.errors]
        return named + [g.indices for g in derivation.gradients.values()]

    def _steady_ranges(self) -> dict[str, Range]:
        """Letters that mean one range wherever they stand free in an equation, an error term or a gradient."""
        found: dict[str, dict[Range, None]] = {}
        for index in (i for indices in self._scopes for i in indices):
            found.setdefault(index.letter, {})[index.range] = None
        return {letter: next(iter(ranges)) for letter, ranges in found.items() if len(ranges) == 1}


def is_staged(derivation: Derivation) -> bool:
    """Whether every quantity is a scalar, so that each forward line is undone by one backward line."""
    return all(not equation.indices for equation in derivation.forward) and all(
        not gradient.indices for gradient in derivation.gradients.values()
    )


def _narrowed(index: Index, guard: Guard) -> Index | None:
    """The index with the guard as its bound, where the guard bounds it alone and no more loosely than its range."""
    c = guard.form.coefficient(index.name)
    if guard.kind != "ge" or abs(c) != 1:
        return None
    bound = Affine.of(index.name) - guard.form * c
    low, high = index.range.lower, index.range.upper
    gain = bound - low if c > 0 else high - bound
    if not gain.is_constant or gain.constant < 0:
        return None
    return Index(index.name, Range(bound, high) if c > 0 else Range(low, bound))


def _numbered(labels: Sequence[str]) -> dict[str, str]:
    """Labels of a letter and a number, counted from 1 for each letter."""
    counts: Counter[str] = Counter()
    found: dict[str, str] = {}
    for label in labels:
        letter = label.rstrip("0123456789")
        counts[letter] += 1
        found[label] = f"{letter}{counts[letter]}"
    return found


def branches_body(error: ErrorTerm) -> Expr:
    """An error term's closed form as one expression."""
    if len(error.branches) == 1 and not error.branches[0][0]:
        return error.branches[0][1]
    return Cases(error.branches)
