"""A model that is one scalar expression, taken apart: one elementary operation a line, each line with a name.

f(x, y) = (x + σ(y))/(σ(x) + (x + y)²) becomes u₁ = σ(y), u₂ = x + u₁, u₃ = x + y, …, f = u₂ u₇. What is said twice is
named once, so that the graph shows where a value is read more than once and gradients add up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import count

from symbp.calculus.derivation import Derivation, Forms, Gradient, Later, Refusal, Rule, Step, Updates
from symbp.calculus.differentiate import differentiate
from symbp.calculus.expression import Access, Expr, Partial, PartialKind, accesses, children, with_children
from symbp.calculus.matching import size_of
from symbp.calculus.model import Array, Equation, Model, Piece, Role, Term, definition_of, step_name
from symbp.calculus.request import requested
from symbp.calculus.telling import STEP_LIMIT
from symbp.calculus.uncollected import uncollected

MOST_STAGES = 24
"""An expression of more operations stays whole: its stages would no longer fit on a page."""

LETTERS = ("u", "v", "w", "z", "q", "r", "s", "t", "a", "b", "c", "p", "g", "h", "k", "m", "n")
"""What stages are called: the first letter that none of the author's names begins with."""


@uncollected
def differentiate_by_stages(model: Model, of: str | None = None, wrt: Sequence[str] = ()) -> Derivation:
    """`differentiate`, where a model that is one scalar expression is told by its stages.

    Its gradients end in the author's own names: the inlined form is that of the whole expression, and the last step of
    each gradient puts the stages' definitions in. An expression that no line can hold stays in its stages' names.
    Raises ModelError as `differentiate` does.
    """
    of, wrt = requested(model, of, tuple(wrt))
    stages = staged(model)
    if stages is model:
        return differentiate(model, of, wrt)
    told, whole = differentiate(stages, of, wrt), differentiate(model, of, wrt)
    if len(whole.forward) > 1:
        return told
    gradients = {name: _in_authors_names(g, whole.gradients[name]) for name, g in told.gradients.items()}
    return replace(
        told,
        gradients=gradients,
        stated=replace(whole.forward[0], label=""),
        steps=Later(lambda: tuple(_with_last_lines(told, gradients))),
        facts=Later(lambda: tuple(dict.fromkeys((*told.facts, *whole.facts)))),
    )


def staged(model: Model) -> Model:
    """The model with a name and a line for each operation; itself where it isn't one scalar expression.

    Its values are the same. An expression of one operation, or of more than MOST_STAGES, is left as it is.
    """
    if len(model.stages) != 1 or not all(_is_scalar(e) for e in model.equations):
        return model
    stager = _Stager(_names(model))
    for equation in model.equations:
        stager.take(equation)
        if len(stager.made) > MOST_STAGES:
            return model
    if not stager.made:
        return model
    names = tuple(stager.made.values())
    own = {name: array for name, array in model.arrays.items() if "#" not in name}
    return replace(
        model,
        equations=tuple(stager.equations),
        arrays={**own, **{name: Array(name, (), Role.DEFINED) for name in names}},
        stages=(*names, *model.stages),
    )


def _is_scalar(equation: Equation) -> bool:
    """Whether the equation computes one number from single numbers."""
    if equation.indices or len(equation.pieces) != 1 or equation.pieces[0].guards:
        return False
    terms = equation.pieces[0].terms
    plain = not any(t.binders or t.guards for t in terms) and all(t.kind == "sum" for t in terms)
    return plain and not any(a.subscripts for t in terms for f in t.factors for a in accesses(f))


def _names(model: Model) -> Iterator[str]:
    """u1, u2, … of the first letter that none of the author's names begins with; always new names."""
    errors = (e.name for e in model.error_names)
    rate = (model.rate,) if model.rate is not None else ()
    authors = (*model.arrays, *model.sizes, *model.functions, *model.index_ranges, *rate, *errors)
    begun = {name[0].lower() for name in authors}
    letter = next((c for c in LETTERS if c not in begun), LETTERS[0])
    taken = {name.replace("_", "") for name in authors}
    return (name for k in count(1) if (name := f"{letter}{k}") not in taken)


class _Stager:
    """Stages in the making, each operation once."""

    def __init__(self, names: Iterator[str]) -> None:
        self.names = names
        self.made: dict[tuple[Term, ...], str] = {}
        """The terms of each stage, and its name."""
        self.equations: list[Equation] = []
        self._values: dict[str, Expr] = {}
        """What stands for each of the generated names."""

    def take(self, equation: Equation) -> None:
        """The stages of an equation whose generated names have been taken before."""
        terms = tuple(
            replace(t, factors=tuple(self._in_stages(f) for f in t.factors)) for t in equation.pieces[0].terms
        )
        if equation.inline:
            self._values[equation.target] = self._stage(terms)
        else:
            self.equations.append(replace(equation, pieces=(Piece((), self._one_operation(terms)),)))

    def _in_stages(self, factor: Expr) -> Expr:
        if isinstance(factor, Access):
            return self._values.get(factor.name, factor)
        parts = children(factor)
        return with_children(factor, tuple(self._in_stages(p) for p in parts)) if parts else factor

    def _stage(self, terms: tuple[Term, ...]) -> Expr:
        """The name of the stage that computes these terms; a term that is one value alone is its own."""
        terms = self._one_operation(terms)
        if len(terms) == 1 and terms[0].coefficient == 1 and len(terms[0].factors) == 1 and _is_atom(terms[0]):
            return terms[0].factors[0]
        if terms not in self.made:
            name = self.made[terms] = next(self.names)
            self.equations.append(Equation(name, (), (Piece((), terms),)))
        return Access(self.made[terms])

    def _one_operation(self, terms: tuple[Term, ...]) -> tuple[Term, ...]:
        """The terms with every operation but the outermost in stages of its own."""
        return (self._product(terms[0]),) if len(terms) == 1 else tuple(self._addend(t) for t in terms)

    def _product(self, term: Term) -> Term:
        """c · f₁ · f₂ · … over values, or one function of values."""
        if term.coefficient == 1 and len(term.factors) == 1:
            return term
        return replace(term, factors=tuple(self._stage((Term(Fraction(1), (f,)),)) for f in term.factors))

    def _addend(self, term: Term) -> Term:
        """A number, or a value with its sign."""
        if not term.factors or (abs(term.coefficient) == 1 and _is_atom(term)):
            return term
        sign = Fraction(-1 if term.coefficient < 0 else 1)
        return Term(sign, (self._stage((replace(term, coefficient=abs(term.coefficient)),)),))


def _is_atom(term: Term) -> bool:
    return len(term.factors) == 1 and not children(term.factors[0])


def _in_authors_names(gradient: Gradient, whole: Gradient) -> Gradient:
    """The gradient by stages, inlined as the whole expression's."""
    forms = Forms({
        "chain": lambda: gradient.forms["chain"],
        "shared": lambda: gradient.forms["shared"],
        "inlined": lambda: whole.forms["inlined"],
        "expanded": lambda: gradient.forms["expanded"],
    })
    updates = Updates(lambda: {
        form: (whole if form == "inlined" else gradient).updates[form]
        for form in gradient.updates if form in whole.updates
    })
    return replace(gradient, forms=forms, updates=updates)


def _with_last_lines(told: Derivation, gradients: dict[str, Gradient]) -> Iterator[Step]:
    """The steps, with the stages' definitions put in after the last line of each gradient."""
    steps = [s for s in told.steps if s.rule is not Rule.UPDATE]
    last = {step.subject: place for place, step in enumerate(steps)}
    for place, step in enumerate(steps):
        yield step
        if last[step.subject] == place and step.subject in gradients:
            yield from _last_lines(told, gradients[step.subject], step)


def _last_lines(told: Derivation, gradient: Gradient, before: Step) -> Iterator[Step]:
    inlined = gradient.forms["inlined"]
    total = Partial(PartialKind.TOTAL, Access(told.of), Access(gradient.parameter))
    if not isinstance(inlined, Refusal) and inlined != before.after and size_of(inlined) <= STEP_LIMIT:
        yield Step(Rule.SUBSTITUTE, gradient.parameter, (), total, inlined, _definitions_in(told, before.after))
    for body in dict.fromkeys(gradient.updates.values()):
        yield Step(Rule.UPDATE, gradient.parameter, (), Access(step_name(gradient.parameter)), body)


def _definitions_in(told: Derivation, formula: Expr) -> tuple[str, ...]:
    """The labels of the stages that the formula reads, and of those that they read."""
    bodies = {e.target: definition_of(e).body for e in told.model.equations if e.target != told.of}
    found: dict[str, None] = {}
    waiting = [a.name for a in accesses(formula)]
    while waiting:
        name = waiting.pop()
        if name in bodies and name not in found:
            found[name] = None
            waiting.extend(a.name for a in accesses(bodies[name]))
    return tuple(e.label for e in told.forward if e.target.name in found)
