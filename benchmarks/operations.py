"""Operations of the loss and all gradients: symbp's programs, and what each peer made of the same formula."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from peers.casadi_peer import CasadiMX, CasadiSX
from peers.formulas import ARRAY_FORMULAS, FORMULAS
from peers.jax_peer import Jax
from peers.sympy_peer import SymEngine, SymPy

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Counted:
    """A formula of the comparison as a model, and the sizes that it is counted at."""

    formula: str
    model: str
    sizes: dict[str, int]


MODELS = (
    Counted("expression", "expression.bp", {}),
    Counted("hidden 3-2-1", "hidden.bp", {"d": 3, "q": 2, "l": 1}),
    Counted("hidden 10-10-10", "hidden.bp", {"d": 10, "q": 10, "l": 10}),
    Counted("hidden 784-30-10", "hidden.bp", {"d": 784, "q": 30, "l": 10}),
    Counted("deep, 50 layers", "deep.bp", {}),
    Counted("convolution", "conv.bp", {}),
    Counted("softmax, label", "softmax_label.bp", {}),
    Counted("softmax, any target", "softmax.bp", {}),
    Counted("softmax, Σy = 1", "softmax_shares.bp", {}),
    Counted("logistic, 49 maps", "logistic.bp", {}),
    Counted("product of 1000", "product.bp", {}),
)
SCALARS = ("expression", "hidden 3-2-1", "convolution", "softmax, label", "softmax, any target")
"""Formulas that SymPy and SymEngine can write out in seconds."""
TOO_MANY_SCALARS = ("hidden 784-30-10",)


def counts(counted: Counted) -> dict[str, int]:
    """Operations of the loss and all gradients, by system."""
    return {**own(counted), **peers(counted.formula)}


def own(counted: Counted) -> dict[str, int]:
    """Those of the two programs of symbp."""
    import symbp

    model = symbp.load(HERE / "models" / counted.model)
    cost = symbp.derive(symbp.with_sizes(model, counted.sizes)).cost()
    return {"symbp, named": cost.operations("shared"), "symbp, minimal": cost.operations("minimal")}


def peers(formula: str) -> dict[str, int]:
    """Those of each peer that can write the formula out within seconds."""
    scalar: list[CasadiSX | SymPy] = []
    if formula in FORMULAS and formula not in TOO_MANY_SCALARS:
        scalar.append(CasadiSX())
    if formula in SCALARS:
        scalar += [SymPy(), SymEngine()]
    arrays = [CasadiMX(), Jax()] if formula in ARRAY_FORMULAS else []
    return {
        **{peer.name: peer.operations(FORMULAS[formula]) for peer in scalar},
        **{peer.name: peer.operations(ARRAY_FORMULAS[formula]) for peer in arrays},
    }


def best_peer(found: dict[str, int]) -> str:
    peers = {name: n for name, n in found.items() if not name.startswith("symbp")}
    if not peers:
        return ""
    name = min(peers, key=lambda n: peers[n])
    return f"{peers[name]:,} {name}"
