"""What `symbp.derive` hands out: a derivation with its gradients as SymPy expressions, its documents and its proof.

The calculus gives the Derivation as data; this view adds what looks at it: rendering, verification, conversion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from symbp.calculus import derivation as data
from symbp.calculus.derivation import FormName, Step
from symbp.calculus.model import Model
from symbp.calculus.point import Point
from symbp.errors import ModelError, Refused

if TYPE_CHECKING:
    import sympy as sp

    from symbp.verify import Certificate


@dataclass(frozen=True)
class Gradient:
    """∂of/∂parameter[indices] in each form, as SymPy expressions.

    Arrays are IndexedBases and sums are Sums whose bound names occur nowhere else. A form that isn't written out raises
    Refused, which says why.
    """

    parameter: str
    _derivation: data.Derivation

    @property
    def indices(self) -> tuple[str, ...]:
        """The free indices of the formulas, one for each axis of the parameter."""
        return tuple(index.letter for index in self._data.indices)

    @property
    def chain(self) -> sp.Expr:
        """One partial derivative for each edge, summed over all paths."""
        return self._form("chain")

    @property
    def shared(self) -> sp.Expr:
        """With error terms, each named once."""
        return self._form("shared")

    @property
    def inlined(self) -> sp.Expr:
        """Error terms written out, forward values kept: a book's last line."""
        return self._form("inlined")

    @property
    def expanded(self) -> sp.Expr:
        """Inputs and parameters only."""
        return self._form("expanded")

    @property
    def elements(self) -> dict[tuple[int, ...], sp.Expr]:
        """The expanded form of each element, every sum written out, where the sizes have values."""
        from symbp.calculus.elements import elements
        from symbp.calculus.to_sympy import to_sympy

        found = elements(self._derivation, self.parameter)
        return {key: to_sympy(formula, self._derivation.model) for key, formula in found.items()}

    @property
    def _data(self) -> data.Gradient:
        return self._derivation.gradients[self.parameter]

    def _form(self, form: FormName) -> sp.Expr:
        from symbp.calculus.to_sympy import to_sympy

        found = self._data.forms[form]
        if isinstance(found, data.Refusal):
            raise Refused(f"∂{self._derivation.of}/∂{self.parameter}, {form}: {found.reason}")
        return to_sympy(found, self._derivation.model)


@dataclass(frozen=True)
class Derivation:
    """The gradients of one scalar and the way to them."""

    data: data.Derivation
    """The derivation as the calculus gives it."""

    @property
    def model(self) -> Model:
        return self.data.model

    @property
    def of(self) -> str:
        """The name of what was differentiated."""
        return self.data.of

    @cached_property
    def gradients(self) -> Mapping[str, Gradient]:
        """One for each name that was asked for, in that order."""
        return {name: Gradient(name, self.data) for name in self.data.gradients}

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every line of the derivation: a rule, both sides, and the reasons."""
        return tuple(self.data.steps)

    @property
    def warnings(self) -> tuple[str, ...]:
        return self.data.warnings

    @cached_property
    def point(self) -> Point | None:
        """What happens at the point that the model's values make; None where they leave something open."""
        from symbp.point import given_point

        return given_point(self.data)

    def latex(self, *forms: FormName, verified: bool | str | None = None) -> str:
        """The results and the derivation as LaTeX, from a subset that KaTeX, MathJax and pdflatex all read.

        `forms` restricts each gradient to these ways of writing it. The document says whether it is `verified`; a text
        says so in its own words.
        """
        from symbp.render.document import latex_document_fragment
        from symbp.render.options import Options

        return latex_document_fragment(self.data, Options(_known(forms)), verified, self.point)

    def text(self, *forms: FormName, verified: bool | str | None = None, unicode: bool = True) -> str:
        """The same for a terminal, with the letters of mathematics or in ASCII."""
        from symbp.render.document import text_document
        from symbp.render.options import Options

        return text_document(self.data, Options(_known(forms), unicode=unicode), verified, self.point)

    def json(self, *forms: FormName, verified: bool | str | None = None) -> str:
        """The same as data, schema 1."""
        from symbp.render.document import json_document
        from symbp.render.options import Options

        return json_document(self.data, Options(_known(forms)), verified, self.point)

    def verify(self, points: int = 2, seed: int = 0) -> Certificate:
        """Compares every form and both sides of every step with each other and with the forward model's numbers."""
        from symbp.verify import verify

        return verify(self.data, points=points, seed=seed)

    def check(self) -> Certificate:
        """A quick certificate at small sizes, and at the model's own for what holds there alone."""
        from symbp.verify import certify_quickly

        return certify_quickly(self.data)

    def element_by_element(self) -> Derivation:
        """The same, with a step for each element of each gradient whose sizes have values, if they aren't too many."""
        from symbp.calculus.elements import with_elements

        return Derivation(with_elements(self.data))

    def __str__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from symbp.render.document import latex_results

        return {"text/plain": self.text(), "text/latex": latex_results(self.data)}


def _known(forms: tuple[FormName, ...]) -> tuple[FormName, ...]:
    for form in forms:
        if form not in data.FORMS:
            raise ModelError(f"`{form}` is no form of a gradient; there are: {', '.join(data.FORMS)}")
    return forms
