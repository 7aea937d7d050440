"""The formulas of the comparison, written once for all systems: over scalars, and over whole arrays.

`Scalars` and `Arrays` say what a system has to offer. Every function gives the loss and what it is differentiated by.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol


class Scalars(Protocol):
    """A system of scalar expressions with the usual operators."""

    def symbol(self, name: str) -> Any: ...
    def exp(self, x: Any) -> Any: ...
    def log(self, x: Any) -> Any: ...
    def tanh(self, x: Any) -> Any: ...


@dataclass(frozen=True)
class Scalar:
    """A loss as one scalar expression; `by` are the symbols that it is differentiated by, `given` the others."""

    loss: Any
    by: list[Any]
    given: list[Any]


Make = Callable[[Scalars], Scalar]


def _vector(s: Scalars, name: str, n: int) -> list[Any]:
    return [s.symbol(f"{name}_{i}") for i in range(n)]


def _matrix(s: Scalars, name: str, rows: int, columns: int) -> list[list[Any]]:
    return [[s.symbol(f"{name}_{i}_{j}") for j in range(columns)] for i in range(rows)]


def _total(terms: Any) -> Any:
    first, *rest = terms
    for term in rest:
        first = first + term
    return first


def _sigmoid(s: Scalars, z: Any) -> Any:
    return 1 / (1 + s.exp(-z))


def _dense(weights: list[list[Any]], x: list[Any]) -> list[Any]:
    return [_total(w * u for w, u in zip(row, x, strict=True)) for row in weights]


def _flat(rows: list[list[Any]]) -> list[Any]:
    return [entry for row in rows for entry in row]


def expression(s: Scalars) -> Scalar:
    x, y = s.symbol("x"), s.symbol("y")
    return Scalar((x + _sigmoid(s, y)) / (_sigmoid(s, x) + (x + y) ** 2), [x, y], [])


def hidden(d: int, q: int, outputs: int, prefix: str = "") -> Make:
    def make(s: Scalars) -> Scalar:
        x, y = _vector(s, f"{prefix}x", d), _vector(s, f"{prefix}y", outputs)
        v, w = _matrix(s, f"{prefix}v", q, d), _matrix(s, f"{prefix}w", outputs, q)
        c, t = _vector(s, f"{prefix}c", q), _vector(s, f"{prefix}t", outputs)
        b = [_sigmoid(s, a + bias) for a, bias in zip(_dense(v, x), c, strict=True)]
        out = [_sigmoid(s, a + bias) for a, bias in zip(_dense(w, b), t, strict=True)]
        loss = _total((o - target) ** 2 for o, target in zip(out, y, strict=True)) / 2
        return Scalar(loss, [*_flat(v), *c, *_flat(w), *t], [*x, *y])

    return make


def layers(count: int, width: int) -> Make:
    def make(s: Scalars) -> Scalar:
        x, y = _vector(s, "x", width), _vector(s, "y", width)
        weights = [_matrix(s, f"w{k}", width, width) for k in range(count)]
        a = x
        for w in weights:
            a = [s.tanh(z) for z in _dense(w, a)]
        loss = _total((o - t) ** 2 for o, t in zip(a, y, strict=True)) / 2
        return Scalar(loss, [e for w in weights for e in _flat(w)], [*x, *y])

    return make


def convolution(s: Scalars) -> Scalar:
    image, kernel, w = _matrix(s, "a", 5, 5), _matrix(s, "k", 3, 3), _matrix(s, "w", 2, 2)
    loss = _total(
        w[p][q] * _sigmoid(s, _total(kernel[i][j] * image[2 * p + i][2 * q + j] for i in range(3) for j in range(3)))
        for p in range(2) for q in range(2)
    )
    return Scalar(loss, _flat(kernel), [*_flat(image), *_flat(w)])


def _scores(s: Scalars, n: int, m: int) -> tuple[list[Any], list[Any], list[Any]]:
    x, w, b = _vector(s, "x", n), _matrix(s, "w", m, n), _vector(s, "b", m)
    z = [score + bias for score, bias in zip(_dense(w, x), b, strict=True)]
    return z, [*_flat(w), *b], x


def softmax_label(s: Scalars) -> Scalar:
    z, by, x = _scores(s, 10, 10)
    return Scalar(s.log(_total(s.exp(score) for score in z)) - z[0], by, x)


def softmax(s: Scalars) -> Scalar:
    z, by, x = _scores(s, 10, 10)
    y = _vector(s, "y", 10)
    whole = s.log(_total(s.exp(score) for score in z))
    return Scalar(_total(t * (whole - score) for t, score in zip(y, z, strict=True)), by, [*x, *y])


def logistic(s: Scalars) -> Scalar:
    x = start = s.symbol("x")
    for _ in range(49):
        x = 4 * x * (1 - x)
    return Scalar(x, [start], [])


def product(s: Scalars) -> Scalar:
    x = _vector(s, "x", 1000)
    loss = x[0]
    for factor in x[1:]:
        loss = loss * factor
    return Scalar(loss, x, [])


FORMULAS: dict[str, Make] = {
    "expression": expression,
    "hidden 3-2-1": hidden(3, 2, 1),
    "hidden 10-10-10": hidden(10, 10, 10),
    "hidden 784-30-10": hidden(784, 30, 10),
    "deep, 50 layers": layers(50, 8),
    "convolution": convolution,
    "softmax, label": softmax_label,
    "softmax, any target": softmax,
    "logistic, 49 maps": logistic,
    "product of 1000": product,
}


class Arrays(Protocol):
    """A system of arrays of one or two axes, with @ and elementwise operators."""

    def vector(self, name: str, n: int) -> Any: ...
    def matrix(self, name: str, rows: int, columns: int) -> Any: ...
    def exp(self, x: Any) -> Any: ...
    def log(self, x: Any) -> Any: ...
    def tanh(self, x: Any) -> Any: ...
    def sigmoid(self, x: Any) -> Any: ...
    def sum(self, x: Any) -> Any: ...
    def dot(self, x: Any, y: Any) -> Any: ...
    def square(self, x: Any) -> Any: ...
    def squares(self, x: Any) -> Any: ...
    def entry(self, x: Any, *at: int) -> Any: ...
    def prod(self, x: Any) -> Any: ...


@dataclass(frozen=True)
class ArrayFormula:
    """A loss as a function of what it is differentiated by and of what is given."""

    by: list[Any]
    given: list[Any]
    loss: Callable[[list[Any], list[Any]], Any]


MakeArrays = Callable[[Arrays], ArrayFormula]


def array_expression(a: Arrays) -> ArrayFormula:
    def loss(by: list[Any], given: list[Any]) -> Any:
        x, y = a.entry(by[0], 0), a.entry(by[0], 1)
        return (x + a.sigmoid(y)) / (a.sigmoid(x) + a.square(x + y))

    return ArrayFormula([a.vector("x", 2)], [], loss)


def array_hidden(d: int, q: int, outputs: int) -> MakeArrays:
    def make(a: Arrays) -> ArrayFormula:
        by = [a.matrix("v", q, d), a.vector("c", q), a.matrix("w", outputs, q), a.vector("t", outputs)]

        def loss(by: list[Any], given: list[Any]) -> Any:
            (v, c, w, t), (x, y) = by, given
            b = a.sigmoid(v @ x + c)
            return a.squares(a.sigmoid(w @ b + t) - y) / 2

        return ArrayFormula(by, [a.vector("x", d), a.vector("y", outputs)], loss)

    return make


def array_layers(count: int, width: int) -> MakeArrays:
    def make(a: Arrays) -> ArrayFormula:
        def loss(by: list[Any], given: list[Any]) -> Any:
            x, y = given
            for w in by:
                x = a.tanh(w @ x)
            return a.squares(x - y) / 2

        by = [a.matrix(f"w{k}", width, width) for k in range(count)]
        return ArrayFormula(by, [a.vector("x", width), a.vector("y", width)], loss)

    return make


def array_convolution(a: Arrays) -> ArrayFormula:
    def loss(by: list[Any], given: list[Any]) -> Any:
        kernel, (image, *w) = by[0], given
        places = [(p, q) for p in range(2) for q in range(2)]
        terms = [
            a.entry(weight, 0) * a.sigmoid(a.dot(kernel, image[2 * p : 2 * p + 3, 2 * q : 2 * q + 3]))
            for weight, (p, q) in zip(w, places, strict=True)
        ]
        return _total(terms)

    return ArrayFormula([a.matrix("k", 3, 3)], [a.matrix("a", 5, 5), *(a.vector(f"w{k}", 1) for k in range(4))], loss)


def array_softmax(label: bool) -> MakeArrays:
    def make(a: Arrays) -> ArrayFormula:
        def loss(by: list[Any], given: list[Any]) -> Any:
            (w, b), x = by, given[0]
            z = w @ x + b
            whole = a.log(a.sum(a.exp(z)))
            return whole - a.entry(z, 0) if label else a.dot(given[1], whole - z)

        given = [a.vector("x", 10)] if label else [a.vector("x", 10), a.vector("y", 10)]
        return ArrayFormula([a.matrix("w", 10, 10), a.vector("b", 10)], given, loss)

    return make


def array_logistic(a: Arrays) -> ArrayFormula:
    def loss(by: list[Any], given: list[Any]) -> Any:
        x = a.entry(by[0], 0)
        for _ in range(49):
            x = 4 * x * (1 - x)
        return x

    return ArrayFormula([a.vector("x", 1)], [], loss)


def array_product(a: Arrays) -> ArrayFormula:
    return ArrayFormula([a.vector("x", 1000)], [], lambda by, given: a.prod(by[0]))


ARRAY_FORMULAS: dict[str, MakeArrays] = {
    "expression": array_expression,
    "hidden 3-2-1": array_hidden(3, 2, 1),
    "hidden 10-10-10": array_hidden(10, 10, 10),
    "hidden 784-30-10": array_hidden(784, 30, 10),
    "deep, 50 layers": array_layers(50, 8),
    "convolution": array_convolution,
    "softmax, label": array_softmax(True),
    "softmax, any target": array_softmax(False),
    "logistic, 49 maps": array_logistic,
    "product of 1000": array_product,
}
