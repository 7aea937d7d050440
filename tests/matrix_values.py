"""Formulas over whole arrays in NumPy: written anew for the tests, with nothing of symbp's evaluators."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np
from numpy.typing import NDArray

from symbp.calculus.affine import Affine, Range
from symbp.calculus.expression import Number
from symbp.calculus.matrix import (
    EntryPower,
    Entrywise,
    Hadamard,
    Literal,
    MatrixExpr,
    Ones,
    Product,
    Scaled,
    SquaredNorm,
    StackSum,
    Sum,
    Trace,
    Transposed,
    Whole,
    Zeros,
)

Array = NDArray[np.float64]

FUNCTIONS = {
    "f": np.sin, "f'": np.cos, "tanh": np.tanh, "exp": np.exp, "log": np.log, "sin": np.sin, "cos": np.cos,
    "sqrt": np.sqrt, "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "relu": lambda x: np.maximum(x, 0),
    "step": lambda x: 1.0 * (x > 0),
}


def evaluate(m: MatrixExpr, arrays: Mapping[str, Array], symbols: Mapping[str, int]) -> Array:
    """A matrix of two axes. Arrays are indexed from 0; the n-th entry of an axis lower..upper is lower + n."""
    match m:
        case Whole(name, subscripts, _, flipped):
            places = tuple(slice(None) if s is None else s.evaluate(symbols) for s in subscripts)
            found = np.asarray(arrays[name], dtype=float)[places]
            found = found.T if flipped else found
            return found.reshape(found.shape + (1,) * (2 - found.ndim))
        case Literal(Number(value)):
            return np.full((1, 1), float(value))
        case Literal(Affine() as form):
            return np.full((1, 1), float(form.evaluate(symbols)))
        case Ones(axis):
            return np.ones((length(axis, symbols), 1))
        case Zeros((rows, columns)):
            return np.zeros((length(rows, symbols), length(columns, symbols)))
        case Transposed(of):
            return evaluate(of, arrays, symbols).T
        case Product(factors):
            result = evaluate(factors[0], arrays, symbols)
            for factor in factors[1:]:
                result = result @ evaluate(factor, arrays, symbols)
            return result
        case Hadamard(factors):
            first, *rest = (evaluate(f, arrays, symbols) for f in factors)
            return prod(rest, start=first)
        case Sum(terms):
            return sum((evaluate(t, arrays, symbols) for t in terms[1:]), start=evaluate(terms[0], arrays, symbols))
        case Scaled(coefficient, over, under, body):
            scale = float(coefficient.value)
            for scalar in over:
                scale *= evaluate(scalar, arrays, symbols).item()
            for scalar in under:
                scale /= evaluate(scalar, arrays, symbols).item()
            return np.full((1, 1), scale) if body is None else scale * evaluate(body, arrays, symbols)
        case Entrywise(function, (argument,), orders):
            name = function + "'" * sum(orders)
            return np.asarray(FUNCTIONS[name](evaluate(argument, arrays, symbols)))
        case EntryPower(base, exponent):
            return np.power(evaluate(base, arrays, symbols), evaluate(exponent, arrays, symbols).item())
        case SquaredNorm(of):
            return np.full((1, 1), np.sum(evaluate(of, arrays, symbols) ** 2))
        case Trace(of):
            return np.full((1, 1), np.trace(evaluate(of, arrays, symbols)))
        case StackSum(over, body):
            (binder,), guards = over.binders, over.guards
            assert not guards
            steps = range(binder.range.lower.evaluate(symbols), binder.range.upper.evaluate(symbols) + 1)
            found = [evaluate(body, arrays, {**symbols, binder.name: k}) for k in steps]
            return sum(found[1:], start=found[0])
        case _:
            raise AssertionError(f"no value for {m}")


def length(axis: Range | None, symbols: Mapping[str, int]) -> int:
    return 1 if axis is None else axis.extent.evaluate(symbols)
