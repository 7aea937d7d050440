"""SymPy and SymEngine: `diff` by each symbol, then `cse` of the loss and all gradients."""

from __future__ import annotations

from typing import Any

from peers.formulas import Make, Scalar
from symbp.cost.outside import operations


class SymPy:
    """Scalars of SymPy."""

    name = "SymPy diff + cse"

    def __init__(self) -> None:
        import sympy

        self.library: Any = sympy
        self.exp, self.log, self.tanh = sympy.exp, sympy.log, sympy.tanh
        self.version = f"SymPy {sympy.__version__}"

    def symbol(self, name: str) -> Any:
        return self.library.Symbol(name)

    def gradient(self, make: Make) -> tuple[list[Any], list[Any]]:
        """Shared parts and the roots: the loss, then its derivatives."""
        formula: Scalar = make(self)
        roots = [formula.loss, *(self.library.diff(formula.loss, p) for p in formula.by)]
        shared, reduced = self.library.cse(roots)
        return [value for _, value in shared], list(reduced)

    def operations(self, make: Make) -> int:
        shared, roots = self.gradient(make)
        return sum(map(operations, (*shared, *roots)))


class SymEngine(SymPy):
    """Scalars of SymEngine."""

    name = "SymEngine diff + cse"

    def __init__(self) -> None:
        import symengine

        self.library = symengine
        self.exp, self.log, self.tanh = symengine.exp, symengine.log, symengine.tanh
        self.version = f"SymEngine {symengine.__version__}"
