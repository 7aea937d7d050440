"""An independent reader: latex2sympy2 reads back what is printed, and its reading has the values that the Model has.

Names, calls, sums, cases and partial derivatives are folded to atoms v_{1}, v_{2}, … first, for it reads textbook
names wrongly; what stands inside of them is a formula of its own here. What is left is arithmetic: signs, brackets,
fractions, powers, juxtaposition. The reader runs in one process of its own.
"""

from __future__ import annotations

import importlib.util
import json
import math
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

import pytest

import symbp
from symbp.calculus.affine import Index
from symbp.calculus.derivation import Derivation, Refusal
from symbp.calculus.expression import Access, Add, Cases, Expr, Mul, Number, Power, Reduce, children
from symbp.calculus.model import adjoint_name
from symbp.errors import SymbpError
from symbp.numeric.bench import AtKink, Bench, Site
from symbp.numeric.elements import box
from symbp.numeric.instances import instances_for
from symbp.numeric.points import Sampler
from symbp.numeric.sizes import settings
from symbp.render.latex import LatexStyle
from symbp.render.printer import Context, Vocabulary, print_expression
from tests.golden_examples import EXAMPLES, ROOT

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("latex2sympy2") is None, reason="latex2sympy2 is not installed (Python 3.13 has none)",
)

Scope = tuple[Index, ...]
ARITHMETIC = re.compile(r"(?:v_\{\d+\}|\\frac|\\left|\\right|\\cdot|\\[ ,]|[-+ (){}^0-9.])*")


@dataclass(frozen=True)
class Shown:
    """A formula as it stands somewhere in a derivation, and whose value it is, where it is one of the Model's."""

    expression: Expr
    context: Context
    scope: Scope
    value_of: str = ""


def shown(derivation: Derivation) -> Iterator[Shown]:
    """Every formula of a derivation, and every formula inside of its sums, calls and cases."""
    vocabulary = Vocabulary.of(derivation.model, derivation.program)
    for formula in whole(derivation, vocabulary):
        stack = [formula]
        while stack:
            here = stack.pop()
            yield here
            for atom in atoms(here.expression):
                context, scope = here.context, here.scope
                if isinstance(atom, Reduce):
                    context, scope = context.under(atom, atom.binders), (*scope, *atom.binders)
                stack.extend(Shown(e, context, scope) for e in children(atom))


def whole(derivation: Derivation, vocabulary: Vocabulary) -> Iterator[Shown]:
    for e in derivation.forward:
        plain = all(getattr(s, "as_symbol", None) for s in e.target.subscripts)
        context = vocabulary.display(e.indices, e.target, e.body)
        yield Shown(e.body, context, e.indices, e.target.name if plain and not e.guards else "")
    for error in derivation.errors:
        for guards, body in error.branches:
            target = Access(error.name)
            yield Shown(body, vocabulary.display(error.indices, body), error.indices, "" if guards else target.name)
    for gradient in derivation.gradients.values():
        for body in gradient.forms.values():
            if not isinstance(body, Refusal):
                context = vocabulary.display(gradient.indices, body)
                yield Shown(body, context, gradient.indices, adjoint_name(gradient.parameter))
        for body in gradient.updates.values():
            yield Shown(body, vocabulary.display(gradient.indices, body), gradient.indices)
    for step in derivation.steps:
        context = vocabulary.display(step.indices, step.before, step.after)
        yield from (Shown(side, context, step.indices) for side in (step.before, step.after))


def atoms(e: Expr) -> Iterator[Expr]:
    """The largest parts that are no arithmetic, in reading order."""
    stack = [e]
    while stack:
        node = stack.pop()
        match node:
            case Number():
                continue
            case Add() | Mul():
                stack.extend(reversed(children(node)))
            case Power(base, Number(value)) if value.denominator == 1:
                stack.append(base)
            case _:
                yield node


@dataclass(frozen=True)
class Folded:
    """A formula's LaTeX with atoms for all that is no arithmetic; parts[k] is what v_{k+1} stands for."""

    latex: str
    parts: tuple[Expr, ...]


def fold(formula: Shown, style: LatexStyle) -> Folded:
    texts: dict[str, Expr] = {}
    for atom in atoms(formula.expression):
        printed = print_expression(atom, formula.context, style)
        for text in (printed.text, printed.closed):
            if text is not None:
                texts.setdefault(text, atom)
    latex = print_expression(formula.expression, formula.context, style).text
    parts: list[Expr] = []
    if not texts:
        return Folded(latex, ())

    def number(found: re.Match[str]) -> str:
        part = texts[found[0]]
        if part not in parts:
            parts.append(part)
        return f"v_{{{parts.index(part) + 1}}}"

    pattern = "|".join(map(re.escape, sorted(texts, key=len, reverse=True)))
    return Folded(re.sub(pattern, number, latex), tuple(parts))


@cache
def bench_of(name: str) -> Bench:
    """An example's derivation at its smallest sizes and a random point."""
    derivation = symbp.derive(symbp.load(ROOT / "examples" / f"{name}.bp")).data
    sizes = settings(derivation.model)[0]
    instances = instances_for(derivation.model.functions, 0)
    sampler = Sampler(derivation.model, sizes, instances)
    return Site(derivation, sizes, instances, sampler, sampler.draw(Random(name), 0), "a point").at(40)


@cache
def readings(latex: tuple[str, ...]) -> dict[str, object]:
    """What the second reader makes of each formula."""
    worker = Path(__file__).with_name("latex2sympy2_worker.py")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(worker)], input=json.dumps(latex), capture_output=True, text=True,
        timeout=600, check=True,
    )
    return dict(zip(latex, json.loads(done.stdout), strict=True))


def value(tree: object, parts: list[float]) -> float:
    """The value of a reading, given what its atoms are worth."""
    if isinstance(tree, str):
        return parts[int(re.sub(r"\D", "", tree)) - 1]
    assert isinstance(tree, list), tree
    operation, *rest = tree
    if operation == "number":
        return float(rest[0]) / float(rest[1])
    arguments = [value(part, parts) for part in rest]
    match operation:
        case "add":
            return math.fsum(arguments)
        case "multiply":
            return math.prod(arguments)
        case _:
            base, exponent = arguments
            return base**exponent


def evaluated(e: Expr, names: tuple[str, ...], key: tuple[int, ...], bench: Bench) -> float:
    """The formula's value by our own evaluator, on its tree and not on its LaTeX."""
    return float(bench.run.closure(bench.run.evaluator.prepare(e, names), key))


def keys(formula: Shown, bench: Bench) -> Iterator[tuple[int, ...]]:
    """Index tuples of the formula's scope, a few of them, from both ends."""
    every = box(tuple(i.range for i in formula.scope), bench.sizes, tuple(i.name for i in formula.scope))
    yield from dict.fromkeys((*every[:1], *every[-1:], *every[len(every) // 2:][:2]))


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_second_reader_reads_what_the_model_computes(name: str) -> None:
    bench = bench_of(name)
    style = LatexStyle(Vocabulary.of(bench.derivation.model, bench.derivation.program).names)
    formulas = [(formula, fold(formula, style)) for formula in shown(bench.derivation)]
    arithmetic = [(s, f) for s, f in formulas if not isinstance(s.expression, Cases) and f.latex != "v_{1}"]
    assert [f.latex for _, f in arithmetic if not ARITHMETIC.fullmatch(f.latex)] == []
    read = readings(tuple(dict.fromkeys(f.latex for _, f in arithmetic)))
    compared = 0
    for formula, folded in arithmetic:
        names = tuple(i.name for i in formula.scope)
        for key in keys(formula, bench):
            try:
                parts = [evaluated(part, names, key, bench) for part in folded.parts]
                ours = evaluated(formula.expression, names, key, bench)
            except (AtKink, SymbpError):
                continue
            assert value(read[folded.latex], parts) == pytest.approx(ours, rel=1e-9, abs=1e-12), folded.latex
            if formula.value_of:
                run = bench.program if formula.value_of not in bench.run.evaluator.definitions else bench.run
                assert ours == pytest.approx(float(run.value(formula.value_of, key)), rel=1e-9, abs=1e-12)
            compared += 1
    assert compared > 20
