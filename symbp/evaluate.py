"""Numbers for a model, element by element and on demand, in any arithmetic; or in double precision, array by array.

`Evaluator` holds compiled definitions for given sizes; `Run` gives their values at one point. An element is worked out
when something reads it, once. Elements wait for each other on an explicit stack, so a recurrence may be of any length.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from symbp.calculus.model import Model
from symbp.numeric.arithmetic import EXACT, FLOAT, Arithmetic, Value, multiprecision
from symbp.numeric.elements import box, spell
from symbp.numeric.evaluator import Evaluator, Origin
from symbp.numeric.instances import Instance
from symbp.numeric.loops import Key
from symbp.numeric.run import Elements, Run

if TYPE_CHECKING:
    from numpy.typing import NDArray


def evaluate(
    model: Model,
    sizes: Mapping[str, int],
    values: Elements,
    arithmetic: Arithmetic = FLOAT,
    *,
    instances: Mapping[str, Instance] | None = None,
) -> dict[str, dict[Key, Value]]:
    """Every element of every defined name of a model at a point.

    `values` has the inputs, parameters and constants by actual indices (an axis 0..4 has the keys 0 to 4). Raises
    DomainError with the equation and the indices where a value isn't defined, and `Irrational` where exact arithmetic
    can't go on.
    """
    run = Evaluator.of_model(model, sizes, arithmetic, instances=instances).run(values)
    return {e.target: run.table(e.target) for e in model.equations}


def evaluate_arrays(
    model: Model,
    sizes: Mapping[str, int],
    values: Mapping[str, Any],
    *,
    instances: Mapping[str, Instance] | None = None,
) -> dict[str, NDArray[Any]]:
    """Every defined name of a model as a NumPy array; element 0 of an axis is its lower bound.

    `values` has an array (or a number) of the same kind for each input, parameter and constant. Raises DomainError with
    the equation and the indices where a value isn't defined; ModelError where a value is missing or misshapen.
    """
    from symbp.numeric import arrays

    return arrays.evaluate_arrays(model, sizes, values, instances=instances)


__all__ = [
    "EXACT", "FLOAT", "Elements", "Evaluator", "Origin", "Run", "box", "evaluate", "evaluate_arrays", "multiprecision",
    "spell",
]
