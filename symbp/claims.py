"""What a derivation claims: every displayed equation, form and step as two values that must be equal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random

from symbp.calculus.affine import Guard, Index, Range
from symbp.calculus.derivation import FORMS, Derivation, FormName, FunctionFact, Refusal, Rule, Step
from symbp.calculus.expression import MINUS_ONE, ONE, Access, Apply, Expr, Partial, add, multiply, negate, number, walk
from symbp.calculus.indices import replace_accesses
from symbp.calculus.matrix import MatrixExpr
from symbp.calculus.matrix_lines import MatrixLine
from symbp.calculus.model import adjoint_base, step_base
from symbp.checks.signs import told_signs
from symbp.numeric.arithmetic import Value
from symbp.numeric.bench import Bench
from symbp.numeric.ladder import DIFFERENCE_SHARE, EXACT_SHARE
from symbp.numeric.loops import Key
from symbp.numeric.matrices import entry
from symbp.numeric.normal import same

Side = Callable[[Bench, Key], Value]

UNROLLED: tuple[FormName, ...] = ("inlined", "expanded")
"""Forms in which recurrences are written out, at the sizes that the derivation pins."""


@dataclass(frozen=True)
class Claim:
    """left[K] = right[K] for all K of the indices' ranges where the guards hold."""

    what: str
    subject: str
    indices: tuple[Index, ...]
    left: Side
    right: Side
    share: float
    guards: tuple[Guard, ...] = ()
    proved: bool = False
    quantities: tuple[Access, ...] = ()
    """Elements that must exist for the claim to mean anything: ∂z[l+1]/∂a[l] says nothing at the last l."""
    pinned: Mapping[str, int] = field(default_factory=dict)
    """Sizes at which alone the claim is made."""


def claims(derivation: Derivation) -> list[Claim]:
    """Everything that a derivation says, as pairs of values that must be equal."""
    return [
        *_forward_claims(derivation), *_program_claims(derivation), *_error_claims(derivation),
        *_gradient_claims(derivation), *_step_claims(derivation), *_fact_claims(derivation),
        *_matrix_claims(derivation),
        *_function_claims(derivation), *_sign_claims(derivation),
    ]


def _forward_claims(derivation: Derivation) -> Iterator[Claim]:
    """Each displayed equation gives what the model computes."""
    stated = () if derivation.stated is None else (derivation.stated,)
    for equation in (*derivation.forward, *stated):
        if equation.target.name in derivation.model.by_target:
            names = tuple(i.name for i in equation.indices)
            yield Claim(
                f"equation {equation.label or equation.target.name}", equation.target.name, equation.indices,
                _formula(equation.body, names), _formula(equation.target, names), EXACT_SHARE, equation.guards,
            )


def _program_claims(derivation: Derivation) -> Iterator[Claim]:
    """Each adjoint in the program is the derivative, parameters' and intermediates' alike."""
    model = derivation.model
    for equation in derivation.program.equations:
        base = adjoint_base(equation.target)
        if equation.target in model.by_target or base is None:
            continue
        defined = model.by_target.get(base)
        if defined is not None and defined.inline:
            continue
        yield Claim(
            f"program: ∂{derivation.of}/∂{base}", base, equation.indices,
            _program(equation.target), _oracle(derivation.of, base), DIFFERENCE_SHARE,
        )


def _error_claims(derivation: Derivation) -> Iterator[Claim]:
    """Each error term's closed form is its sign times the derivative."""
    for term in derivation.errors:
        for guards, body in term.branches:
            names = tuple(i.name for i in term.indices)
            yield Claim(
                f"error term {term.label or term.name}", term.name, term.indices,
                _formula(body, names), _oracle(derivation.of, term.of, term.sign), DIFFERENCE_SHARE, guards,
            )


def _gradient_claims(derivation: Derivation) -> Iterator[Claim]:
    for name, gradient in derivation.gradients.items():
        names = tuple(i.name for i in gradient.indices)
        for form, body in gradient.forms.items():
            if not isinstance(body, Refusal):
                yield Claim(
                    f"∂{derivation.of}/∂{name}, {form}", name, gradient.indices,
                    _formula(body, names), _oracle(derivation.of, name), DIFFERENCE_SHARE,
                    pinned=derivation.pinned if form in UNROLLED else {},
                )


def _step_claims(derivation: Derivation) -> Iterator[Claim]:
    for place, step in enumerate(derivation.steps, start=1):
        names = tuple(i.name for i in step.indices)
        yield Claim(
            f"step {place}, {step.subject}: {step.rule.value}", step.subject, step.indices,
            _formula(step.before, names), _formula(step.after, names), _share(step.before, step.after),
            step.guards, same(step.before, step.after), _quantities(step.before),
            derivation.pinned if derivation.pinned and _stated_form(step, derivation) in UNROLLED else {},
        )


def _fact_claims(derivation: Derivation) -> Iterator[Claim]:
    """Each equation that is said to follow from another one; what the author assumes holds at every point drawn."""
    for fact in derivation.facts:
        if fact.relation == "==" and fact.right is not None and fact.follows_from:
            names = tuple(i.name for i in fact.indices)
            yield Claim(
                f"fact {fact.label}", fact.label, fact.indices,
                _formula(fact.left, names), _formula(fact.right, names), EXACT_SHARE,
            )


def _function_claims(derivation: Derivation) -> Iterator[Claim]:
    """Each activation is what its definition says, and each line of its derivative is the limit of its differences."""
    for fact in derivation.functions:
        value, what = Apply(fact.function, (fact.argument,)), f"fact {fact.label}, {fact.function}"
        yield Claim(
            f"{what}: definition", fact.function, DRAWN,
            _drawn(fact, value), _drawn(fact, fact.definition), EXACT_SHARE,
        )
        for place, line in enumerate(fact.derivative, start=1):
            yield Claim(
                f"{what}: derivative, line {place}", fact.function, DRAWN,
                _difference(fact, value), _drawn(fact, line), DIFFERENCE_SHARE,
            )


DRAWN = (Index("draw", Range.of(1, 16)),)
"""Numbers the arguments at which activations are compared."""


def _drawn(fact: FunctionFact, e: Expr) -> Side:
    """The formula at a drawn argument."""
    return lambda bench, key: _at(bench, fact, e, _argument(fact, key))


def _difference(fact: FunctionFact, e: Expr) -> Side:
    """(e(t + h) − e(t − h)) / 2h at a drawn argument t."""

    def side(bench: Bench, key: Key) -> Value:
        t, h = _argument(fact, key), bench.spacing
        return (_at(bench, fact, e, t + h) - _at(bench, fact, e, t - h)) / bench.arithmetic.number(2 * h)

    return side


def _argument(fact: FunctionFact, key: Key) -> Fraction:
    """A random number of either sign, not 0, where activations may have kinks."""
    size = Fraction(Random(f"{fact.function} {key}").randint(1, 4000), 1000)
    return -size if key[0] % 2 else size


def _at(bench: Bench, fact: FunctionFact, e: Expr, t: Fraction) -> Value:
    return bench.formula(replace_accesses(e, lambda a: number(t) if a == fact.argument else None), (), ())


def _sign_claims(derivation: Derivation) -> Iterator[Claim]:
    """Each statement about a sign that is told: a quantity has no other sign than the difference that decides it.

    q > 0 where left > right: q · (left − right) = |q · (left − right)|. A rate counts as positive.
    """
    for statement in told_signs(derivation):
        s, rate = statement, () if statement.rate is None else (statement.rate,)
        sign = MINUS_ONE if s.relation in ("<", "<=") else ONE
        body = multiply((sign, s.target, *rate, add((s.left, negate(s.right)))))
        names = tuple(i.name for i in s.indices)
        value = _formula(body, names)
        quantity = s.target.wrt if isinstance(s.target, Partial) else s.target
        yield Claim(
            f"sign of {_called(s.target)}", quantity.name, s.indices, value, _magnitude(value), _share(body), s.guards,
            quantities=_quantities(s.target),
        )


def _called(target: Access | Partial) -> str:
    if isinstance(target, Partial):
        return f"∂{target.of.name}/∂{target.wrt.name}"
    base = step_base(target.name)
    return f"error term {target.name}" if base is None else f"Δ{base}"


def _magnitude(value: Side) -> Side:
    return lambda bench, key: abs(value(bench, key))


def _matrix_claims(derivation: Derivation) -> Iterator[Claim]:
    """Each equation with whole arrays, entry by entry: its two sides agree, and so does a gradient with the oracle."""
    for line in derivation.matrix.lines:
        differences = line.kind in ("gradient", "update")
        yield Claim(
            f"matrix form of {_told(line, derivation.of)}", line.subject, (*line.indices, *line.along),
            _entry(line, line.right), _entry(line, line.left), DIFFERENCE_SHARE if differences else EXACT_SHARE,
            line.guards,
        )


def _told(line: MatrixLine, of: str) -> str:
    """What a line is about, for messages."""
    match line.kind:
        case "gradient":
            return f"∂{of}/∂{line.subject}"
        case "update":
            return f"Δ{line.subject}"
        case "error":
            return f"error term {line.label or line.subject}"
        case _:
            return f"equation {line.label}"


def _entry(line: MatrixLine, side: MatrixExpr) -> Side:
    names, rank = tuple(i.name for i in line.indices), len(line.indices)
    rows, columns = side.shape

    def value(bench: Bench, key: Key) -> Value:
        place = iter(key[rank:])
        row = 0 if rows is None else next(place)
        return entry(bench, side, dict(zip(names, key, strict=False)), row, 0 if columns is None else next(place))

    return value


def _stated_form(step: Step, derivation: Derivation) -> FormName | None:
    """The form of its gradient, or of its update, that a step gives; of equal ones the one with fewer limits."""
    gradient = derivation.gradients.get(step.subject)
    if gradient is None:
        return None
    forms: Mapping[FormName, Expr | Refusal] = gradient.updates if step.rule is Rule.UPDATE else gradient.forms
    return next((form for form in FORMS if forms.get(form) == step.after), None)


def _quantities(e: Expr) -> tuple[Access, ...]:
    return (e.of, e.wrt) if isinstance(e, Partial) else ()


def _share(*sides: Expr) -> float:
    """Formulas with partial derivatives in them, or in what they read, are worked out by differences."""
    differences = any(_is_numerical(node) for side in sides for node in walk(side))
    return DIFFERENCE_SHARE if differences else EXACT_SHARE


def _is_numerical(node: Expr) -> bool:
    return isinstance(node, Partial) or (isinstance(node, Access) and step_base(node.name) is not None)


def _formula(e: Expr, names: tuple[str, ...]) -> Side:
    return lambda bench, key: bench.formula(e, names, key)


def _program(name: str) -> Side:
    return lambda bench, key: bench.program.value(name, key)


def _oracle(of: str, wrt: str, sign: int = 1) -> Side:
    return lambda bench, key: sign * bench.total((of, ()), (wrt, key))
