"""The number of paths, beside a walk over single elements and beside the ways that a derivation lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from math import comb

import pytest

import symbp
from symbp.calculus.affine import Affine, Guard, Index, Lookup, Subscript
from symbp.calculus.derivation import Derivation
from symbp.calculus.differentiate import differentiate
from symbp.calculus.expression import Access, Cases, Expr, Reduce, children
from symbp.calculus.ways import path_count
from symbp.cost.paths import paths, paths_from
from symbp.errors import ModelError
from symbp.numeric.sizes import nearest
from tests.many_models import many_models

Element = tuple[str, tuple[int, ...]]
MODELS = many_models(random=60)


class Walk:
    """All edges between single elements, from the printed forward lines, and the paths along them one by one."""

    def __init__(self, derivation: Derivation, sizes: Mapping[str, int]) -> None:
        self.derivation = derivation
        self.sizes = dict(sizes)
        self.edges: dict[Element, set[Element]] = {}
        """What each element is read by."""
        for line in derivation.forward:
            for env in self.values(line.indices, self.sizes):
                if all(self.holds(g, env) for g in line.guards):
                    target = line.target.name, self.key(line.target.subscripts, env)
                    for read in self.reads(line.body, env):
                        self.edges.setdefault(read, set()).add(target)

    def values(self, indices: tuple[Index, ...], env: dict[str, int]) -> Iterator[dict[str, int]]:
        if not indices:
            yield env
            return
        within = indices[0].range
        for k in range(within.lower.evaluate(env), within.upper.evaluate(env) + 1):
            yield from self.values(indices[1:], {**env, indices[0].name: k})

    def key(self, subscripts: tuple[Subscript, ...], env: dict[str, int]) -> tuple[int, ...]:
        return tuple(s.evaluate(env) if isinstance(s, Affine) else self.looked_up(s, env) for s in subscripts)

    def holds(self, guard: Guard, env: dict[str, int]) -> bool:
        value = guard.form.evaluate(env)
        if guard.lookup is not None:
            value = self.looked_up(guard.lookup, env) - value
        return guard.holds_for(value)

    def looked_up(self, lookup: Lookup, env: dict[str, int]) -> int:
        """Integer inputs run through their values."""
        array = self.derivation.model.arrays[lookup.array]
        keys = product(*(range(a.lower.evaluate(env), a.upper.evaluate(env) + 1) for a in array.axes))
        place = list(keys).index(tuple(s.evaluate(env) for s in lookup.subscripts))
        assert array.values is not None
        low, high = array.values.lower.evaluate(env), array.values.upper.evaluate(env)
        return low + place % (high - low + 1)

    def reads(self, e: Expr, env: dict[str, int]) -> Iterator[Element]:
        match e:
            case Access(name, subscripts):
                yield name, self.key(subscripts, env)
            case Reduce(_, binders, guards, body):
                for inner in self.values(binders, env):
                    if all(self.holds(g, inner) for g in guards):
                        yield from self.reads(body, inner)
            case Cases(branches):
                for guards, body in branches:
                    if all(self.holds(g, env) for g in guards):
                        yield from self.reads(body, env)
                        break
            case _:
                for part in children(e):
                    yield from self.reads(part, env)

    def count(self, start: Element, most: int) -> int:
        """The walks from an element to the loss, each taken; stops at `most`."""
        found, stack = 0, [start]
        while stack and found <= most:
            at = stack.pop()
            if at[0] == self.derivation.of:
                found += 1
            stack.extend(self.edges.get(at, ()))
        return found


@pytest.mark.parametrize("name", MODELS)
def test_paths_are_those_that_can_be_walked(name: str) -> None:
    model = MODELS[name]
    derivation = differentiate(model)
    try:
        sizes = nearest(model, {s: 2 + k % 2 for k, s in enumerate(model.sizes)})
    except ModelError:
        sizes = dict(model.size_values)
    walk = Walk(derivation, sizes)
    found = paths_from(tuple(derivation.gradients), derivation, sizes)
    assert list(found) == list(derivation.gradients)
    for parameter, counted in found.items():
        if counted > 20_000:
            continue
        axes = model.arrays[parameter].axes
        keys = product(*(range(a.lower.evaluate(sizes), a.upper.evaluate(sizes) + 1) for a in axes))
        assert counted == sum(walk.count((parameter, key), 20_000) for key in keys), (name, parameter, sizes)


@pytest.mark.parametrize("name", MODELS)
def test_listed_ways_say_the_same(name: str) -> None:
    derivation = differentiate(MODELS[name])
    sizes = nearest(derivation.model, {s: 3 + k % 2 for k, s in enumerate(derivation.model.sizes)})
    found = paths_from(tuple(derivation.gradients), derivation, sizes)
    for ways in derivation.ways:
        axes = (range(i.range.lower.evaluate(sizes), i.range.upper.evaluate(sizes) + 1) for i in ways.indices)
        told = [path_count(ways, sizes, key) for key in product(*axes)]
        if None not in told:
            assert found[ways.parameter.name] == sum(n for n in told if n is not None)


DEEP = """
size L, n
index l in 1..L, i in 1..n, j in 1..n
input x[i]
param W[l,i,j]
a[0,i] = x[i]
a[l,i] = tanh(sum(j, W[l,i,j]*a[l-1,j]))
loss E = sum(i, a[L,i]^2)
"""


def test_paths_through_many_layers() -> None:
    """From W_lij through all of a_l+1, …, a_L: Σ_l n² n^(L−l)."""
    derivation = symbp.derive(DEEP).data
    assert paths(derivation, "W", {"L": 400, "n": 8}) == sum(8**2 * 8 ** (400 - k) for k in range(1, 401))


def test_paths_through_a_lattice() -> None:
    """Right or up on a grid, from its first row and column: binomials."""
    derivation = symbp.derive("""
size n
index i in 0..n, j in 0..n, k in 1..n
param x
g[i,0] = x
g[0,k] = x
g[i,j] = g[i-1,j]*g[i,j-1]
loss E = g[n,n]
""").data
    n = 12
    border = [comb(n - 1 + n - k, n - 1) for k in range(1, n + 1)]
    assert paths(derivation, "x", {"n": n}) == 2 * sum(border)


@pytest.mark.parametrize("name", [n for n in MODELS if not n.startswith("random")])
def test_paths_from_defined_names_are_those_that_can_be_walked(name: str) -> None:
    """From the loss to itself there is one, of no edges."""
    model = MODELS[name]
    sizes = nearest(model, {s: 2 + k % 2 for k, s in enumerate(model.sizes)})
    lines = differentiate(model).forward
    defined = {line.target.name: None for line in lines if "#" not in line.target.name}
    derivation = differentiate(model, None, tuple(defined))
    walk = Walk(derivation, sizes)
    for quantity, counted in paths_from(tuple(defined), derivation, sizes).items():
        if counted > 20_000:
            continue
        axes = model.arrays[quantity].axes
        keys = product(*(range(a.lower.evaluate(sizes), a.upper.evaluate(sizes) + 1) for a in axes))
        assert counted == sum(walk.count((quantity, key), 20_000) for key in keys), (name, quantity, sizes)
