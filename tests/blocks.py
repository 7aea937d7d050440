"""Building blocks of random models as text: each adds definitions to a draft and says which features it uses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Space:
    """A range of indices with two letters for it, and its bounds as text."""

    letters: tuple[str, str]
    lower: int
    upper: str

    @property
    def axis(self) -> str:
        return f"{self.lower}..{self.upper}"


@dataclass(frozen=True)
class Vector:
    """A defined or given array over one space. A bounded one has values between about −2 and 2."""

    name: str
    space: Space
    bounded: bool
    depth: int = 0
    given: bool = False


@dataclass
class Draft:
    """A file in the making, and the dice that make it."""

    dice: Random
    spaces: tuple[Space, ...]
    ranges: dict[str, str] = field(default_factory=dict)
    declarations: list[str] = field(default_factory=list)
    helpers: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    weights: dict[tuple[Space, Space], str] = field(default_factory=dict)
    reads: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def choose(self, options: Sequence[T]) -> T:
        return self.dice.choice(options)

    def chance(self) -> bool:
        return self.dice.random() < 0.5

    def name(self, stem: str) -> str:
        self.counts[stem] = self.counts.get(stem, 0) + 1
        return f"{stem}{self.counts[stem]}"

    def letter(self, space: Space, which: int | None = None) -> str:
        """One of a space's letters, declared by its first use."""
        letter = space.letters[self.dice.randrange(2) if which is None else which]
        self.ranges.setdefault(letter, space.axis)
        return letter

    def pair(self, one: Space, other: Space) -> tuple[str, str]:
        """A letter for each of two spaces, different ones."""
        first = self.letter(one)
        if one != other:
            return first, self.letter(other)
        return first, self.letter(one, 1 - one.letters.index(first))

    def own_letter(self, stem: str, axis: str) -> str:
        """A new letter for one definition's own range."""
        letter = self.name(stem)
        self.ranges[letter] = axis
        return letter

    def param(self, stem: str, *axes: str) -> str:
        name = self.name(stem)
        self.declarations.append(f"param {name}[{', '.join(axes)}]" if axes else f"param {name}")
        return name

    def define(self, stem: str, space: Space, body: str, letter: str, bounded: bool, depth: int) -> Vector:
        name = self.name(stem)
        self.lines.append(f"{name}[{letter}] = {body}")
        return Vector(name, space, bounded, depth)

    def at(self, v: Vector, subscript: str) -> str:
        """v[subscript], counted: two readers are a fan-out."""
        self.reads[v.name] = self.reads.get(v.name, 0) + 1
        if self.reads[v.name] > 1 and not v.given:
            self.tags.add("fan-out")
        return f"{v.name}[{subscript}]"

    def tame(self, v: Vector, subscript: str) -> str:
        """A value between about −2 and 2."""
        text = self.at(v, subscript)
        return text if v.bounded else f"{self.choose(('sin', 'tanh'))}({text})"


Block = Callable[[Draft, Vector], Vector]


def dense(d: Draft, u: Vector) -> Vector:
    """z_j = Σ_i W_ji u_i + b_j; the weights may be those of an earlier layer."""
    known = [j for i, j in d.weights if i == u.space]
    again = bool(known) and d.chance()
    space = d.choose(known if again else d.spaces)
    i, j = d.pair(u.space, space)
    key = u.space, space
    if again:
        weight = d.weights[key]
        d.tags.add("shared weights")
    else:
        weight = d.param("W", j, i)
        d.weights[key] = weight
    terms = f"sum({i}, {weight}[{j},{i}] * {d.at(u, i)})"
    if d.chance():
        bias = d.param("b", j)
        terms += f" {d.choose('+-')} {bias}[{j}]"
    return d.define("z", space, terms, j, False, u.depth + 1)


def tied(d: Draft, u: Vector) -> Vector:
    """There by W and back by its transpose."""
    space = d.choose(d.spaces)
    i, j = d.pair(u.space, space)
    weight = d.param("W", j, i)
    d.weights[u.space, space] = weight
    d.tags.add("shared weights")
    code = d.define("z", space, f"sum({i}, {weight}[{j},{i}] * {d.at(u, i)})", j, False, u.depth + 1)
    body = f"sum({j}, {weight}[{j},{i}] * tanh({d.at(code, j)}))"
    return d.define("z", u.space, body, i, False, u.depth + 2)


ACTIVATIONS = {
    "sigmoid": "sigmoid({x})", "tanh": "tanh({x})", "relu": "relu({x})", "leaky_relu": "leaky_relu({x})",
    "elu": "elu({x})", "softplus": "softplus({x})", "gelu": "gelu({x})", "silu": "silu({x})", "step": "step({x}) * {x}",
    "sin": "sin({x})", "cos": "cos({x})", "atan": "atan({x})", "erf": "erf({x})", "abs": "abs({x})",
    "sign": "sign({x}) * {x}", "exp": "exp({t})", "sinh": "sinh({t})", "cosh": "cosh({t})", "tan": "tan({t} / 2)",
    "log": "log(1 + {x}^2)", "sqrt": "sqrt(1 + {x}^2)", "asin": "asin({t} / 3)", "acos": "acos({t} / 3)",
}
"""Each built-in activation as a formula of x, or of a tame t where the domain or the size asks for it."""

BOUNDED = ("sigmoid", "tanh", "sin", "cos", "atan", "erf", "tan", "asin", "acos")


def activation(d: Draft, u: Vector) -> Vector:
    function = d.choose(tuple(ACTIVATIONS))
    d.tags.add(function)
    i = d.letter(u.space)
    template = ACTIVATIONS[function]
    argument = d.at(u, i)
    if "{t}" in template:
        argument = d.tame(u, i)
    body = template.format(x=argument, t=argument)
    return d.define("a", u.space, body, i, u.bounded or function in BOUNDED, u.depth + 1)


def power(d: Draft, u: Vector) -> Vector:
    i = d.letter(u.space)
    exponent = d.choose(("2", "3", "-1", "0.5", "-3/2"))
    d.tags.add("power")
    base = d.tame(u, i) if exponent in ("2", "3") else f"(1 + {d.at(u, i)}^2)"
    body = f"({base})^({exponent})" if exponent == "-3/2" else f"({base})^{exponent}"
    return d.define("q", u.space, body, i, False, u.depth + 1)


def residual(d: Draft, u: Vector) -> Vector:
    """r = u + a f(u): two ways into one node."""
    i = d.letter(u.space)
    body = f"{d.at(u, i)} {d.choose('+-')} {d.choose(('tanh', 'sigmoid', 'relu'))}({d.at(u, i)})"
    return d.define("r", u.space, body, i, False, u.depth + 1)


def gated(d: Draft, u: Vector) -> Vector:
    """A helper function of two arguments that sees a parameter."""
    i = d.letter(u.space)
    if not d.helpers:
        d.declarations.append("param kappa")
        d.helpers.append("gate(p, g) = p * sigmoid(kappa * g)")
    d.tags.add("helper")
    return d.define("g", u.space, f"gate({d.at(u, i)}, {d.at(u, i)} - 1)", i, False, u.depth + 1)


def generic(d: Draft, u: Vector) -> Vector:
    """A function declared without a body, of one argument or of two."""
    i = d.letter(u.space)
    d.tags.add("generic function")
    if d.chance():
        d.ranges.setdefault(i, u.space.axis)
        d.counts["f"] = 1
        return d.define("v", u.space, f"f({d.at(u, i)})", i, False, u.depth + 1)
    d.counts["phi"] = 1
    return d.define("v", u.space, f"phi({d.at(u, i)}, {d.at(u, i)})", i, False, u.depth + 1)


def extremum(d: Draft, u: Vector) -> Vector:
    """Elementwise max or min of two values."""
    i = d.letter(u.space)
    name = d.choose(("max", "min"))
    d.tags.add(f"elementwise {name}")
    other = d.choose(("0", "1/3", f"sin({d.at(u, i)})"))
    return d.define("e", u.space, f"{name}({d.at(u, i)}, {other})", i, u.bounded, u.depth + 1)


def quotient(d: Draft, u: Vector) -> Vector:
    i = d.letter(u.space)
    d.tags.add("quotient")
    return d.define("c", u.space, f"{d.at(u, i)} / (1 + {d.at(u, i)}^2)", i, True, u.depth + 1)


def softmax(d: Draft, u: Vector) -> Vector:
    i = d.letter(u.space)
    d.tags.add("softmax")
    return d.define("p", u.space, f"softmax({i}, {d.tame(u, i)})", i, True, u.depth + 1)


def attention(d: Draft, u: Vector) -> Vector:
    """o_i = Σ_k P_ik u_k with P a softmax under a mask."""
    i, k = d.pair(u.space, u.space)
    weight, score, mixed = d.param("M", i, k), d.name("S"), d.name("P")
    d.tags.update(("softmax", "masked softmax"))
    d.lines.append(f"{score}[{i},{k}] = tanh({weight}[{i},{k}] * {d.at(u, i)})")
    d.lines.append(f"{mixed}[{i},{k}] = softmax({k} if {k} <= {i}, {score}[{i},{k}])")
    return d.define("o", u.space, f"sum({k}, {mixed}[{i},{k}] * {d.at(u, k)})", i, u.bounded, u.depth + 1)


def centred(d: Draft, u: Vector) -> Vector:
    """u_i − mean u, by the mean's name or in place."""
    i, k = d.pair(u.space, u.space)
    d.tags.add("mean")
    body = f"{d.at(u, i)} - mean({k}, {d.at(u, k)})"
    return d.define("m", u.space, body, i, u.bounded, u.depth + 1)


def log_normalised(d: Draft, u: Vector) -> Vector:
    i, k = d.pair(u.space, u.space)
    d.tags.add("logsumexp")
    body = f"{d.tame(u, i)} - logsumexp({k}, {d.tame(u, k)})"
    return d.define("n", u.space, body, i, False, u.depth + 1)


def pooled(d: Draft, u: Vector) -> Vector:
    """m_j = max_i W_ji u_i, or min."""
    space = d.choose(d.spaces)
    i, j = d.pair(u.space, space)
    weight, kind = d.param("W", j, i), d.choose(("max", "min"))
    d.tags.add(kind)
    return d.define("m", space, f"{kind}({i}, {weight}[{j},{i}] * {d.at(u, i)})", j, False, u.depth + 1)


def producted(d: Draft, u: Vector) -> Vector:
    """Π over an index, the others' product in each entry's gradient."""
    i, k = d.pair(u.space, u.space)
    d.tags.add("prod")
    if d.chance():
        return d.define("y", u.space, f"prod({k}, {d.tame(u, k)}) + {d.at(u, i)}", i, False, u.depth + 1)
    d.tags.add("prod of the others")
    return d.define("y", u.space, f"prod({k} if {k} != {i}, {d.tame(u, k)})", i, False, u.depth + 1)


def diagonal(d: Draft, u: Vector) -> Vector:
    """D_ii u_i, and the rest of D used beside it."""
    i, k = d.pair(u.space, u.space)
    matrix = d.param("D", i, k)
    d.tags.add("diagonal")
    body = f"{matrix}[{i},{i}] * {d.at(u, i)}"
    if d.chance():
        body += f" + sum({k}, {matrix}[{i},{k}] * {matrix}[{k},{i}])"
        d.tags.add("repeated access")
    return d.define("d", u.space, body, i, False, u.depth + 1)


def neighbours(d: Draft, u: Vector) -> Vector:
    """u_i u_{i+1} + u_i, with 0 beyond the end."""
    i = d.letter(u.space)
    d.tags.add("repeated access")
    body = f"{d.at(u, i)} * pad({d.at(u, f'{i}+1')}, 0) + {d.at(u, i)}"
    return d.define("s", u.space, body, i, u.bounded, u.depth + 1)


def padded_convolution(d: Draft, u: Vector) -> Vector:
    """z_p = Σ_r K_r u_{stride·p + dilation·r − shift} + b, 0 outside (b keeps z off the kinks where all is outside)."""
    space = d.choose(d.spaces)
    p = d.letter(space)
    stride, dilation, width = d.choose((1, 2)), d.choose((1, 2)), d.choose((2, 3))
    kernel, bias, r = d.param("K", f"0..{width - 1}"), d.param("b"), "r"
    d.tags.add("padding")
    d.tags.update(t for t, n in (("stride", stride), ("dilation", dilation)) if n > 1)
    place = f"{_times(stride, p)}+{_times(dilation, r)}-{d.choose((1, 2))}"
    body = f"sum({r} in 0..{width - 1}, {kernel}[{r}] * pad({d.at(u, place)}, 0)) + {bias}"
    return d.define("z", space, body, p, False, u.depth + 1)


def _times(factor: int, letter: str) -> str:
    return letter if factor == 1 else f"{factor}*{letter}"


def strided_source(d: Draft, u: Vector) -> Vector:
    """z_p = Σ_r K_r X_{stride·p + dilation·r} + u_p over an image that is just large enough."""
    p = d.letter(u.space)
    stride, dilation, width = d.choose((1, 2, 3)), d.choose((1, 2)), d.choose((1, 2, 3))
    first, last = stride * u.space.lower, f"{_times(stride, u.space.upper)}+{dilation * (width - 1)}"
    if stride > 1 and not u.space.upper.isidentifier():
        size, offset = u.space.upper.split("-")
        last = f"{stride}*{size}-{stride * int(offset)}+{dilation * (width - 1)}"
    image, kernel = d.param("X", f"{first}..{last}"), d.param("K", f"0..{width - 1}")
    d.tags.update(t for t, n in (("stride", stride), ("dilation", dilation)) if n > 1)
    place = f"{_times(stride, p)}+{_times(dilation, 'r')}"
    body = f"sum(r in 0..{width - 1}, {kernel}[r] * {image}[{place}]) + {d.at(u, p)}"
    return d.define("z", u.space, body, p, False, u.depth + 1)


def split_cases(d: Draft, u: Vector) -> Vector:
    """A literal first case beside the general one, which reads the place before."""
    first = u.space.lower
    i = d.own_letter("i", f"{first + 1}..{u.space.upper}")
    name = d.name("k")
    d.tags.add("cases")
    d.lines.append(f"{name}[{first}] = {d.choose(('1/4', d.at(u, str(first))))}")
    d.lines.append(f"{name}[{i}] = {d.at(u, i)} * cos({d.at(u, f'{i}-1')})")
    return Vector(name, u.space, u.bounded, u.depth + 1)


def chosen_by_place(d: Draft, u: Vector) -> Vector:
    i = d.letter(u.space)
    condition = d.choose((f"{i} == {u.space.lower}", f"{i} <= 2", f"{i} != 1 and {i} < 4", f"{i} < {u.space.upper}"))
    d.tags.add("where on an index")
    body = f"where({condition}, sin({d.at(u, i)}), {d.at(u, i)} / 2)"
    return d.define("w", u.space, body, i, u.bounded, u.depth + 1)


def chosen_by_value(d: Draft, u: Vector) -> Vector:
    i = d.letter(u.space)
    d.tags.add("where on data")
    condition = d.choose((f"{d.at(u, i)} > 0", f"{d.at(u, i)} <= 1/5"))
    body = f"where({condition}, {d.at(u, i)}^2 / 2, -{d.at(u, i)})"
    return d.define("w", u.space, body, i, False, u.depth + 1)


def nested_sums(d: Draft, u: Vector) -> Vector:
    """Sums in sums, over letters that other definitions use for something else."""
    space = d.choose(d.spaces)
    i, k = d.pair(u.space, u.space)
    j = d.letter(space) if space != u.space else None
    weight = d.param("A", i, k)
    inner = f"sum({k}, {weight}[{i},{k}] * {d.at(u, k)})"
    d.tags.add("nested sums")
    first = d.define("t", u.space, inner, i, False, u.depth + 1)
    if j is None:
        body = f"{d.at(first, i)} * sum({k}, {d.at(u, k)} * {d.at(first, k)})"
        return d.define("t", u.space, body, i, False, u.depth + 2)
    outer = d.param("B", j, i)
    swapped = f"sum({k}, {outer}[{j},{k}] * tanh(sum({i}, {weight}[{k},{i}] * {d.at(first, i)})))"
    return d.define("t", space, swapped, j, False, u.depth + 2)


def double_sum(d: Draft, u: Vector) -> Vector:
    """Σ over two indices at once."""
    i, k = d.pair(u.space, u.space)
    weight = d.param("A", i, k)
    d.tags.add("double sum")
    scalar = d.name("s")
    d.lines.append(f"{scalar} = sum({i}, {k}, {d.at(u, i)} * {weight}[{i},{k}] * {d.at(u, k)})")
    return d.define("l", u.space, f"tanh({scalar}) * {d.at(u, i)}", i, u.bounded, u.depth + 1)


def recurrence(d: Draft, u: Vector) -> Vector:
    """h_t from h_{t−1}, or from h_{t−2} too; the last state is what goes on."""
    i, k = d.pair(u.space, u.space)
    lag, name = d.choose((1, 2)), d.name("h")
    d.tags.add(f"lag {lag}")
    t, last = ("t", "T") if lag == 1 else ("s", "N")
    d.ranges[t] = f"{lag}..{last}"
    weight = d.param("U", i, k)
    d.lines.append(f"{name}[0,{i}] = {d.choose(('0', d.at(u, i)))}")
    before = f"sum({k}, {weight}[{i},{k}] * {name}[{t}-1,{k}])"
    if lag == 2:
        rate = d.param("rho")
        d.lines.append(f"{name}[1,{i}] = {d.at(u, i)} / 2")
        before += f" + {rate} * {name}[{t}-2,{i}]"
    d.lines.append(f"{name}[{t},{i}] = tanh({before} + {d.at(u, i)})")
    return d.define("o", u.space, f"{name}[{last},{i}] + {d.at(u, i)}", i, False, u.depth + 1)


def coupled_recurrence(d: Draft, u: Vector) -> Vector:
    """A cell and a state, each from the other's past; the second may be written with its axes the other way round."""
    i, k = d.pair(u.space, u.space)
    cell, state, weight = d.name("c"), d.name("h"), d.param("U", i, k)
    d.ranges["t"] = "1..T"
    turned = d.chance()

    def at(place: str, letter: str) -> str:
        return f"{state}[{letter},{place}]" if turned else f"{state}[{place},{letter}]"

    d.tags.add("coupled recurrence")
    d.lines.append(f"{cell}[0,{i}] = 0")
    d.lines.append(f"{at('0', i)} = {d.choose(('0', d.tame(u, i)))}")
    gate = f"sigmoid(sum({k}, {weight}[{i},{k}] * {at('t-1', k)}))"
    d.lines.append(f"{cell}[t,{i}] = {gate} * {cell}[t-1,{i}] + {d.tame(u, i)}")
    d.lines.append(f"{at('t', i)} = tanh({cell}[t,{i}])")
    return d.define("o", u.space, f"sum(t, {at('t', i)}) * {d.at(u, i)}", i, False, u.depth + 1)


def deep(d: Draft, u: Vector) -> Vector:
    """A network of symbolic depth, read at its last layer."""
    i, k = d.pair(u.space, u.space)
    z, a = d.name("z"), d.name("a")
    d.ranges["l"] = "1..L"
    weight, bias = d.param("w", "l", i, k), d.param("b", "l", i)
    d.tags.add("symbolic depth")
    d.lines.append(f"{a}[0,{i}] = {d.at(u, i)}")
    d.lines.append(f"{z}[l,{i}] = sum({k}, {weight}[l,{i},{k}] * {a}[l-1,{k}]) + {bias}[l,{i}]")
    d.lines.append(f"{a}[l,{i}] = {d.choose(('tanh', 'sigmoid', 'relu'))}({z}[l,{i}])")
    return d.define("o", u.space, f"{a}[L,{i}]", i, False, u.depth + 1)


def gathered(d: Draft, u: Vector) -> Vector:
    """Rows of a table chosen by integers, or one entry of u chosen by a label."""
    i = d.letter(u.space)
    d.tags.add("gather")
    if d.chance():
        label = d.name("lab")
        d.declarations.append(f"input {label} in {u.space.axis}")
        return d.define("l", u.space, f"{d.at(u, label)} * {d.at(u, i)}", i, False, u.depth + 1)
    token, table = d.name("tok"), d.name("Emb")
    d.ranges.update({"y": "1..Y", "v": "1..V"})
    d.declarations += [f"input {token}[y] in 1..V", f"param {table}[v, {i}]"]
    return d.define("l", u.space, f"mean(y, {table}[{token}[y],{i}]) + {d.at(u, i)}", i, False, u.depth + 1)


def stopped(d: Draft, u: Vector) -> Vector:
    i = d.letter(u.space)
    d.tags.add("stop")
    return d.define("r", u.space, f"{d.at(u, i)} * stop({d.at(u, i)}) + {d.at(u, i)}", i, False, u.depth + 1)


def positions(d: Draft, u: Vector) -> Vector:
    """Indices and sizes as numbers."""
    i = d.letter(u.space)
    d.tags.add("positions")
    size = u.space.upper.partition("-")[0]
    return d.define("v", u.space, f"({i} + 1) * {d.at(u, i)} / sqrt({size})", i, False, u.depth + 1)


BLOCKS: tuple[Block, ...] = (
    *[activation] * 8, *[dense] * 4, tied, power, residual, gated, generic, extremum, quotient, softmax, attention,
    centred, log_normalised, pooled, producted, diagonal, neighbours, padded_convolution, strided_source, split_cases,
    chosen_by_place, chosen_by_value, nested_sums, double_sum, recurrence, coupled_recurrence, deep, gathered, stopped,
    positions,
)
