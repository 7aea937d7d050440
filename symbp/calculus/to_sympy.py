"""A formula as a SymPy expression, for people who go on in SymPy.

Arrays are real IndexedBases, scalars real Symbols, sizes positive integers and indices integers. A bound name occurs
nowhere else; equal sums are equal objects. Names reach SymPy as names of symbols, never as text to be read.

What SymPy has no word for is in `sympy_functions`: a max over indices is `maximum(Lambda(indices, body), (lower,
upper), …)`, a condition under a sum is a `where`. ∂y/∂x with everything else held fixed is a symbol `∂y/∂x`, and dy/dx
through every path is one named `dy/dx`; f′ of a generic f is Subs(Derivative(f(xi), xi), xi, argument).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
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
from symbp.calculus.functions import LEAK, is_marked, unmarked
from symbp.calculus.indices import canonical, free_symbols, substitute
from symbp.calculus.model import Model, adjoint_base
from symbp.calculus.operations import depth_of
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

        from symbp.calculus import sympy_functions

        self.sp: Any = sympy
        self.own: Any = sympy_functions
        self.inside = False
        self.model = model
        self.known = sets.positive(model.sizes)
        self.names: dict[str, str] = {}
        names_read = (n.name for n in walk(whole) if isinstance(n, Access))
        self.taken = {*model.arrays, *model.sizes, *model.functions, *names_read}
        self.sums: dict[tuple[Expr, bool], Any] = {}
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
                return self.access(name, subscripts)
            case Add(terms):
                return sp.Add(*(self.of(t) for t in terms))
            case Mul(factors):
                return sp.Mul(*(self.of(f) for f in factors))
            case Power(base, exponent):
                return self.power(base, exponent)
            case Apply() if is_marked(e):
                return self.of(unmarked(e))
            case Apply(function, arguments, orders):
                return self.call(function, [self.of(a) for a in arguments], orders)
            case Reduce():
                return self.reduction(e)
            case Cases(branches):
                return self.choice([(self.condition(guards), self.of(body)) for guards, body in branches], sp.S.Zero)
            case Select(relation, left, right, yes, no):
                holds = RELATIONS[relation](sp)(self.of(left), self.of(right))
                return self.choice([(holds, self.of(yes))], self.of(no))
            case Partial(kind, of, wrt):
                sign = "∂" if kind is PartialKind.EDGE else "d"
                return self.element(f"{sign}{of.name}/{sign}{wrt.name}", (*of.subscripts, *wrt.subscripts))

    def choice(self, branches: Sequence[tuple[Any, Any]], otherwise: Any) -> Any:
        """The first branch whose condition holds: a Piecewise, or nested `where`s under a bound index."""
        if not self.inside:
            return self.sp.Piecewise(*((body, condition) for condition, body in branches), (otherwise, True))
        for condition, body in reversed(branches):
            otherwise = self.own.where(condition, body, otherwise)
        return otherwise

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

    def access(self, name: str, subscripts: Sequence[Subscript]) -> Any:
        return self.element(self.label(name), subscripts)

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
            return rule(self, *x)
        if function == "stop":
            return self.own.stop(*x)
        generic = self.sp.Function(function)
        if not any(orders):
            return generic(*x)
        while len(self.places) < len(x):
            self.places.append(self.sp.Symbol(self.unique("xi"), real=True))
        places = self.places[: len(x)]
        by = [(p, o) for p, o in zip(places, orders, strict=True) if o]
        return self.sp.Subs(self.sp.Derivative(generic(*places), *by), tuple(places), tuple(x))

    def reduction(self, e: Reduce) -> Any:
        key = canonical(e), self.inside
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
        before, around = self.known, self.inside
        own = tuple(g for b in binders for g in range_guards(b.name, b.range))
        self.known, self.inside = (*before, *own, *guards), True
        neutral = NEUTRAL[e.kind](sp)
        body = self.of(substitute(e.body, renaming))
        if guards:
            body = self.choice([(self.condition(guards), body)], neutral)
        self.known, self.inside = before, around
        limits = [(self.symbol(b.name), self.form(b.range.lower), self.form(b.range.upper)) for b in binders]
        if e.kind in ("sum", "prod"):
            return self.summed(sp.Sum if e.kind == "sum" else sp.Product, body, binders, limits, neutral)
        over = sp.Lambda(tuple(s for s, _, _ in limits), body)
        ranges = [sp.Tuple(low, high) for _, low, high in limits]
        component = [sp.Integer(e.component + 1)] if e.kind.startswith("arg") and len(binders) > 1 else []
        extremum = {"max": self.own.maximum, "min": self.own.minimum, "argmax": self.own.argmax}
        return extremum.get(e.kind, self.own.argmin)(over, *ranges, *component)

    def summed(self, kind: Any, body: Any, binders: Sequence[Index], limits: list[Any], neutral: Any) -> Any:
        """One Sum or Product over the limits, the first one outermost.

        SymPy counts a range from 5 to 1 backwards; here it is empty, which is said where it may happen.
        """
        known, around = self.known, self.inside
        doubtful = []
        for b in binders:
            forward = Guard("ge", b.range.extent)
            doubtful.append(None if sets.implies(known, forward) else forward)
            known = (*known, *range_guards(b.name, b.range))
        pending: list[Any] = []
        for k in reversed(range(len(limits))):
            pending.append(limits[k])
            condition = doubtful[k]
            if condition is not None:
                self.inside = around or k > 0
                body = self.choice([(self.guard(condition), kind(body, *pending))], neutral)
                pending = []
        self.inside = around
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


class Elements(_Converter):
    """The elements of a model at given sizes, each in terms of inputs, from formulas in the order of dependence.

    While it works an input's element is a plain symbol, which SymPy differentiates by without asking whether 1 = 2.
    """

    def __init__(self, model: Model, program: Mapping[tuple[str, tuple[int, ...]], Expr]) -> None:
        super().__init__(model, Number(Fraction(0)))
        self.symbols: dict[Any, Any] = {}
        self.values: dict[tuple[str, tuple[int, ...]], Any] = {}
        for key, e in program.items():
            self.values[key] = self.of(e)

    def value(self, element: tuple[str, tuple[int, ...]]) -> Any:
        """The element in terms of inputs."""
        return self.values[element]

    def symbol_of(self, element: tuple[str, tuple[int, ...]]) -> Any:
        """What stands for an input's element."""
        name, key = element
        shown = super().access(name, tuple(Affine.of(k) for k in key))
        if not key:
            return shown
        stand_in = self.sp.Symbol(f"{name}{list(key)}", real=True)
        self.symbols[stand_in] = shown
        return stand_in

    def shown(self, e: Any) -> Any:
        """The expression with elements of IndexedBases."""
        return e.xreplace(self.symbols)

    def access(self, name: str, subscripts: Sequence[Subscript]) -> Any:
        key = tuple(s.constant for s in subscripts if isinstance(s, Affine))
        if len(key) < len(subscripts):
            return super().access(name, subscripts)
        return self.values[name, key] if (name, key) in self.values else self.symbol_of((name, key))


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


def _logistic(c: _Converter, x: Any) -> Any:
    return 1 / (1 + c.sp.exp(-x))


def _where_positive(c: _Converter, x: Any, yes: Any, no: Any) -> Any:
    return c.choice([(c.sp.Gt(x, 0), yes)], no)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{
        name: lambda c, x, name=name: getattr(c.sp, name)(x)
        for name in (
            "exp", "log", "sqrt", "sign", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "erf",
        )
    },
    "abs": lambda c, x: c.sp.Abs(x),
    "sigmoid": _logistic,
    "relu": lambda c, x: c.sp.Max(0, x),
    "leaky_relu": lambda c, x: _where_positive(c, x, x, x * c.sp.Rational(LEAK.numerator, LEAK.denominator)),
    "elu": lambda c, x: _where_positive(c, x, x, c.sp.exp(x) - 1),
    "softplus": lambda c, x: c.sp.log(1 + c.sp.exp(x)),
    "gelu": lambda c, x: x * (1 + c.sp.erf(x / c.sp.sqrt(2))) / 2,
    "silu": lambda c, x: x * _logistic(c, x),
    "step": lambda c, x: _where_positive(c, x, c.sp.S.One, c.sp.S.Zero),
    "max": lambda c, a, b: c.sp.Max(a, b, evaluate=False),
    "min": lambda c, a, b: c.sp.Min(a, b, evaluate=False),
}
"""The built-in functions in SymPy's terms."""
