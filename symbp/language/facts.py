"""`assume`: the three forms of facts about inputs and parameters."""

from __future__ import annotations

from fractions import Fraction

from symbp.calculus.affine import Index
from symbp.calculus.expression import Access, Expr, Number, Reduce, Relation
from symbp.calculus.model import Fact
from symbp.language import syntax
from symbp.language.elementary import Owner, Place
from symbp.language.expressions import Formulas, World
from symbp.language.scopes import free_letters
from symbp.language.steps import run
from symbp.language.value import Value

FORMS = "write `assume sum(j, y[j]) = 1`, `assume y[j] in {0, 1}` or `assume s[k] > 0`"
RELATIONS: dict[str, Relation] = {
    "=": "==", "==": "==", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "!=": "!=",
}


def facts(world: World) -> tuple[Fact, ...]:
    """Every fact of the file; a statement of another form is a mistake."""
    found = (_fact(statement, world) for statement in world.file.facts)
    return tuple(f for f in found if f is not None)


def _fact(statement: syntax.Assume, world: World) -> Fact | None:
    owner = Owner("assume", statement.span.line, world.equations)
    formulas = Formulas(world, owner)
    env: dict[str, Index] = {}
    for node in free_letters(world.file, statement.left):
        env[node.name] = Index(owner.fresh(node.name), world.ranges.of_letter(statement, node.name))
    place = Place(env, tuple(env.values()))
    left = _left(statement.left, formulas, place)
    if left is None:
        return None
    indices = tuple(env.values())
    line = statement.span.line
    if statement.relation == "in":
        members = tuple(constant(m, formulas) for m in statement.members)
        return Fact(indices, left, None, None, members, line)
    assert statement.right is not None
    right = constant(statement.right, formulas)
    if isinstance(left, Reduce) and statement.relation != "=":
        formulas.error(statement.span, "a fact about a sum is an equation", FORMS)
    return Fact(indices, left, RELATIONS[statement.relation], Number(right), (), line)


def constant(e: syntax.Expression, formulas: Formulas) -> Fraction:
    """A literal formula's value; a mistake, and 0, for any other."""
    return plain_number(e, formulas) or Fraction(0)


def plain_number(e: syntax.Expression, formulas: Formulas, hint: str = "") -> Fraction | None:
    """A literal formula's value; a mistake, and None, for any other."""
    before = formulas.mistakes.count
    value: Value = run(formulas.value(e, Place({})))
    if formulas.mistakes.count > before:
        return None
    if value.number is None:
        formulas.error(e.span, f"{formulas.mistakes.quote(e.span)} is not a plain number here", hint)
    return value.number


def _left(e: syntax.Expression, formulas: Formulas, place: Place) -> Expr | None:
    """An access, or a sum of one access, of declared arrays; None after a mistake."""
    before = formulas.mistakes.count
    value = run(formulas.value(e, place))
    if formulas.mistakes.count > before:
        return None
    term = value.terms[0] if len(value.terms) == 1 else None
    access = term.factors[0] if term is not None and len(term.factors) == 1 and term.coefficient == 1 else None
    if term is None or not isinstance(access, Access) or term.kind != "sum":
        formulas.error(e.span, f"{formulas.mistakes.quote(e.span)} is no fact that can be assumed", FORMS)
        return None
    if access.name in formulas.file.definitions or access.name not in formulas.file.arrays:
        formulas.error(
            e.span, f"{formulas.mistakes.quote(e.span)} is computed: facts are about inputs, targets, parameters and "
            "constants",
        )
        return None
    if not term.binders:
        return access
    return Reduce("sum", term.binders, term.guards, access)
