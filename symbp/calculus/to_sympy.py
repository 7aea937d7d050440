"""A formula as a SymPy expression, for people who go on in SymPy.

Arrays are real IndexedBases, scalars real Symbols, sizes positive integers and indices integers. A bound name occurs
nowhere else; equal sums are equal objects. Names reach SymPy as names of symbols, never as text to be read.

What SymPy has no word for: a max over indices is `maximum(Lambda(indices, body), (lower, upper), …)`, and likewise
`minimum`, `argmax` and `argmin`; ∂y/∂x with everything else held fixed is a symbol `∂y/∂x`, and dy/dx through every
path is one named `dy/dx`; f′ of a generic f is Subs(Derivative(f(xi), xi), xi, argument).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any

from symbp.calculus import sets
from symbp.calculus.affine import Affine, Guard, Index, Lookup, Subscript, range_guards
from symbp.calculus.expression import (
    Access,
    Add,
    Apply,
    Cases,
    Constant,
    Expr,
    Mul,
    Number,
    Partial,
    PartialKind,
    Position,
    Power,
    Reduce,
    Select,
    walk,
)
from symbp.calculus.functions import LEAK
from symbp.calculus.indices import canonical, free_symbols, substitute
from symbp.calculus.magnitude import depth_of
from symbp.calculus.model import Model, adjoint_base
from symbp.errors import Refused

if TYPE_CHECKING:
    import sympy as sp

DEEPEST = 150
"""Levels of nesting beyond which SymPy's own recursion is at risk."""

LARGEST_POWER = 4096
"""The largest exponent of a literal that is worked out."""


def to_sympy(e: Expr, model: Model) -> sp.Expr:
    """The formula in SymPy. Raises Refused for one that is nested too deeply for it."""
    if depth_of(e) > DEEPEST:
        raise Refused(f"nested deeper than SymPy can take (more than {DEEPEST} levels)")
    return _Converter(model, e).of(e)


class _Converter:
    """One conversion: the names given out so far, and the sums made so far."""

    def __init__(self, model: Model, whole: Expr) -> None:
        import sympy

        self.sp: Any = sympy
        self.model = model
        self.known = sets.positive(model.sizes)
        self.names: dict[str, str] = {}
        names_read = (n.name for n in walk(whole) if isinstance(n, Access))
        self.taken = {*model.arrays, *model.sizes, *model.functions, *names_read}
        self.sums: dict[Expr, Any] = {}
        self.places: list[Any] = []
        for s in free_symbols(whole):
            self.names[s] = s if s in model.sizes else self.unique(s)
            within = model.index_ranges.get(s)
            if within is not None and s not in model.sizes:
                self.known = (*self.known, *range_guards(s, within))

    def unique(self, name: str) -> str:
        """The index's letter where nothing else has it, else letter_1, letter_2, …"""
        letter = name.partition("#")[0]
        chosen, k = letter, 0
        while chosen in self.taken:
            k += 1
            chosen = f"{letter}_{k}"
        self.taken.add(chosen)
        return chosen

    def of(self, e: Expr) -> Any:
        sp = self.sp
        match e:
            case Number(value):
                return self.rational(value)
            case Constant():
                return sp.pi
            case Position(form):
                return self.form(form)
            case Access(name, subscripts):
                return self.element(self.label(name), subscripts)
            case Add(terms):
                return sp.Add(*(self.of(t) for t in terms))
            case Mul(factors):
                return sp.Mul(*(self.of(f) for f in factors))
            case Power(base, exponent):
                return self.power(base, exponent)
            case Apply(function, arguments, orders):
                return self.call(function, [self.of(a) for a in arguments], orders)
            case Reduce():
                return self.reduction(e)
            case Cases(branches):
                pairs = [(self.of(body), self.condition(guards)) for guards, body in branches]
                return sp.Piecewise(*pairs, (sp.S.Zero, True))
            case Select(relation, left, right, yes, no):
                holds = RELATIONS[relation](sp)(self.of(left), self.of(right))
                return sp.Piecewise((self.of(yes), holds), (self.of(no), True))
            case Partial(kind, of, wrt):
                sign = "∂" if kind is PartialKind.EDGE else "d"
                return self.element(f"{sign}{of.name}/{sign}{wrt.name}", (*of.subscripts, *wrt.subscripts))

    def rational(self, value: Fraction) -> Any:
        return self.sp.Rational(value.numerator, value.denominator)

    def symbol(self, name: str) -> Any:
        if name in self.model.sizes:
            return self.sp.Symbol(name, integer=True, positive=True)
        return self.sp.Symbol(self.names.get(name, name), integer=True)

    def form(self, form: Affine) -> Any:
        return self.sp.Add(*(c * self.symbol(s) for s, c in form.terms), form.constant)

    def subscript(self, s: Subscript) -> Any:
        return self.lookup(s) if isinstance(s, Lookup) else self.form(s)

    def lookup(self, lookup: Lookup) -> Any:
        if not lookup.subscripts:
            return self.sp.Symbol(lookup.array, integer=True)
        return self.sp.IndexedBase(lookup.array, integer=True)[tuple(self.form(s) for s in lookup.subscripts)]

    def label(self, name: str) -> str:
        """An adjoint ∂x is the total derivative dE/dx."""
        base = adjoint_base(name)
        return name if base is None else f"d{self.model.loss or 'L'}/d{self.label(base)}"

    def element(self, name: str, subscripts: Sequence[Subscript]) -> Any:
        if not subscripts:
            return self.sp.Symbol(name, real=True)
        return self.sp.IndexedBase(name, real=True)[tuple(self.subscript(s) for s in subscripts)]

    def power(self, base: Expr, exponent: Expr) -> Any:
        """base^exponent; a power of literals that would be a very long number stays as it is written."""
        b, n = self.of(base), self.of(exponent)
        long = b.is_number and n.is_number and not (n.is_Rational and max(abs(n.p), n.q) <= LARGEST_POWER)
        return self.sp.Pow(b, n, evaluate=not long)

    def call(self, function: str, x: list[Any], orders: tuple[int, ...]) -> Any:
        rule = FUNCTIONS.get(function)
        if rule is not None:
            return rule(self.sp, *x)
        if function == "stop":
            return stop_function()(*x)
        generic = self.sp.Function(function)
        if not any(orders):
            return generic(*x)
        while len(self.places) < len(x):
            self.places.append(self.sp.Symbol(self.unique("xi"), real=True))
        places = self.places[: len(x)]
        by = [(p, o) for p, o in zip(places, orders, strict=True) if o]
        return self.sp.Subs(self.sp.Derivative(generic(*places), *by), tuple(places), tuple(x))

    def reduction(self, e: Reduce) -> Any:
        key = canonical(e)
        if key not in self.sums:
            self.sums[key] = self.new_reduction(e)
        return self.sums[key]

    def new_reduction(self, e: Reduce) -> Any:
        sp = self.sp
        renaming: dict[str, Affine] = {}
        binders = []
        for b in e.binders:
            name = self.unique(b.name)
            binders.append(Index(name, b.range.substitute(renaming)))
            renaming[b.name] = Affine.of(name)
        guards = tuple(g.substitute(renaming) for g in e.guards)
        outside = self.known
        own = tuple(g for b in binders for g in range_guards(b.name, b.range))
        self.known = (*outside, *own, *guards)
        body = self.of(substitute(e.body, renaming))
        self.known = outside
        limits = [(self.symbol(b.name), self.form(b.range.lower), self.form(b.range.upper)) for b in binders]
        if guards:
            body = sp.Piecewise((body, self.condition(guards)), (NEUTRAL[e.kind](sp), True))
        if e.kind in ("sum", "prod"):
            return self.summed(sp.Sum if e.kind == "sum" else sp.Product, body, binders, limits, NEUTRAL[e.kind](sp))
        over = sp.Lambda(tuple(s for s, _, _ in limits), body)
        ranges = [sp.Tuple(low, high) for _, low, high in limits]
        component = [sp.Integer(e.component + 1)] if e.kind.startswith("arg") and len(binders) > 1 else []
        return sp.Function(LONG_NAMES.get(e.kind, e.kind))(over, *ranges, *component)

    def summed(self, kind: Any, body: Any, binders: Sequence[Index], limits: list[Any], neutral: Any) -> Any:
        """One Sum or Product over the limits, the first one outermost.

        SymPy counts a range from 5 to 1 backwards; here it is empty, which is said where it may happen.
        """
        known = self.known
        doubtful = []
        for b in binders:
            forward = Guard("ge", b.range.extent)
            doubtful.append(None if sets.implies(known, forward) else forward)
            known = (*known, *range_guards(b.name, b.range))
        pending: list[Any] = []
        for limit, condition in reversed(list(zip(limits, doubtful, strict=True))):
            pending.append(limit)
            if condition is not None:
                body = self.sp.Piecewise((kind(body, *pending), self.guard(condition)), (neutral, True))
                pending = []
        return kind(body, *pending) if pending else body

    def condition(self, guards: Sequence[Guard]) -> Any:
        return self.sp.And(*(self.guard(g) for g in guards))

    def guard(self, g: Guard) -> Any:
        sp = self.sp
        if g.lookup is not None:
            return (sp.Eq if g.kind == "eq" else sp.Ne)(self.lookup(g.lookup), self.form(g.form))
        if g.kind in ("divides", "not_divides"):
            rest = sp.Mod(self.form(g.form), g.modulus)
            return (sp.Eq if g.kind == "divides" else sp.Ne)(rest, 0)
        left = Affine.build({s: c for s, c in g.form.terms if c > 0}, max(g.form.constant, 0))
        relation = {"ge": sp.Ge, "eq": sp.Eq, "ne": sp.Ne}[g.kind]
        return relation(self.form(left), self.form(left - g.form))


@cache
def stop_function() -> Any:
    """stop(x) as a SymPy function: the value of x, with derivative 0."""
    import sympy as sp

    class stop(sp.Function):  # type: ignore[misc]  # noqa: N801
        nargs = 1

        def fdiff(self, argindex: int = 1) -> Any:
            return sp.S.Zero

        def doit(self, **hints: Any) -> Any:
            return self.args[0].doit(**hints)

        def _eval_evalf(self, prec: int) -> Any:
            return self.args[0]._eval_evalf(prec)

        def _eval_is_real(self) -> Any:
            return self.args[0].is_real

    return stop


LONG_NAMES = {"max": "maximum", "min": "minimum"}

NEUTRAL: dict[str, Callable[[Any], Any]] = {
    "sum": lambda sp: sp.S.Zero,
    "prod": lambda sp: sp.S.One,
    "max": lambda sp: sp.S.NegativeInfinity,
    "min": lambda sp: sp.S.Infinity,
    "argmax": lambda sp: sp.S.NegativeInfinity,
    "argmin": lambda sp: sp.S.Infinity,
}

RELATIONS: dict[str, Callable[[Any], Any]] = {
    "<": lambda sp: sp.Lt,
    "<=": lambda sp: sp.Le,
    ">": lambda sp: sp.Gt,
    ">=": lambda sp: sp.Ge,
    "==": lambda sp: sp.Eq,
    "!=": lambda sp: sp.Ne,
}


def _logistic(sp: Any, x: Any) -> Any:
    return 1 / (1 + sp.exp(-x))


def _where_positive(sp: Any, x: Any, yes: Any, no: Any) -> Any:
    return sp.Piecewise((yes, sp.Gt(x, 0)), (no, True))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{
        name: lambda sp, x, name=name: getattr(sp, name)(x)
        for name in (
            "exp", "log", "sqrt", "sign", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "erf",
        )
    },
    "abs": lambda sp, x: sp.Abs(x),
    "sigmoid": _logistic,
    "relu": lambda sp, x: sp.Max(0, x),
    "leaky_relu": lambda sp, x: _where_positive(sp, x, x, x * sp.Rational(LEAK.numerator, LEAK.denominator)),
    "elu": lambda sp, x: _where_positive(sp, x, x, sp.exp(x) - 1),
    "softplus": lambda sp, x: sp.log(1 + sp.exp(x)),
    "gelu": lambda sp, x: x * (1 + sp.erf(x / sp.sqrt(2))) / 2,
    "silu": lambda sp, x: x * _logistic(sp, x),
    "step": lambda sp, x: _where_positive(sp, x, sp.S.One, sp.S.Zero),
    "max": lambda sp, a, b: sp.Max(a, b, evaluate=False),
    "min": lambda sp, a, b: sp.Min(a, b, evaluate=False),
}
"""The built-in functions in SymPy's terms."""
