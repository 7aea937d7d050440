"""The smallest program that the published rules lead to: outputs stay equal, inner values need not be kept.

A rule is applied at a place where it lowers the count at the given sizes. Some rules save nothing by themselves and
open the way for others: such a step is followed by all that it opens the way for, and kept if the whole is smaller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from symbp.calculus.derivation import DisplayFact
from symbp.calculus.expression import Apply, accesses, walk
from symbp.calculus.facts import usable
from symbp.calculus.matching import Pattern
from symbp.cost.counting import count
from symbp.cost.outlines import Outline, outlined
from symbp.cost.passes.assumed import assumed
from symbp.cost.passes.bracket import bracket
from symbp.cost.passes.complement import complement
from symbp.cost.passes.denominators import denominators
from symbp.cost.passes.draft import Change, Draft, Prices
from symbp.cost.passes.inline import inline
from symbp.cost.passes.logarithm import logarithm
from symbp.cost.passes.named import named
from symbp.cost.passes.quotient import quotient
from symbp.cost.passes.split import split
from symbp.cost.program import Program

MOST_OPENED = 60
"""In a program of more definitions only the rules that save something by themselves are applied."""

NOMINAL = (7, 11, 13, 17, 19, 23, 29, 31)
"""What sizes are taken to be where none are given."""


@dataclass(frozen=True)
class Rule:
    """A rule, for documentation and for the search."""

    name: str
    says: str
    formula: str
    """In LaTeX."""
    pays: tuple[str, ...]
    """Where it lowers the count: models of benchmarks/models, or a model in words."""
    changes: Callable[[Draft, str], Iterator[Change]]
    opens: bool = False
    """Whether it is tried even where it saves nothing by itself."""


RULES = (
    Rule(
        "complement",
        "σ and 1 − σ from one exponential",
        r"u = e^z,\; c = 1/(1 + u):\; \sigma(z) = u\,c,\; 1 - \sigma(z) = c",
        ("hidden", "conv", "expression"),
        complement,
    ),
    Rule(
        "assumed",
        "a sum that is assumed to be 1 is 1",
        r"\sum_j y_j = 1",
        ("softmax_shares",),
        assumed,
    ),
    Rule(
        "bracket",
        "a common factor stands in front of a bracket",
        r"a b + a c = a\,(b + c)",
        ("a parabola",),
        bracket,
    ),
    Rule(
        "quotient",
        "a product with a reciprocal is a quotient",
        r"a \cdot (1/u) = a/u",
        ("hidden", "conv"),
        quotient,
    ),
    Rule(
        "split",
        "what doesn't depend on the summed index comes out of the bracket",
        r"\sum_j y_j (z_j - c) = \sum_j y_j z_j - c \sum_j y_j",
        ("softmax", "softmax_shares"),
        split,
        opens=True,
    ),
    Rule(
        "logarithm",
        "the logarithm of a quotient, a product, a power or an exponential",
        r"\log(e^z/S) = z - \log S",
        ("softmax", "softmax_shares"),
        logarithm,
        opens=True,
    ),
    Rule(
        "inline",
        "a value that is never needed alone is never formed",
        r"p_j = e_j/S,\; p_j Y - y_j = e_j\,(Y/S) - y_j",
        ("softmax",),
        inline,
        opens=True,
    ),
    Rule(
        "denominators",
        "gradients over a common denominator",
        r"a/u - b\,(1/u) = (a - b)/u",
        ("expression",),
        denominators,
        opens=True,
    ),
)
"""The rules in the order in which they are tried."""


@dataclass(frozen=True)
class Applied:
    """A rule that was applied at a definition, and the labels of the facts that it used."""

    rule: str
    at: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Minimal:
    """A small program, how it came about, and the facts that it rests on."""

    program: Program
    applied: tuple[Applied, ...] = ()

    @property
    def facts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(f for a in self.applied for f in a.facts))


def minimal(
    program: Program,
    sizes: Mapping[str, int] | None = None,
    facts: Sequence[DisplayFact] = (),
    primitives: frozenset[str] = frozenset(),
) -> Program:
    """A program with equal outputs and, at the sizes, no more operations; see `minimised`."""
    return minimised(program, sizes, facts, primitives).program


def minimised(
    program: Program,
    sizes: Mapping[str, int] | None = None,
    facts: Sequence[DisplayFact] = (),
    primitives: frozenset[str] = frozenset(),
    rules: Sequence[Rule] = RULES,
    given: Mapping[str, object] | None = None,
) -> Minimal:
    """A program with equal outputs wherever the facts hold and, at the sizes, no more operations, and the way to it.

    `given` are the values of integer inputs; see `counting`.

    Facts about inputs are used; those about defined names are not, since these may come to hold something else.
    Without sizes, each is taken to be some number greater than 5, no two alike. The result is the same for the same
    program and sizes; it needn't be the smallest program that there is.
    """
    at = sizes if sizes is not None else nominal(program)
    known = tuple(p for p in usable(facts) if all(a.name in program.arrays for f in p.factors for a in accesses(f)))
    return _Search(at, known, primitives, tuple(rules), given).smallest(program)


def nominal(program: Program) -> dict[str, int]:
    """Distinct sizes."""
    more = range(NOMINAL[-1] + 2, NOMINAL[-1] + 2 + len(program.sizes))
    return dict(zip(program.sizes, (*NOMINAL, *more), strict=False))


Look = tuple[object, ...]
"""A definition and its readers up to the names of arrays."""


@dataclass(frozen=True)
class _Search:
    sizes: Mapping[str, int]
    facts: tuple[Pattern, ...]
    primitives: frozenset[str]
    rules: tuple[Rule, ...]
    given: Mapping[str, object] | None = None
    prices: Prices = field(default_factory=dict)
    idle: set[Look] = field(default_factory=set)
    """Where no rule saves anything by itself."""
    takes_logarithms: dict[Outline, bool] = field(default_factory=dict)

    def cost(self, program: Program) -> int:
        return count(program, self.sizes, self.primitives, self.given).operations

    def estimate(self, program: Program) -> int:
        """The cost without what follows from other definitions' being literally 0 or 1."""
        return self.draft(program).total

    def draft(self, program: Program) -> Draft:
        return Draft(program, self.sizes, self.facts, self.primitives, self.prices, self.given)

    def smallest(self, program: Program) -> Minimal:
        start = Minimal(program)
        best = self.settled(start, program.with_definitions(()))
        if best is not start and self.cost(best.program) >= self.cost(program):
            best = start
        while len(best.program.definitions) <= MOST_OPENED:
            opened = self.opened(best)
            if opened is None:
                break
            best = opened
        return best

    def opened(self, start: Minimal) -> Minimal | None:
        """The first step of an opening rule that ends in a smaller program, with all that follows it."""
        least = self.cost(start.program)
        draft = self.draft(start.program)
        estimated = draft.total
        for rule in self.rules:
            for name in tuple(draft.definitions) if rule.opens else ():
                for change in rule.changes(draft, name):
                    mark = draft.mark()
                    draft.apply(change)
                    trial = draft.program
                    draft.take_back(mark)
                    step = Applied(rule.name, name, change.facts)
                    found = self.settled(Minimal(trial, (*start.applied, step)), start.program)
                    if self.estimate(found.program) < estimated and self.cost(found.program) < least:
                        return found
        return None

    def settled(self, start: Minimal, known: Program) -> Minimal:
        """The program after every saving step where it differs from a settled one; equal parts are worked out once."""
        lowered = self.lowered(start, known)
        if len(lowered.program.definitions) > MOST_OPENED:
            return lowered
        tidy = named(lowered.program)
        if tidy == lowered.program or self.estimate(tidy) >= self.estimate(lowered.program):
            return lowered
        return self.lowered(Minimal(tidy, lowered.applied), lowered.program)

    def lowered(self, start: Minimal, known: Program) -> Minimal:
        """The program after every step that saves something by itself, looked for where it differs from `known`."""
        draft = self.draft(start.program)
        steps: list[Applied] = []
        before = known.by_target
        changed = [d.target for d in start.program.definitions if before.get(d.target) != d]
        waiting = dict.fromkeys(n for name in changed for n in draft.around(name))
        while waiting:
            name = next(iter(waiting))
            del waiting[name]
            step = self.step(draft, name) if name in draft.definitions else None
            if step is not None:
                steps.append(step)
                waiting.update(dict.fromkeys(draft.around(step.at)))
        return Minimal(draft.program, (*start.applied, *steps)) if steps else start

    def step(self, draft: Draft, name: str) -> Applied | None:
        """The first change at a definition that saves something, applied."""
        look = self.look(draft, name)
        if look is not None and look in self.idle:
            return None
        for rule in self.rules:
            for change in rule.changes(draft, name):
                mark, before = draft.mark(), draft.total
                draft.apply(change)
                if draft.total < before:
                    return Applied(rule.name, name, change.facts)
                draft.take_back(mark)
        if look is not None:
            self.idle.add(look)
        return None

    def look(self, draft: Draft, name: str) -> Look | None:
        """What the rules look at; None where this may be more: facts, logarithms, scalars with all that reads them."""
        d = draft.definitions[name]
        outline, read = outlined(d.body)
        if self.facts or not d.indices or self.has_logarithm(outline):
            return None
        numbers = {name: 0}
        told: list[object] = [d.indices, outline, draft.is_inner(name)]
        told += [numbers.setdefault(n, len(numbers)) for n in read]
        for reader in draft.readers.get(name, ()):
            body = draft.definitions[reader]
            of_reader, its = outlined(body.body)
            told += (numbers.setdefault(reader, len(numbers)), body.indices, of_reader)
            told += [numbers.setdefault(n, len(numbers)) for n in its]
        return tuple(told)

    def has_logarithm(self, outline: Outline) -> bool:
        found = self.takes_logarithms.get(outline)
        if found is None:
            found = any(isinstance(e, Apply) and e.function == "log" for e in walk(outline.body))
            self.takes_logarithms[outline] = found
        return found
