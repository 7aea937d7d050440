"""CasADi: SX, where each scalar operation is a node, and MX, where each operation on matrices is."""

from __future__ import annotations

from typing import Any

from peers.formulas import ArrayFormula, Make, MakeArrays, Scalar


class CasadiSX:
    """Scalars of CasADi; the gradient by reverse mode, then `cse`."""

    name = "CasADi SX"

    def __init__(self) -> None:
        import casadi

        self.library: Any = casadi
        self.exp, self.log, self.tanh = casadi.exp, casadi.log, casadi.tanh
        self.version = f"CasADi {casadi.__version__}"

    def symbol(self, name: str) -> Any:
        return self.library.SX.sym(name)

    def gradient(self, make: Make) -> Any:
        formula: Scalar = make(self)
        by = self.library.vertcat(*formula.by)
        roots = [formula.loss, self.library.gradient(formula.loss, by)]
        return self.library.Function("f", [by, *formula.given], self.library.cse(roots))

    def operations(self, make: Make) -> int:
        function = self.gradient(make)
        ids = [function.instruction_id(k) for k in range(function.n_instructions())]
        return sum(i not in _free(self.library) for i in ids)


class CasadiMX:
    """Matrices of CasADi; the gradient by reverse mode."""

    name = "CasADi MX"

    def __init__(self) -> None:
        import casadi

        self.library: Any = casadi
        self.exp, self.log, self.tanh = casadi.exp, casadi.log, casadi.tanh
        self.version = f"CasADi {casadi.__version__}"

    def vector(self, name: str, n: int) -> Any:
        return self.library.MX.sym(name, n)

    def matrix(self, name: str, rows: int, columns: int) -> Any:
        return self.library.MX.sym(name, rows, columns)

    def sigmoid(self, x: Any) -> Any:
        return 1 / (1 + self.library.exp(-x))

    def sum(self, x: Any) -> Any:
        return self.library.sum1(x)

    def dot(self, x: Any, y: Any) -> Any:
        return self.library.dot(x, y)

    def square(self, x: Any) -> Any:
        return x**2

    def squares(self, x: Any) -> Any:
        return self.library.sumsqr(x)

    def entry(self, x: Any, *at: int) -> Any:
        return x[at]

    def prod(self, x: Any) -> Any:
        loss = x[0]
        for k in range(1, x.numel()):
            loss = loss * x[k]
        return loss

    def gradient(self, make: MakeArrays) -> Any:
        formula: ArrayFormula = make(self)
        loss = formula.loss(formula.by, formula.given)
        gradients = self.library.gradient(loss, self.library.veccat(*formula.by))
        return self.library.Function("f", [*formula.by, *formula.given], self.library.cse([loss, gradients]))

    def gradient_by_each(self, make: MakeArrays) -> Any:
        """One reverse sweep, the gradient in the shape of each matrix."""
        formula: ArrayFormula = make(self)
        loss = formula.loss(formula.by, formula.given)
        forward = self.library.Function("f", [*formula.by, *formula.given], [loss])
        return forward.reverse(1)

    def operations(self, make: MakeArrays) -> int:
        function = self.gradient(make)
        return sum(self._cost(function, k) for k in range(function.n_instructions()))

    def _cost(self, function: Any, k: int) -> int:
        kind = function.instruction_id(k)
        node = function.instruction_MX(k)
        if kind in _free(self.library):
            return 0
        if kind == self.library.OP_MTIMES:
            into, left, _ = (node.dep(j) for j in range(3))
            started = into.is_zero() or not into.nnz()
            return int(node.numel() * (2 * left.size2() - started))
        if kind in (self.library.OP_DOT, self.library.OP_NORMF):
            return int(2 * node.dep(0).numel() - 1)
        return int(node.numel())


def _free(library: Any) -> frozenset[int]:
    """Operations that only move numbers."""
    names = (
        "CONST", "INPUT", "OUTPUT", "PARAMETER", "SUBREF", "SUBASSIGN", "GETNONZEROS", "SETNONZEROS", "HORZCAT",
        "VERTCAT", "DIAGCAT", "HORZSPLIT", "VERTSPLIT", "DIAGSPLIT", "RESHAPE", "TRANSPOSE", "HORZREPMAT",
        "SPARSITY_CAST", "PROJECT", "DENSIFY", "ASSIGN",
    )
    return frozenset(getattr(library, f"OP_{n}") for n in names if hasattr(library, f"OP_{n}"))
