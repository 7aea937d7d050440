"""Random models whose counts are hard: signs, literal elements, triangles, quotients, guards, several terms in a loss.

The blocks of `tests.blocks` with further ones among them, so that every construct of the language meets what counting
must not get wrong. Few blocks and small formulas: each model is written out whole.
"""

from __future__ import annotations

from random import Random

from tests.blocks import (
    BLOCKS,
    Block,
    Draft,
    Space,
    Vector,
    coupled_recurrence,
    deep,
    gathered,
    padded_convolution,
    pooled,
    producted,
    recurrence,
    strided_source,
)
from tests.strategies import LETTERS, SIZES, Drawn, _extras, _text, scaled

MOST_BLOCKS = 3


def triangle(d: Draft, u: Vector) -> Vector:
    """t_i = Σ_{k ≤ i} A_ik u_k, or k < i, or k ≠ i, or k = i; the first sum may be empty."""
    i, k = d.pair(u.space, u.space)
    weight, relation = d.param("A", i, k), d.choose(("<=", "<", ">", "!=", "=="))
    d.tags.add("triangle")
    body = f"sum({k} if {k} {relation} {i}, {weight}[{i},{k}] * {d.at(u, k)})"
    return d.define("t", u.space, f"{body}{d.choose(('', ' - 1', f' + {d.at(u, i)}'))}", i, False, u.depth + 1)


def double_triangle(d: Draft, u: Vector) -> Vector:
    """A sum over a triangle, in front of which a sign may stand, and a part that doesn't depend on the inner index."""
    i, k = d.pair(u.space, u.space)
    total = d.name("s")
    d.tags.add("triangle")
    body = f"sum({i}, {d.at(u, i)} * sum({k} if {k} < {i}, {d.at(u, k)} - {d.choose(('1', '2'))}))"
    d.lines.append(f"{total} = {d.choose(('', '-'))}{body}")
    return d.define("o", u.space, f"{total} / 2 + {d.at(u, i)}", i, False, u.depth + 1)


def signed(d: Draft, u: Vector) -> Vector:
    """Minus signs in front of sums, products, squares, quotients and functions."""
    i = d.letter(u.space)
    c = f"{d.param('c', i)}[{i}]"
    x = d.at(u, i)
    d.tags.add("signs")
    body = d.choose((
        f"-{x} - {c}", f"-({c} - {x})^2", f"({c} - {x}) * ({x} - {c})", f"-{c} * (-{x})", f"-3 * {x} - {c} / 4",
        f"exp(-({x})^2) - {c}", f"tanh(-{x}) * (-{c})", f"-({x} - 1)^3", f"sigmoid(-{x}) - sigmoid({x} - {c})",
        f"abs(-{c} - {x})", f"-max({x}, -{c})", f"({c} - {x})^2 - ({x} + 1)^2",
    ))
    return d.define("n", u.space, body, i, False, u.depth + 1)


def fraction(d: Draft, u: Vector) -> Vector:
    """Several things below the line, with nothing above it, with numbers, with powers."""
    i = d.letter(u.space)
    safe = f"(1 + {d.at(u, i)}^2)"
    c = f"{d.param('c', i)}[{i}]"
    d.tags.add("fraction")
    body = d.choose((
        f"1 / ({safe} * {safe})", f"{safe}^-2", f"{c} / {safe}^3", f"-2 / (3 * {safe})", f"1 / sqrt({safe})",
        f"{c} / sqrt({safe}) - 1 / {safe}", f"{safe}^-1 * {c}^2", f"2/3 * {c} / {safe} / 5", f"-{c} / {safe}^2",
    ))
    return d.define("f", u.space, body, i, True, u.depth + 1)


def literal_start(d: Draft, u: Vector) -> Vector:
    """A recurrence that begins with a literal number, through which ones and noughts go on."""
    i = d.letter(u.space)
    first = u.space.lower
    k = d.own_letter("i", f"{first + 1}..{u.space.upper}")
    name = d.name("k")
    d.tags.add("literal start")
    d.lines.append(f"{name}[{first}] = {d.choose(('0', '1', '-1', '2'))}")
    d.lines.append(f"{name}[{k}] = {d.choose(('', '-'))}{d.at(u, k)} * {name}[{k}-1]{d.choose(('', ' + 1'))}")
    return d.define("o", u.space, f"{name}[{i}] {d.choose('+-*')} {d.at(u, i)}", i, False, u.depth + 1)


def literal_cases(d: Draft, u: Vector) -> Vector:
    """Cases that are numbers, read in products, sums, functions and choices."""
    i = d.letter(u.space)
    x = d.at(u, i)
    d.tags.add("literal cases")
    one = f"where({i} == {u.space.lower}, {d.choose(('0', '1', '-1'))}, {x})"
    body = d.choose((
        f"{one} * {x}", f"{one} - {x}", f"exp({one})", f"{one}^2 + {x}", f"where({x} > 0, {one}, -1)",
        f"{x} / 2 - {one}",
    ))
    return d.define("w", u.space, body, i, False, u.depth + 1)


def nested_choice(d: Draft, u: Vector) -> Vector:
    """A maximum inside a formula, and choices between negative things."""
    i, k = d.pair(u.space, u.space)
    x, weight = d.at(u, i), d.param("A", k)
    d.tags.add("nested choice")
    body = d.choose((
        f"{x} - max({k}, {weight}[{k}] * {d.at(u, k)})", f"-min({k}, -{weight}[{k}]) * {x}",
        f"where({x} < -1/4, -{x}, {weight}[{i}] - {x})", f"max(-{x}, {weight}[{i}])",
        f"max({k}, -{d.at(u, k)}) + max({k}, {weight}[{k}])",
    ))
    if body.startswith("where"):
        d.tags.add("where on data")
    return d.define("e", u.space, body, i, False, u.depth + 1)


def grid(d: Draft, u: Vector) -> Vector:
    """A recurrence along two indices: a triangle of sums."""
    i, k = d.pair(u.space, u.space)
    first = u.space.lower
    p, q = d.own_letter("i", f"{first + 1}..{u.space.upper}"), d.own_letter("i", f"{first + 1}..{u.space.upper}")
    name, weight = d.name("G"), d.param("A", i, k)
    d.tags.add("grid")
    d.lines.append(f"{name}[{first},{k}] = {d.choose(('1', '0', d.at(u, k)))}")
    d.lines.append(f"{name}[{p},{first}] = {d.choose(('1', d.at(u, p)))}")
    d.lines.append(f"{name}[{p},{q}] = {name}[{p}-1,{q}] * {weight}[{p},{q}] + {name}[{p},{q}-1]")
    return d.define("o", u.space, f"sum({k}, {name}[{i},{k}]) / 4", i, False, u.depth + 1)


EXTRA: tuple[Block, ...] = (
    triangle, double_triangle, signed, signed, fraction, literal_start, literal_cases, nested_choice, nested_choice,
    grid, recurrence, coupled_recurrence, deep, gathered, padded_convolution, strided_source, pooled, producted,
)
TAGS = (
    "triangle", "signs", "fraction", "literal start", "literal cases", "nested choice", "grid", "several terms",
    "named error", "lag 1", "lag 2", "coupled recurrence", "symbolic depth", "stride", "dilation", "padding", "gather",
    "diagonal", "prod", "prod of the others", "max", "min", "elementwise max", "where on data", "where on an index",
    "stop", "positions", "generic function", "softmax", "masked softmax", "cases",
)
"""What several of the models have."""


def counting_example(number: int) -> Drawn:
    """The file of that number."""
    dice = Random(f"counting {number}")
    from_zero = dice.random() < 0.3
    spaces = tuple(
        Space(letters, 0, f"{size}-1") if from_zero else Space(letters, 1, size)
        for letters, size in zip(LETTERS, SIZES, strict=True)
    )
    d = Draft(dice, spaces)
    start = d.choose(spaces)
    d.declarations.append(f"{d.choose(('param', 'input'))} x[{d.letter(start)}]")
    value = Vector("x", start, bounded=False, given=True)
    for _ in range(dice.randint(1, MOST_BLOCKS)):
        value = d.choose(EXTRA if dice.random() < 0.65 else BLOCKS)(d, value)
    if not any(line.startswith("param") for line in d.declarations):
        value = scaled(d, value)
    closing = [_loss(d, value), *_extras(d)]
    return Drawn(_text(d, closing), tuple(sorted(d.tags)))


def _loss(d: Draft, u: Vector) -> str:
    """One to three terms."""
    i = d.letter(u.space)
    d.declarations.append(f"target goal[{i}]")
    terms = [
        f"1/2 * sum({i}, ({d.at(u, i)} - goal[{i}])^2)", f"sum({i}, goal[{i}] * {d.at(u, i)})",
        f"sum({i}, log(1 + exp(-{d.tame(u, i)})))", f"{d.at(u, str(u.space.lower))}^2 / 3",
        f"2 * sum({i}, goal[{i}]^2 * (goal[{i}] - {d.at(u, i)}))", f"sum({i}, goal[{i}] - {d.at(u, i)})^2",
    ]
    chosen = [d.choose(terms) for _ in range(d.choose((1, 1, 2, 3)))]
    if len(chosen) > 1:
        d.tags.add("several terms")
    text = d.choose(("", "-")) + chosen[0]
    return f"loss E = {text}" + "".join(f" {d.choose('+-')} {term}" for term in chosen[1:])
