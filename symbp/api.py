"""What `symbp.derive` hands out: a derivation with its gradients as SymPy expressions, its documents and its proof.

The calculus gives the Derivation as data; this view adds what looks at it: rendering, verification, conversion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from os import PathLike, fspath
from typing import TYPE_CHECKING, Literal, TypedDict, Unpack, get_args

from symbp.calculus import derivation as data
from symbp.calculus.checks import Checks
from symbp.calculus.derivation import FormName, Rule
from symbp.calculus.model import Model
from symbp.calculus.point import Point
from symbp.errors import ModelError, Refused
from symbp.render.notation import PLAIN, Notation
from symbp.render.options import DETAILS, Detail, Language, Options, known_language

if TYPE_CHECKING:
    import sympy as sp

    from symbp.cost.report import Cost
    from symbp.costs import Costs
    from symbp.render.notebook import Notebook
    from symbp.verify import Certificate

Align = Literal["left", "centre"]


class Layout(TypedDict, total=False):
    """How a document is told and set: see `symbp.render.options.Options`."""

    detail: Detail
    reasons: bool
    max_width: int | None
    align: Align


@dataclass(frozen=True)
class Gradient:
    """∂of/∂parameter[indices] in each form, as SymPy expressions.

    Arrays are IndexedBases and sums are Sums whose bound names occur nowhere else. A form that isn't written out raises
    Refused, which says why.
    """

    parameter: str
    _derivation: data.Derivation
    _notebook: Notebook = field(repr=False, compare=False)

    def latex(self) -> str:
        r"""It and its update in the book's forms, as \begin{aligned} … \end{aligned}."""
        return self._notebook.latex(self._notebook.gradient(self._data))

    def text(self) -> str:
        """The same as plain text."""
        return self._notebook.text(self._notebook.gradient(self._data))

    def __str__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return self._notebook.cell(self._notebook.gradient(self._data))

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
class Step:
    """One line of a derivation: before = after, because of equations and facts."""

    data: data.Step
    """The step as the calculus gives it."""
    _notebook: Notebook = field(repr=False, compare=False)

    @property
    def rule(self) -> Rule:
        return self.data.rule

    @property
    def because(self) -> tuple[str, ...]:
        """The labels of the equations and facts that it follows from."""
        return self.data.because

    @property
    def label(self) -> str:
        return self.data.label

    @property
    def subject(self) -> str:
        """The error term or parameter that it belongs to."""
        return self.data.subject

    def latex(self) -> str:
        r"""The line as \begin{aligned} … \end{aligned}."""
        return self._notebook.latex(self._notebook.step(self.data))

    def text(self) -> str:
        """The same as plain text."""
        return self._notebook.text(self._notebook.step(self.data))

    def __str__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return self._notebook.cell(self._notebook.step(self.data))


@dataclass(frozen=True)
class Derivation:
    """The gradients of one scalar and the way to them."""

    data: data.Derivation
    """The derivation as the calculus gives it."""
    notation: Notation = PLAIN
    """How its documents write derivatives; the letters are in its model."""
    costs: Costs | None = field(default=None, repr=False, compare=False)
    """What its documents close with; see `with_costs`."""

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
        return {name: Gradient(name, self.data, self._notebook) for name in self.data.gradients}

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Every line of the derivation: a rule, both sides, and the reasons."""
        return tuple(Step(step, self._notebook) for step in self.data.steps)

    @cached_property
    def _notebook(self) -> Notebook:
        from symbp.render.notebook import Notebook

        return Notebook(self.data, self.notation)

    @property
    def warnings(self) -> tuple[str, ...]:
        return self.data.warnings

    @cached_property
    def point(self) -> Point | None:
        """What happens at the point that the model's values make; None where they leave something open."""
        from symbp.point import given_point

        return given_point(self.data)

    @property
    def _cost(self) -> Cost | None:
        return None if self.costs is None else self.costs.data

    @cached_property
    def checks(self) -> Checks:
        """What a reader can redo: signs, shapes, numbers beside central differences, special cases."""
        from symbp.checks import checks_of

        return checks_of(self.data)

    def latex(
        self, *forms: FormName, verified: bool | str | None = None, language: Language = "en", **layout: Unpack[Layout],
    ) -> str:
        """The derivation as a fragment of LaTeX, from a subset that KaTeX, MathJax and pdflatex all read.

        `forms` are the ways of writing each gradient that stand in front as results. The document says whether it is
        `verified`; a text says so in its own words.
        """
        from symbp.render.document import latex_document_fragment

        options = self._options(forms, language, layout)
        return latex_document_fragment(self.data, options, verified, self.point, self.checks, self._cost)

    def document(
        self, language: Language = "en", *forms: FormName, verified: bool | str | None = None,
        **layout: Unpack[Layout],
    ) -> str:
        """The same as a whole file: for pdflatex, in Chinese for xelatex."""
        from symbp.render.document import latex_document

        options = self._options(forms, language, layout)
        return latex_document(self.data, options, verified, self.point, self.checks, self._cost)

    def pdf(
        self, path: str | PathLike[str], *forms: FormName, verified: bool | str | None = None,
        language: Language = "en", **layout: Unpack[Layout],
    ) -> None:
        """Writes the same as PDF, whole or not at all. Raises SymbpError where no TeX is installed, or it fails."""
        from symbp.console import write_bytes
        from symbp.tex import pdf

        source = self.document(language, *forms, verified=verified, **layout)
        write_bytes(pdf(source, language), fspath(path))

    def markdown(
        self, *forms: FormName, verified: bool | str | None = None, language: Language = "en", **layout: Unpack[Layout],
    ) -> str:
        """The same as Markdown, for GitHub and notebooks."""
        from symbp.render.document import markdown_document

        options = self._options(forms, language, layout)
        return markdown_document(self.data, options, verified, self.point, self.checks, self._cost)

    def text(
        self, *forms: FormName, verified: bool | str | None = None, language: Language = "en", unicode: bool = True,
        **layout: Unpack[Layout],
    ) -> str:
        """The same for a terminal, with the letters of mathematics or in ASCII."""
        from symbp.render.document import text_document

        options = self._options(forms, language, layout, unicode)
        return text_document(self.data, options, verified, self.point, self.checks, self._cost)

    def json(self, *forms: FormName, verified: bool | str | None = None, language: Language = "en") -> str:
        """The same as data, schema 1: see docs/json.md."""
        from symbp.render.document import json_document

        options = self._options(forms, language, {})
        return json_document(self.data, options, verified, self.point, self.checks, self._cost)

    def verify(self, points: int = 2, seed: int = 0) -> Certificate:
        """Compares every form and both sides of every step with each other and with the forward model's numbers."""
        from symbp.verify import verify

        return verify(self.data, points=points, seed=seed)

    def check(self) -> Certificate:
        """A quick certificate at small sizes, and at the model's own for what holds there alone."""
        from symbp.verify import certify_quickly

        return certify_quickly(self.data)

    def cost(
        self, sizes: Mapping[str, int] | None = None, *, program: str = "named", primitives: Sequence[str] = (),
        sympy: bool = False,
    ) -> Costs:
        """What the gradients cost, written out and with everything computed once, at `sizes` or as formulas in them.

        `sizes` go before the model's own. `program` is the shared one that is looked at more closely, "named" or
        "minimal". `primitives` has "sigmoid" where it counts as one operation. With `sympy`, its own `diff` is counted
        beside. Raises ModelError for what isn't known.
        """
        from symbp.cost.report import cost_of
        from symbp.costs import Costs
        from symbp.settings import with_sizes

        given = with_sizes(self.data.model, sizes or {}).size_values
        return Costs(cost_of(self.data, given, program, tuple(primitives), sympy), self.notation)

    def with_costs(self, costs: Costs | None = None) -> Derivation:
        """The same, whose documents close with what the gradients cost: `costs`, or else what `cost` gives."""
        return replace(self, costs=costs or self.cost())

    def element_by_element(self) -> Derivation:
        """The same, with a step for each element of each gradient whose sizes have values, if they aren't too many."""
        from symbp.calculus.elements import with_elements

        return replace(self, data=with_elements(self.data))

    def __str__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from symbp.render.document import latex_results

        results = latex_results(self.data, Options(notation=self.notation))
        return {"text/plain": self.text(), "text/latex": results, "text/markdown": self.markdown()}


    def _options(
        self, forms: tuple[FormName, ...], language: Language, layout: Layout, unicode: bool = True
    ) -> Options:
        return _options(forms, language, layout, unicode, self.notation)


def _options(
    forms: tuple[FormName, ...], language: Language, layout: Layout, unicode: bool, notation: Notation
) -> Options:
    """Raises ModelError for what isn't known."""
    for form in forms:
        _among("form of a gradient", form, data.FORMS)
    _among("detail", layout.get("detail", "textbook"), DETAILS)
    _among("alignment", layout.get("align", "centre"), get_args(Align))
    return Options(
        forms, layout.get("detail", "textbook"), layout.get("reasons", True), known_language(language),
        layout.get("max_width"), layout.get("align") == "left", unicode, notation,
    )


def _among(what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ModelError(f"`{value}` is no {what}; there are: {', '.join(known)}")
