"""Outlines tell formulas apart that differ in more than names, and what is read off one is what a formula says."""

from __future__ import annotations

from fractions import Fraction

import symbp
from symbp.calculus.affine import Affine, Guard, Index, Lookup, Range
from symbp.calculus.expression import Access, Add, Apply, Cases, Expr, Mul, Number, Power, Reduce, Select
from symbp.calculus.model import Definition
from symbp.cost.counting import unfolded, unfolded_operations
from symbp.cost.outlines import outlined
from symbp.cost.passes.signs import signs
from symbp.cost.printed import printed
from symbp.cost.program import Program
from symbp.numeric.elements import names_read

I_ = Index("i", Range.of(1, "n"))
MINUS, TWO = Number(Fraction(-1)), Number(Fraction(2))


def at(name: str, *subscripts: str) -> Access:
    return Access(name, tuple(Affine.of(s) for s in subscripts))


def formulas(a: str, b: str) -> list[Expr]:
    """All different, over two names."""
    x, y = at(a, "i"), at(b, "i")
    zero = (Guard("eq", Affine.of("i")),)
    word = (Guard("eq", Affine.of("i"), 1, Lookup("tok", (Affine.of("i"),))),)
    return [
        x, at(a), at(a, "j"), Add((x, y)), Add((x, x)), Mul((x, y)), Add((x, Mul((MINUS, y)))), Add((x, Mul((TWO, y)))),
        Power(x, TWO), Power(x, y), Apply("exp", (x,)), Apply("f", (x,)), Apply("f", (x,), (1,)), Apply("f", (x, y)),
        Reduce("sum", (I_,), (), x), Reduce("prod", (I_,), (), x), Reduce("sum", (I_,), zero, x),
        Reduce("sum", (Index("i", Range.of(0, "n")),), (), x), Cases(((zero, x), ((), y))), Cases((((), x), (zero, y))),
        Cases(((word, x),)), Select("<", x, y, x, y), Select("<=", x, y, x, y), Select("<", x, y, y, x),
        Access(a, (Lookup("tok", (Affine.of("i"),)),)), Mul((Mul((x, y)), x)), Mul((x, Mul((y, x)))), Mul((x, y, x)),
    ]


def test_formulas_have_one_outline_that_differ_in_names_only() -> None:
    here, there = (formulas(*names) for names in (("x", "y"), ("u", "v")))
    for k, (one, other) in enumerate(zip(here, there, strict=True)):
        outline, names = outlined(one)
        assert outlined(other)[0] is outline, one
        assert [outlined(e)[0] is outline for e in here].count(True) == 1, here[k]
        assert {*names, *outline.fixed} == names_read(one)
        assert {*outlined(other)[1], *outline.fixed} == names_read(other)


def test_signs_depend_on_names_where_differences_do() -> None:
    """a − y in one line and y − a in the other become one difference, whatever the names; other pairs stay."""
    for one, other in (("a", "y"), ("y", "a"), ("p", "q")):
        lines = [
            Definition("f", (), Mul((TWO, Add((at(one), Mul((MINUS, at(other)))))))),
            Definition("g", (), Mul((Number(Fraction(3)), Add((at(other), Mul((MINUS, at(one)))))))),
        ]
        program = Program(tuple(lines), ("f",), {})
        made = signs(program)
        differences = {e.factors[1] for d in made.definitions if isinstance(e := d.body, Mul)}
        assert len(differences) == 1
        apart = Program((lines[0], Definition("g", (), Add((at("z"), Mul((MINUS, at(one))))))), ("f",), {})
        assert signs(apart) == apart


def test_operations_alone_are_those_of_the_trees() -> None:
    """Layers written out, some of them with signs, zeros and ones in them."""
    lines = ["index i in 1..3, j in 1..3", "input x[i]", "target y[i]", "a0[i] = x[i]"]
    for k in range(1, 9):
        lines += [
            f"param W{k}[i,j]", f"z{k}[i] = -sum(j, W{k}[i,j]*a{k - 1}[j])", f"a{k}[i] = tanh(z{k}[i])",
        ]
    lines.append("loss E = sum(i, (a8[i] - y[i])^2)")
    program = printed(symbp.derive("\n".join(lines)).data)
    for made in (program, signs(program)):
        found = unfolded_operations(made, made.outputs, {})
        assert found == {name: unfolded(made, (name,), {}).operations for name in made.outputs}
