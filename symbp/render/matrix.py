r"""Formulas over whole arrays as LaTeX, Unicode and ASCII text, with brackets by how tightly each part holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from symbp.calculus.affine import Affine
from symbp.calculus.expression import MINUS_ONE, Access, Expr, Number, Position, Reduce, add
from symbp.calculus.matrix import (
    SCALAR,
    EntryPower,
    Entrywise,
    Hadamard,
    Literal,
    MatrixExpr,
    Ones,
    Product,
    Scaled,
    Slope,
    SquaredNorm,
    StackSum,
    Sum,
    Trace,
    Transposed,
    Whole,
    Zeros,
    parts,
)
from symbp.calculus.matrix_algebra import is_divisor
from symbp.render.blocks import Typeset
from symbp.render.conditions import print_form, print_subscript
from symbp.render.latex import LatexStyle
from symbp.render.printed import Level, Printed
from symbp.render.printer import Context, print_binders
from symbp.render.products import Segment, joined, quotient, with_coefficient
from symbp.render.ranges import narrowed
from symbp.render.style import Style
from symbp.render.templates import Template
from symbp.render.text import TextStyle


@dataclass(frozen=True)
class MatrixFormula(Typeset):
    """A formula over whole arrays at its place; `bold` sets the letters of vectors and matrices in bold."""

    matrix: MatrixExpr
    context: Context
    bold: bool = False

    def printed(self, style: Style) -> str:
        return print_matrix(self.matrix, self.context, style, self.bold).text


@dataclass(frozen=True)
class Sign(Typeset):
    """A sign of this algebra by itself: ⊙, ⊘, 𝟏 or ᵀ."""

    name: str

    def printed(self, style: Style) -> str:
        signs = signs_of(style)
        return {"times": signs.times, "over": signs.over, "ones": signs.ones, "top": signs.top}[self.name]


@dataclass(frozen=True)
class Signs:
    """How one notation writes this algebra's own signs."""

    times: str
    over: str
    ones: str
    top: str
    raised: str
    """What a transposed formula ends with."""
    trace: str


LATEX = Signs("\\odot", "\\oslash", "\\mathbf{1}", "\\top", "^{\\top}", "\\operatorname{tr}")
UNICODE = Signs("⊙", "⊘", "𝟏", "ᵀ", "ᵀ", "tr")
ASCII = Signs(".*", "./", "ones", ".T", ".T", "tr")


def signs_of(style: Style) -> Signs:
    if isinstance(style, LatexStyle):
        return LATEX
    return UNICODE if isinstance(style, TextStyle) and style.unicode else ASCII


def skeleton(m: MatrixExpr) -> Expr:
    """An indexed formula with the same free and bound letters: what a display chooses its letters by."""
    match m:
        case Whole(name, subscripts):
            return Access(name, tuple(s for s in subscripts if s is not None))
        case Literal(Affine() as form):
            return Position(form)
        case StackSum(over, body):
            return Reduce(over.kind, over.binders, over.guards, skeleton(body))
        case _:
            return add(skeleton(p) for p in parts(m))


def print_matrix(m: MatrixExpr, context: Context, style: Style, bold: bool = False) -> Printed:
    """The formula in a style's notation."""
    return _Printer(style, signs_of(style), bold).show(m, context)


@dataclass(frozen=True)
class _Printer:
    style: Style
    signs: Signs
    bold: bool

    def show(self, m: MatrixExpr, context: Context) -> Printed:
        match m:
            case Whole():
                return self._whole(m, context)
            case Slope(of, wrt):
                return self._slope(of, self._whole(wrt, context), context)
            case Literal(value):
                return self._literal(value, context)
            case Ones():
                return Printed(self.signs.ones)
            case Zeros():
                return Printed("0", numeric=True)
            case Transposed(of):
                return self._transposed(self.show(of, context))
            case Product(factors):
                return self._product([self._tight(f, context) for f in factors])
            case Hadamard(factors):
                return self._hadamard(factors, context)
            case Sum(terms):
                return self.style.sum([self.show(t, context) for t in terms])
            case Scaled():
                return self._scaled(m, context)
            case Entrywise():
                return self._entrywise(m, context)
            case EntryPower(base, exponent):
                return self._power(base, exponent, context)
            case SquaredNorm(of):
                return self._norm(self.show(of, context), of.shape[1] is not None)
            case Trace(of):
                inner = self.show(of, context)
                return Printed(self.signs.trace + self.style.bracket(inner), tall=inner.tall)
            case StackSum():
                return self._stack_sum(m, context)

    def _tight(self, m: MatrixExpr, context: Context) -> Printed:
        """A factor of a product of matrices, or of an entrywise one: other kinds of products stand in brackets."""
        shown = self.show(m, context)
        loose = isinstance(m, Product | Hadamard | Scaled | StackSum) or shown.level < Level.PRODUCT
        return Printed(self.style.bracket(shown), tall=shown.tall) if loose else shown

    def _slope(self, of: str, wrt: Printed, context: Context) -> Printed:
        if of == context.vocabulary.scalar:
            return self.style.differential(wrt)
        return self.style.partial(self.style.access(of, ()), wrt, False)

    def _product(self, factors: Sequence[Printed]) -> Printed:
        """Factors side by side; in ASCII with a sign between them."""
        if self.signs is not UNICODE:
            return joined(factors, self.style)
        *first, last = factors
        text = " ".join([*(self.style.shut(f).text for f in first), last.text])
        return Printed(text, Level.PRODUCT, open=last.open)

    def _whole(self, m: Whole, context: Context) -> Printed:
        style, kept = self.style, [p for p, s in enumerate(m.subscripts) if s is not None]
        subscripts = tuple(
            print_subscript(s, context.letters, style) for s in m.subscripts if s is not None
        )
        if not isinstance(style, LatexStyle):
            return style.access(m.name, subscripts)
        look = style.names.look(m.name)
        stem = bold_stem(look.stem) if self.bold and m.shape != SCALAR else look.stem
        if look.template is not None and look.template.arity == len(m.subscripts):
            text, raised = kept_groups(look.template, kept).fill(stem, subscripts)
        else:
            text, raised = replace(look, stem=stem, template=None).access(subscripts)
        return Printed(text, Level.POWER if raised else Level.ATOM)

    def _literal(self, value: Number | str | Affine, context: Context) -> Printed:
        match value:
            case Number(fraction):
                magnitude = self.style.rational(abs(fraction))
                return self.style.negative(magnitude) if fraction < 0 else magnitude
            case str():
                return Printed(self.style.name(value))
            case Affine():
                return print_form(value, context.letters, self.style)

    def _transposed(self, inner: Printed) -> Printed:
        base = inner.text if inner.level is Level.ATOM and not inner.open else self.style.bracket(inner)
        return Printed(base + self.signs.raised, Level.POWER, inner.tall)

    def _hadamard(self, factors: Sequence[MatrixExpr], context: Context) -> Printed:
        """a ⊙ b ⊘ c; a divisor that comes first divides 𝟏."""
        text, tall = "", False
        for place, factor in enumerate(factors):
            divides = is_divisor(factor)
            assert not divides or isinstance(factor, EntryPower)
            bare = factor.base if divides and isinstance(factor, EntryPower) else factor
            shown = self.style.shut(self._tight(bare, context))
            sign = self.signs.over if divides else self.signs.times
            tall = tall or shown.tall
            lead = (f"{self.signs.ones} {sign} " if divides else "") if not place else f" {sign} "
            text += lead + shown.text
        return Printed(text, Level.PRODUCT, tall)

    def _scaled(self, m: Scaled, context: Context) -> Printed:
        over = [self._scalar(s, context, alone=len(m.over) == 1 and bool(m.under)) for s in m.over]
        under = [self.show(s, context) for s in m.under]
        size = abs(m.coefficient.value)
        segments = with_coefficient([Segment(over, under)], size, self.style) if over or under else []
        front = [quotient(s, self.style) for s in segments]
        if not segments and (size != 1 or m.body is None):
            front = [self.style.rational(size)]
        body = [] if m.body is None else [self.show(m.body, context)]
        shown = joined([*front, *body], self.style)
        return self.style.negative(shown) if m.coefficient.value < 0 else shown

    def _scalar(self, m: MatrixExpr, context: Context, alone: bool) -> Printed:
        """A scalar factor; a product of vectors stands in brackets, except alone over a fraction's line."""
        shown = self.show(m, context)
        if not isinstance(m, Product | StackSum):
            return shown
        if alone and isinstance(self.style, LatexStyle) and len(shown.text) <= self.style.widest_part:
            return shown
        return self._tight(m, context)

    def _entrywise(self, m: Entrywise, context: Context) -> Printed:
        arguments = [self.show(a, context) for a in m.arguments]
        style = self.style
        if m.function == "sqrt":
            return style.root(arguments[0])
        if m.function == "step":
            return style.iverson([f"{arguments[0].text} {style.relation('>')} 0"])
        if isinstance(style, LatexStyle) and m.shape != SCALAR and m.function in PLAIN:
            inner = arguments[0]
            return Printed(PLAIN[m.function] + style.bracket(inner), tall=inner.tall)
        return style.call(m.function, arguments, m.orders)

    def _power(self, base: MatrixExpr, exponent: MatrixExpr, context: Context) -> Printed:
        if base.shape != SCALAR:
            if exponent == Literal(MINUS_ONE):
                return self._hadamard((EntryPower(base, exponent),), context)
            return self._raised(self._shut_base(base, context), self.show(exponent, context))
        shown = self.show(base, context)
        if exponent == Literal(MINUS_ONE):
            return self.style.fraction(None, shown)
        if exponent == Literal(Number(Fraction(1, 2))):
            return self.style.root(shown)
        return self.style.power(self.style.base(shown), self.show(exponent, context))

    def _shut_base(self, base: MatrixExpr, context: Context) -> str:
        shown = self.show(base, context)
        whole = shown.level is Level.ATOM and not shown.open
        return shown.text if whole else self.style.bracket(shown)

    def _raised(self, base: str, exponent: Printed) -> Printed:
        """x^{⊙2}; in ASCII x.^2."""
        if self.signs is ASCII:
            return Printed(f"{base}.^{self.style.base(exponent)}", Level.POWER)
        if self.signs is UNICODE:
            return Printed(f"{base}^⊙{self.style.base(exponent)}", Level.POWER)
        return Printed(f"{base}^{{\\odot {exponent.text}}}", Level.POWER, "\\left" in base)

    def _norm(self, inner: Printed, of_matrix: bool) -> Printed:
        if self.signs is ASCII:
            return Printed(f"norm{'_F' if of_matrix else ''}({inner.text})^2", Level.POWER)
        below = "_F" if of_matrix else ""
        if self.signs is UNICODE:
            return Printed(f"‖{inner.text}‖{below}^2", Level.POWER)
        opening, closing = ("\\left\\lVert ", "\\right\\rVert") if inner.tall else ("\\lVert ", "\\rVert")
        return Printed(f"{opening}{inner.text} {closing}{below}^2", Level.POWER, inner.tall)

    def _stack_sum(self, m: StackSum, context: Context) -> Printed:
        """Σ over layers or steps."""
        bound, guards = narrowed(m.over.binders, m.over.guards, context.ranges, context.vocabulary.sizes)
        inner = context.under(m.over, bound)
        body = self.show(m.body, inner)
        text = self.style.bracket(body) if body.level < Level.PRODUCT else body.text
        return self.style.reduction("sum", print_binders(bound, guards, inner, self.style), text, 0)


PLAIN = {"exp": "\\exp", "abs": "\\operatorname{abs}"}
"""Functions whose usual sign would mean something else of a vector."""


def bold_stem(stem: str) -> str:
    """A letter in bold, with an upright Δ before it where it is a step."""
    letter = stem.removeprefix(STEP)
    return stem.removesuffix(letter) + f"\\boldsymbol{{{letter}}}"


STEP = "\\Delta "
"""What the look of a step begins with."""


def kept_groups(template: Template, kept: Sequence[int]) -> Template:
    """The template for the subscripts that stay, with new numbers: w^l_jk of a whole layer is w^l."""
    renumbered = {axis: place for place, axis in enumerate(kept)}

    def group(own: tuple[int | str, ...]) -> tuple[int | str, ...]:
        left = tuple(renumbered.get(p, "") if isinstance(p, int) else p for p in own)
        numbered = any(isinstance(p, int) for p in own) and not any(isinstance(p, int) for p in left)
        return tuple(p for p in left if not isinstance(p, str) or (p.isalnum() if numbered else p != ""))

    return Template(template.base, group(template.above), group(template.below), len(kept))
