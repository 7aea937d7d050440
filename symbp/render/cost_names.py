"""What the ways of computing are called, and the quantities of a counted program."""

from __future__ import annotations

from symbp.calculus.affine import Affine
from symbp.calculus.expression import Access, Expr, Partial, PartialKind
from symbp.calculus.model import adjoint_base
from symbp.cost.report import Cost
from symbp.cost.ways import Way
from symbp.render.blocks import Formula, Sentence
from symbp.render.lines import Lines
from symbp.render.prose import Prose


def way_name(lines: Lines, prose: Prose, way: Way) -> Sentence:
    """`E alone`, `shared`, …"""
    return prose.say(f"costs.{way}_row", **({"of": scalar(lines)} if way == "forward" else {}))


def program_name(prose: Prose, cost: Cost) -> str:
    """What the chosen program is called in a sentence."""
    return prose.words(f"costs.program_{cost.chosen}")


def scalar(lines: Lines) -> Formula:
    """What is differentiated."""
    return lines.formula((), Access(lines.derivation.of))


def quantity(lines: Lines, name: str, subscripts: tuple[Affine, ...]) -> Expr:
    """What a program's name stands for: a quantity, an error term, or ∂of/∂parameter."""
    base = adjoint_base(name)
    if base in lines.derivation.gradients:
        assert base is not None
        return Partial(PartialKind.TOTAL, Access(lines.derivation.of), Access(base, subscripts))
    return Access(name, subscripts)
