"""Random models in which the same parts stand under different conditions, some of which they need to have a value.

A part comes from a small pool, so that a model says it several times; the conditions are those of `where`, of sums and
of cases, or that another factor is 0. At the index values that a condition excludes a part may divide by 0 or read past
the end of its array.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

HEAD = """index i in 1..n, k in 1..n, l in 2..n
input x[i], y[i]
param w, v, A[i,k], c[i]
"""

TOTAL = (
    "log(3 + x[{i}]^2)", "exp(-x[{i}])", "sigmoid(w*x[{i}])", "(1 + y[{i}]^2)", "(2 + c[{i}]^2)", "sqrt(2 + c[{i}]^2)",
    "exp(x[{i}]*y[{i}])", "(w^2 + v^2 + 1)", "sigmoid(c[{i}] - y[{i}])", "1/(1 + exp(-c[{i}]))",
)
"""Parts that have a value everywhere, and never 0."""

ANY = (
    *TOTAL, "(x[{i}] - y[{i}])", "(y[{i}] - x[{i}])", "x[{i}]*y[{i}]*w", "c[{i}]*w*v", "c[{i}]", "w", "tanh(c[{i}])",
    "sum(k, A[{i},k]*y[k])", "max(k, A[{i},k]*y[k])", "max(k, x[k])", "min(k, -x[k])", "sum(k if k < {i}, c[k]*x[k])",
    "sum(k if k != {i}, c[k])", "where(x[{i}] > 0, c[{i}]*v, w*v)", "max(k if k >= {i}, c[k])",
    "prod(k if k != {i}, c[k])", "(1 - sigmoid(w*x[{i}]))", "relu(c[{i}] - y[{i}])",
)
"""Parts that have a value everywhere."""

SOMEWHERE = (
    ("x[{i}-1]", "{i} > 1"), ("c[{i}+1]*y[{i}]", "{i} < n"), ("w/x[{i}-1]", "{i} > 1"),
    ("sqrt({i} - 2)*c[{i}]", "{i} >= 2"), ("w/({i} - 1)", "{i} > 1"), ("1/({i} - 2)", "{i} != 2"),
    ("1/(n - {i})", "{i} < n"), ("sum(k if k < {i}, c[k])/x[{i}-1]", "{i} > 1"),
    ("log(x[{i}-2]^2 + 2)", "{i} > 2"), ("c[{i}]/exp(x[{i}-2])", "{i} > 2"), ("log({i} - 1)*v", "{i} >= 2"),
    ("c[{i}-1]*A[{i},{i}-1]", "{i} >= 2"), ("exp(c[{i}-2] - x[{i}])", "{i} > 2"), ("log(2 + y[{i}+1]^2)", "{i} < n"),
    ("sum(k if k < {i}, c[k]/x[{i}-1])", "{i} > 1"), ("max(k if k < {i}, c[k])", "{i} > 1"),
)
"""Parts that need a condition."""

CONDITIONS = ("{i} > 2", "{i} == 1", "{i} != 2", "{i} < n", "1 < {i} and {i} < n", "{i} >= 2", "x[{i}] > 0", "{i} > 1")


@dataclass
class _Draft:
    dice: Random
    total: list[str] = field(default_factory=list)
    anywhere: list[str] = field(default_factory=list)
    somewhere: list[tuple[str, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    defined: list[str] = field(default_factory=list)

    def any(self) -> str:
        return self.dice.choice(self.anywhere)

    def part(self, depth: int) -> str:
        """A formula that has a value everywhere."""
        if depth == 0:
            return self.dice.choice((self.any(), self.any(), self.dice.choice(self.total), self.guarded()))
        a, b = self.part(depth - 1), self.part(depth - 1)
        t = self.dice.choice(self.total)
        return self.dice.choice((
            f"({a} - {b})", f"{a}*{b}", f"{self.guarded()}*{a}", f"{self.guarded()}*{a}/{t}", f"{a}/{t}",
            f"({a} + {b})^2", f"{self.guarded()}*{a}*{b}", f"where({self.condition()}, {a}, {b})",
            f"(1 - {a})*{b}", f"-{a}*{t}", f"where({self.condition()}, {a}, 0)/{t}", f"{a}*(2*{b} - 1)",
        ))

    def guarded(self) -> str:
        """Something that needs a condition where that holds, or something else under a condition; 0 or 1 elsewhere."""
        part, needs = self.dice.choice((*self.somewhere, (self.any(), self.condition())))
        return f"where({needs}, {part}, {self.dice.choice(('0', '0', '0', '1', self.any()))})"

    def condition(self) -> str:
        return self.dice.choice(CONDITIONS)

    def define(self) -> None:
        name = f"a{len(self.defined)}"
        kind = self.dice.randrange(5)
        if kind == 0:
            start = self.dice.choice(self.total).format(i="1")
            self.lines += [f"{name}[1] = {start}", f"{name}[l] = {self.part(1).format(i='l')}"]
        elif kind == 1:
            start = self.dice.choice(("0", "1", "w", self.dice.choice(self.total).format(i="1")))
            times = self.dice.choice(self.total)
            step = self.dice.choice((f"*{times}", f"/4 - {self.part(0)}", f"*(-{times})"))
            self.lines += [f"{name}[1] = {start}", f"{name}[l] = {name}[l-1]{step.format(i='l')}"]
        else:
            self.lines.append(f"{name}[i] = {self.part(self.dice.choice((1, 1, 2))).format(i='i')}")
        self.defined.append(name)
        self.anywhere += [f"{name}[{{i}}]"] * 2
        self.somewhere.append((f"{name}[{{i}}-1]", "{i} > 1"))

    def loss(self) -> str:
        terms = [f"sum(i, {name}[i]*{self.any().format(i='i')})" for name in self.defined[-2:]]
        terms.append(self.dice.choice((
            f"sum(i if {self.dice.choice(CONDITIONS[:6]).format(i='i')}, {self.part(0).format(i='i')})",
            f"sum(i, ({self.defined[-1]}[i] - {self.part(0).format(i='i')})^2)",
            f"max(i, {self.defined[0]}[i])", self.any().format(i="1"),
            f"log({self.dice.choice(self.total).format(i='n')})",
        )))
        return f"loss E = {self.dice.choice((' + ', ' - ')).join(terms)}"


def rough_model(number: int) -> str:
    """The file of that number."""
    dice = Random(f"rough {number}")
    d = _Draft(dice, dice.sample(TOTAL, 2), dice.sample(ANY, 3), dice.sample(SOMEWHERE, 2))
    for _ in range(dice.randint(1, 3)):
        d.define()
    return HEAD + "\n".join([*d.lines, d.loss()]) + "\n"
