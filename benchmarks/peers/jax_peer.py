"""JAX: the jaxpr of the loss and its gradients, as traced; the compiler's own work comes after it."""

from __future__ import annotations

from math import prod
from typing import Any

from peers.formulas import ArrayFormula, MakeArrays


class Jax:
    """Arrays of JAX, traced by `make_jaxpr`."""

    name = "JAX make_jaxpr(grad)"

    def __init__(self) -> None:
        import jax
        import jax.nn
        import jax.numpy

        self.library: Any = jax
        self.numpy: Any = jax.numpy
        self.exp, self.log, self.tanh = jax.numpy.exp, jax.numpy.log, jax.numpy.tanh
        self.sum, self.prod, self.dot, self.square = jax.numpy.sum, jax.numpy.prod, jax.numpy.vdot, jax.numpy.square
        self.version = f"JAX {jax.__version__}"

    def vector(self, name: str, n: int) -> Any:
        return self.numpy.ones(n)

    def matrix(self, name: str, rows: int, columns: int) -> Any:
        return self.numpy.ones((rows, columns))

    def sigmoid(self, x: Any) -> Any:
        return self.library.nn.sigmoid(x)

    def squares(self, x: Any) -> Any:
        return self.numpy.sum(x * x)

    def entry(self, x: Any, *at: int) -> Any:
        return x[at]

    def gradient(self, make: MakeArrays) -> Any:
        formula: ArrayFormula = make(self)
        return self.library.make_jaxpr(self.library.value_and_grad(formula.loss))(formula.by, formula.given)

    def operations(self, make: MakeArrays) -> int:
        return _cost(self.gradient(make).jaxpr)


FREE = frozenset({
    "broadcast_in_dim", "reshape", "transpose", "convert_element_type", "copy", "copy_p", "slice", "squeeze", "pad",
    "concatenate", "stop_gradient", "iota", "dynamic_slice", "dynamic_update_slice", "gather", "scatter", "rev",
    "select_n", "split",
})
"""Primitives that only move numbers."""


def _size(variable: Any) -> int:
    return prod(variable.aval.shape)


def _cost(jaxpr: Any) -> int:
    return sum(_own(equation) for equation in jaxpr.eqns)


def _own(equation: Any) -> int:
    name = equation.primitive.name
    inner = equation.params.get("jaxpr", equation.params.get("call_jaxpr"))
    if inner is not None:
        return _cost(getattr(inner, "jaxpr", inner))
    if name in FREE:
        return 0
    result = sum(map(_size, equation.outvars))
    if name == "dot_general":
        (contracted, _), _ = equation.params["dimension_numbers"]
        left = equation.invars[0].aval.shape
        return int(result * (2 * prod(left[k] for k in contracted) - 1))
    if name.startswith("reduce_"):
        return int(_size(equation.invars[0]) - result)
    if name == "logistic":
        return 4 * result
    return int(result)
