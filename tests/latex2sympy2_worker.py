"""The second reader in a process of its own: JSON lists of formulas on standard input, of trees on standard output.

A tree is a name, or ["number", p, q], or [operation, tree, …]; a formula that it can't read gives {"error": message}.
latex2sympy2 keeps global state and pulls an old ANTLR, so nothing else runs in this process. Formulas come with atoms
v_{1}, v_{2}, … for everything that isn't arithmetic: what it reads wrongly never gets here.
"""

from __future__ import annotations

import json
import sys

import sympy
from latex2sympy2 import latex2sympy

OPERATIONS = {sympy.Add: "add", sympy.Mul: "multiply", sympy.Pow: "power"}


def tree(expression: sympy.Basic) -> object:
    """A SymPy expression of arithmetic as nested lists; TypeError for anything else."""
    if isinstance(expression, sympy.Symbol):
        return expression.name
    if isinstance(expression, sympy.Rational):
        return ["number", int(expression.p), int(expression.q)]
    operation = OPERATIONS.get(type(expression))
    if operation is None:
        raise TypeError(f"{type(expression).__name__} is not arithmetic")
    return [operation, *map(tree, expression.args)]


def read(formula: str) -> object:
    try:
        return tree(latex2sympy(formula))
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    json.dump([read(formula) for formula in json.load(sys.stdin)], sys.stdout)
