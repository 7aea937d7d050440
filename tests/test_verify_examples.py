"""Certificates of the shipped examples; and mutants of their formulas, every one of which must be told apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest

import symbp
from symbp.calculus.derivation import Derivation, Forms, Refusal
from symbp.calculus.differentiate import differentiate
from symbp.calculus.expression import Add, Expr, Mul, Number, Power, Reduce, children, negate, number, with_children
from symbp.evaluate import evaluate
from symbp.numeric.arrays import as_arrays, evaluate_arrays
from symbp.numeric.instances import instances_for
from symbp.numeric.ladder import Verdict
from symbp.numeric.points import Sampler
from symbp.numeric.sizes import settings
from symbp.verify import certify_quickly, verify

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.bp"))
NAMES = [p.stem for p in EXAMPLES]


def derivation(name: str) -> Derivation:
    return differentiate(symbp.load(Path(__file__).parent.parent / "examples" / f"{name}.bp"))


@pytest.mark.parametrize("name", NAMES)
def test_examples_are_certified(name):
    certificate = verify(derivation(name), points=1)
    assert certificate.failures == ()
    assert certify_quickly(derivation(name)).failures == ()
    assert all(row.error < 1e-3 for row in certificate.rows)


@pytest.mark.parametrize("name", NAMES)
def test_adjoint_programs_of_examples_as_arrays(name):
    program = derivation(name).program
    sizes = settings(program)[0]
    instances = instances_for(program.functions, 0)
    point = Sampler(program, sizes, instances).draw(Random(3), 0)
    whole = evaluate_arrays(program, sizes, as_arrays(program, sizes, point.values), instances=instances)
    single = evaluate(program, sizes, point.values, instances=instances)
    for target, array in whole.items():
        expected = np.array([float(v) for v in single[target].values()]).reshape(array.shape)
        np.testing.assert_allclose(array, expected, rtol=1e-10, atol=1e-12)


def mutants(e: Expr) -> Iterator[Expr]:
    """The formula with one thing wrong: a lost factor, term or sum, a flipped sign, another exponent or number."""
    match e:
        case Mul(factors):
            for k in range(len(factors)):
                rest = factors[:k] + factors[k + 1 :]
                yield rest[0] if len(rest) == 1 else Mul(rest)
        case Add(terms):
            for k in range(len(terms)):
                rest = terms[:k] + terms[k + 1 :]
                yield rest[0] if len(rest) == 1 else Add(rest)
                yield Add((*terms[:k], negate(terms[k]), *terms[k + 1 :]))
        case Power(base, Number(value)):
            yield Power(base, number(value + 1))
        case Reduce(guards=guards) if guards:
            yield replace(e, guards=guards[1:])
        case Number(value) if value:
            yield number(value * 2)
    parts = children(e)
    for k, part in enumerate(parts):
        for wrong in mutants(part):
            yield with_children(e, (*parts[:k], wrong, *parts[k + 1 :]))


@pytest.mark.parametrize("name", ["watermelon", "deep", "staged"])
def test_mutants_of_the_forms_differ(name):
    right = derivation(name)
    random = Random(name)
    for parameter, gradient in right.gradients.items():
        for form in ("shared", "inlined", "expanded"):
            body = gradient.forms[form]
            if isinstance(body, Refusal):
                continue
            wrongs = list(mutants(body))
            for wrong in random.sample(wrongs, min(4, len(wrongs))):
                mutant = replace(gradient, forms=Forms({form: lambda wrong=wrong: wrong}))
                subject = replace(right, gradients={parameter: mutant}, steps=(), errors=right.errors)
                failures = certify_quickly(subject).failures
                again = (f"matrix form of ∂{right.of}/∂{parameter}", f"sign of ∂{right.of}/∂{parameter}")
                found = [f.what for f in failures if form != "shared" or f.what not in again]
                assert found == [f"∂{right.of}/∂{parameter}, {form}"], wrong
                assert failures[0].verdict is Verdict.DIFFERS


def test_mutants_of_the_error_terms_differ():
    right = derivation("watermelon")
    for k, term in enumerate(right.errors):
        for wrong in mutants(term.branches[0][1]):
            mutant = replace(term, branches=((term.branches[0][0], wrong),))
            errors = (*right.errors[:k], mutant, *right.errors[k + 1 :])
            assert not certify_quickly(replace(right, errors=errors, steps=(), gradients={})).passed
