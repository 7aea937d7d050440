"""The models that whole-derivation tests run through: examples, models people write, programs by hand, random ones."""

from __future__ import annotations

from pathlib import Path

import symbp
from symbp.calculus.model import Model
from tests.programs import PROGRAMS
from tests.strategies import example

HERE = Path(__file__).parent
EXAMPLES = HERE.parent / "examples"


def many_models(random: int) -> dict[str, Model]:
    """Every example, every program, and so many random models, by name."""
    files = sorted([*EXAMPLES.glob("*.bp"), *(HERE / "models").glob("*.bp")])
    return {
        **{f"{f.parent.name}/{f.stem}": symbp.load(f) for f in files},
        **{f"program {name}": make() for name, make in PROGRAMS.items()},
        **{f"random {k}": symbp.parse(example(k).text) for k in range(random)},
    }
