"""What a notebook is given of derivations, gradients and steps: formulas that KaTeX reads, and the same as text."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pykatex
import pytest

import symbp

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
NAMES = sorted(p.stem for p in EXAMPLES.glob("*.bp"))


@cache
def derived(name: str) -> symbp.Derivation:
    return symbp.derive(symbp.load(EXAMPLES / f"{name}.bp"))


@pytest.mark.parametrize("name", NAMES)
def test_every_step_and_gradient_shows_itself(name: str) -> None:
    derivation = derived(name)
    views = [*derivation.steps, *derivation.gradients.values()]
    assert len(views) > 3
    for view in views:
        bundle = view._repr_mimebundle_()
        assert bundle == {"text/plain": view.text(), "text/latex": f"$${view.latex()}$$"}
        assert view.latex().startswith("\\begin{aligned}\n") and str(view) == view.text()
        pykatex.renderToString(view.latex(), displayMode=True, strict="error", throwOnError=True)


def test_a_step_is_its_line_and_its_reason() -> None:
    step = next(s for s in derived("watermelon").steps if s.rule.value == "name an error term")
    assert step.latex().count("\\frac{\\partial E}{\\partial \\beta_j}") == 1 and step.subject == "g"
    assert step.text() == "g[j] = −∂E/∂β[j]"
    chain = next(s for s in derived("watermelon").steps if s.subject == "w" and s.rule.value == "chain rule")
    assert chain.text().startswith("∂E/∂w[h,j] = Σ_{")
    assert chain.data.before is not None and isinstance(chain.because, tuple)


def test_a_step_says_where_it_holds() -> None:
    held = [s for s in derived("bptt").steps if s.data.guards]
    assert held and all(" (t" in s.text() or "T" in s.text() for s in held)


def test_a_gradient_shows_its_forms_and_its_update() -> None:
    lines = derived("watermelon").gradients["w"].text().splitlines()
    assert lines[0] == "∂E/∂w[h,j] = −g[j] · b[h]" and lines[-1].lstrip().startswith(("Δw[h,j] = η", "= −η"))


def test_a_derivation_shows_its_results_and_its_story() -> None:
    bundle = derived("watermelon")._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/latex", "text/markdown"}
    assert bundle["text/markdown"].startswith("# Gradients of $E$\n")
    pykatex.renderToString(bundle["text/latex"].strip("$"), displayMode=True, strict="error", throwOnError=True)


def test_views_are_values() -> None:
    one, two = derived("conv"), symbp.derive(symbp.load(EXAMPLES / "conv.bp"))
    assert one.steps == two.steps and "Notebook" not in repr(one.steps[0])
