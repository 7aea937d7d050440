"""What is known about a model beside its gradients: definitions and facts to recognise, and how to tidy with them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from symbp.calculus import sets
from symbp.calculus.affine import Affine, Guard, Index
from symbp.calculus.cases import Context
from symbp.calculus.derivation import DisplayEquation
from symbp.calculus.expression import Cases, accesses
from symbp.calculus.facts import deviations_vanish, scaled_deviations_vanish, stated_facts, sums_to_one, usable
from symbp.calculus.folding import display_equations, domain_of, fold_inline
from symbp.calculus.likeness import Look, pattern_under_names
from symbp.calculus.matching import Pattern, Patterns, is_recognisable, pattern
from symbp.calculus.model import Model, Role
from symbp.calculus.schedule import stepped_sizes
from symbp.calculus.simplify import Simplifier


class Knowledge:
    """The author's equations and everything that display algebra may take from them."""

    def __init__(self, model: Model, program: Model, of: str) -> None:
        self.model = model
        self.of = of
        self.folding = fold_inline(program)
        self.forward = display_equations(model, self.folding)
        self.sizes = (*sets.positive(model.sizes), *model.requirements)
        self.definitions = tuple(self._definitions())
        vanishing = deviations_vanish(self.forward)
        derived = (*sums_to_one(self.forward), *vanishing, *scaled_deviations_vanish(self.forward, vanishing))
        self.facts = (*stated_facts(model), *derived)
        self.fact_patterns = usable(self.facts)
        self.patterns = Patterns((*self.definitions, *self.fact_patterns))
        self.targets = frozenset(a.name for a in model.arrays.values() if a.role is Role.TARGET)
        self.weights = frozenset(a.name for a in model.arrays.values() if a.role is Role.PARAM)
        self.integer_ranges = {a.name: a.values for a in model.arrays.values() if a.values is not None}

    def context(self, indices: tuple[Index, ...], guards: Sequence[Guard] = ()) -> Context:
        """What holds for all values of the indices under the guards."""
        return (*self.sizes, *domain_of(indices), *guards)

    def simplifier(self, error_names: frozenset[str]) -> Simplifier:
        """Everything known is used."""
        return Simplifier(
            facts=self.fact_patterns,
            targets=self.targets,
            last=error_names,
            weights=self.weights,
            integer_ranges=self.integer_ranges,
            patterns=self.patterns,
        )

    def without_facts(self) -> Simplifier:
        """Definitions are recognised, facts are not used: for local derivatives."""
        return Simplifier(self.definitions, targets=self.targets)

    def without_definitions(self) -> Simplifier:
        """Nothing is folded back: for formulas in inputs and parameters only."""
        return Simplifier(targets=self.targets, integer_ranges=self.integer_ranges)

    def given_steps(self) -> tuple[Guard, ...]:
        """size = value for each given size of a recurrence."""
        given = self.model.size_values
        return tuple(Guard("eq", Affine.of(s) - given[s]) for s in stepped_sizes(self.model) if s in given)

    def _definitions(self) -> Iterator[Pattern]:
        """The equations to recognise; one that is like an earlier one is a pattern like its."""
        known: dict[Hashable, tuple[Look, Pattern | None]] = {}
        for e in self.forward:
            look = self.folding.look(self.model.by_target[e.target.name])
            if look is None:
                found = self._pattern(e)
            else:
                key = look.spelling, e.target.name == self.of, e.indices, e.target.subscripts, e.guards
                if key not in known:
                    known[key] = look, self._pattern(e)
                first, found = known[key]
                if found is not None and first is not look:
                    found = pattern_under_names(found, first.renaming(look), e.label)
            if found is not None:
                yield found

    def _pattern(self, e: DisplayEquation) -> Pattern | None:
        plain = all(isinstance(s, Affine) and s.as_symbol for s in e.target.subscripts)
        guards, body = e.guards, e.body
        if isinstance(body, Cases) and len(body.branches) == 1:
            guards, body = (*guards, *body.branches[0][0]), body.branches[0][1]
        reads_itself = any(a.name == e.target.name for a in accesses(body))
        if not plain or reads_itself or e.target.name == self.of or not is_recognisable(body):
            return None
        return pattern(e.label, e.indices, guards, body, e.target)
