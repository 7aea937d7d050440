"""Random models as text, valid by construction, with the features that each one uses."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st

from tests.blocks import ACTIVATIONS, BLOCKS, Draft, Space, Vector

FEATURES = (
    *(f"depth {k}" for k in range(1, 6)),
    "fan-out", "shared weights", "stride", "dilation", "padding", "diagonal", "repeated access", "cases", "lag 1",
    "lag 2", "coupled recurrence", "gather", "prod", "prod of the others", "max", "min", "elementwise max",
    "elementwise min", "where on an index", "where on data", "nested sums", "double sum", "mean", "softmax",
    "masked softmax", "logsumexp", "helper", "generic function", "symbolic depth", "power", "quotient", "stop",
    "positions", "squared loss", "cross-entropy", "linear loss", "update", "named error", "from zero",
    *ACTIVATIONS,
)
"""Every tag that a drawn model can carry."""


@dataclass(frozen=True)
class Drawn:
    """A file's text, and the features that it uses in the order of FEATURES."""

    text: str
    tags: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Drawn({', '.join(self.tags)}):\n{self.text}"


LETTERS = (("i", "k"), ("j", "q"))
SIZES = ("n", "m")


MOST_BLOCKS = 5


def models(most: int = MOST_BLOCKS) -> st.SearchStrategy[Drawn]:
    """Files with one to `most` blocks between the input and the loss; fewer blocks are simpler."""
    return st.builds(example, st.integers(0, 2**32 - 1), st.integers(1, most))


def example(number: int, blocks: int | None = None) -> Drawn:
    """The file of that number: the same on every machine. Fewer blocks leave the first ones as they are."""
    dice = Random(number)
    count = dice.randint(1, MOST_BLOCKS)
    from_zero = dice.random() < 0.5
    spaces = tuple(
        Space(letters, 0, f"{size}-1") if from_zero else Space(letters, 1, size)
        for letters, size in zip(LETTERS, SIZES, strict=True)
    )
    d = Draft(dice, spaces)
    if from_zero:
        d.tags.add("from zero")
    start = d.choose(spaces)
    d.declarations.append(f"{d.choose(('param', 'input'))} x[{d.letter(start)}]")
    value = Vector("x", start, bounded=False, given=True)
    for _ in range(count if blocks is None else blocks):
        value = d.choose(BLOCKS)(d, value)
    d.tags.add(f"depth {min(value.depth, 5)}")
    if not any(line.startswith("param") for line in d.declarations):
        value = scaled(d, value)
    closing = [_loss(d, value), *_extras(d)]
    return Drawn(_text(d, closing), tuple(t for t in FEATURES if t in d.tags))


def scaled(d: Draft, u: Vector) -> Vector:
    """A parameter for each entry, so that there is something to differentiate by."""
    i = d.letter(u.space)
    weight = d.param("c", i)
    return d.define("u", u.space, f"{weight}[{i}] * {d.at(u, i)}", i, False, u.depth)


def _loss(d: Draft, u: Vector) -> str:
    i = d.letter(u.space)
    kind = d.choose(("squared loss", "cross-entropy", "linear loss"))
    d.tags.add(kind)
    if kind == "linear loss":
        return f"loss E = sum({i}, {d.at(u, i)})"
    d.declarations.append(f"target goal[{i}]")
    if kind == "squared loss":
        return f"loss E = 1/2 * sum({i}, ({d.at(u, i)} - goal[{i}])^2)"
    d.lines.append(f"prob[{i}] = softmax({i}, {d.tame(u, i)})")
    d.tags.add("softmax")
    fact = [f"assume sum({i}, goal[{i}]) = 1"] if d.chance() else []
    return "\n".join([*fact, f"loss E = -sum({i}, goal[{i}] * log(prob[{i}]))"])


def _extras(d: Draft) -> list[str]:
    """An update rule, and a letter for an error term, or neither."""
    extras = []
    if d.chance():
        d.tags.add("update")
        extras.append("update eta")
    named = [line.partition(" = ")[0] for line in d.lines]
    named = [t for t in named if t.partition("[")[2].removesuffix("]").isalpha()]
    if named and d.chance():
        target = d.choose(named)
        subscripts = target.partition("[")[2]
        d.tags.add("named error")
        extras.append(f"name err[{subscripts} = {d.choose(('', '-'))}grad({target})")
    return extras


def _text(d: Draft, closing: list[str]) -> str:
    ranges = ", ".join(f"{letter} in {axis}" for letter, axis in d.ranges.items())
    functions = [line for stem, line in (("f", "function f(z)"), ("phi", "function phi(a, b)")) if stem in d.counts]
    lines = [f"index {ranges}", *functions, *d.declarations, *d.helpers, "", *d.lines, *closing]
    return "\n".join(lines) + "\n"


def coverage(count: int) -> Counter[str]:
    """How many of the first `count` examples carry each feature."""
    return Counter(tag for number in range(count) for tag in example(number).tags)
