"""The example notebook; `python -m tests.notebook` runs it in Jupyter and writes docs/notebook.ipynb anew.

Writing it needs nbclient and ipykernel beside symbp's own dependencies; reading and checking it needs neither.
"""

from __future__ import annotations

import ast
import io
import json
import os
from collections.abc import Iterator
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "docs" / "notebook.ipynb"

CELLS: tuple[tuple[str, str], ...] = (
    ("markdown", """# symbp in a notebook

A model comes in as text, and what comes out shows itself as mathematics: the derivation, a gradient, a step."""),
    ("code", '''import symbp

derivation = symbp.derive("""
index i in 1..d, h in 1..q, j in 1..l
input  x[i]
target y[j]
param  v[h,i], w[j,h]
b[h]    = sigmoid(sum(i, v[h,i] * x[i]))
yhat[j] = sigmoid(sum(h, w[j,h] * b[h]))
loss E  = 1/2 * sum(j, (yhat[j] - y[j])^2)
""")
derivation'''),
    ("markdown", "One gradient by itself, and the form of it that a book ends with, as a SymPy expression:"),
    ("code", 'derivation.gradients["w"]'),
    ("code", 'derivation.gradients["w"].inlined'),
    ("markdown", "The derivation is a list of steps. Each says by which rule it follows, and from what:"),
    ("code", """for step in derivation.steps:
    print(step.subject, step.rule.value, *step.because, sep=", ")"""),
    ("code", "derivation.steps[0]"),
    ("markdown", """Nothing here has to be believed: every form and both sides of every step are compared with
differences of the forward equations, at several sizes and random points."""),
    ("code", """certificate = derivation.verify()
certificate.passed"""),
    ("markdown", "With values for the sizes, each element of a gradient is a formula of its own:"),
    ("code", """small = symbp.with_sizes(derivation.model, {"d": 1, "q": 2, "l": 1})
for element, formula in symbp.derive(small).gradients["w"].elements.items():
    print(element, formula)"""),
    ("markdown", """One scalar expression is told in stages, as the course CS231n does it: a name for every
operation, and backpropagation visits them in reverse."""),
    ("code", 'symbp.derive("f(x, y) = (x + sigmoid(y)) / (sigmoid(x) + (x + y)^2)")'),
)


@dataclass
class Shown:
    """What a cell leaves below it: what it printed, and its last value in each format."""

    printed: str = ""
    value: dict[str, str] = field(default_factory=dict)


def empty_notebook() -> dict[str, Any]:
    """The notebook with nothing run."""
    cells = []
    for number, (kind, source) in enumerate(CELLS, 1):
        cell: dict[str, Any] = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": source}
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        cells.append(cell)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def executed() -> dict[str, Any]:
    """The notebook run by Jupyter, less what differs from run to run."""
    import nbformat
    from nbclient import NotebookClient

    os.environ["PYTHONPATH"] = str(ROOT)
    run = NotebookClient(
        nbformat.from_dict(empty_notebook()), timeout=120, resources={"metadata": {"path": str(NOTEBOOK.parent)}},
    ).execute()
    for cell in run.cells:
        cell.metadata = {}
    run.metadata = empty_notebook()["metadata"]
    return dict(run)


def run_plainly() -> Iterator[Shown]:
    """What each code cell shows when Python alone runs it."""
    names: dict[str, Any] = {}
    with chdir(NOTEBOOK.parent):
        for kind, source in CELLS:
            if kind == "code":
                yield _run_cell(source, names)


def _run_cell(source: str, names: dict[str, Any]) -> Shown:
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(tree, "<cell>", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names) if last is not None else None
    return Shown(printed.getvalue(), {} if value is None else formats(value))


def formats(value: Any) -> dict[str, str]:
    """The formats in which a notebook shows a value."""
    if hasattr(value, "_repr_mimebundle_"):
        return dict(value._repr_mimebundle_())
    latex = getattr(value, "_repr_latex_", lambda: None)()
    return {"text/plain": repr(value)} | ({"text/latex": latex} if latex is not None else {})


def stored() -> Iterator[Shown]:
    """What the notebook's code cells have below them."""
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            shown = Shown()
            for output in cell["outputs"]:
                if output["output_type"] == "stream":
                    shown.printed += "".join(output["text"])
                else:
                    shown.value = {kind: "".join(text) for kind, text in output["data"].items()}
            yield shown


if __name__ == "__main__":
    NOTEBOOK.write_text(json.dumps(executed(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
