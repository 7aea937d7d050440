"""Certificates: every form of every gradient, and both sides of every step, against the forward model's numbers.

The oracle is a central difference of the forward model alone, in as many digits as it takes; see `numeric.ladder` for
how two values are told apart and `numeric.bench` for what is evaluated how.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from symbp.calculus.affine import Guard, Lookup
from symbp.calculus.derivation import Derivation
from symbp.calculus.expression import Access
from symbp.certificate import Certificate, Comparison, Place, TableRow
from symbp.claims import Claim, claims
from symbp.errors import SymbpError
from symbp.evaluate import box, spell
from symbp.numeric.arithmetic import FLOAT, Value
from symbp.numeric.bench import AtKink, Site
from symbp.numeric.instances import INSTANCES, instances_for
from symbp.numeric.ladder import FULL, QUICK, Outcome, Verdict, decide
from symbp.numeric.loops import Key, guard_holds
from symbp.numeric.points import Sampler
from symbp.numeric.sizes import Sizes, settings

ELEMENTS = 8
QUICK_ELEMENTS = 2
CHEAP = 1000
"""Elements of all arrays together up to which nothing is spared."""
TABLE_ROWS = 24
TABLE_STEP = 1e-5


@dataclass
class _Tally:
    """The worst outcome of a claim so far, and where it was."""

    verdict: Verdict = Verdict.AGREES
    error: float = 0.0
    where: str = ""
    elements: int = 0
    skipped: int = 0
    note: str = ""

    def add(self, outcome: Outcome, where: str) -> None:
        if not outcome.resolved:
            self.skipped += 1
            return
        self.elements += 1
        worse = _SEVERITY[outcome.verdict] > _SEVERITY[self.verdict]
        if worse or (outcome.verdict is self.verdict and outcome.error >= self.error):
            self.verdict, self.error, self.where = outcome.verdict, outcome.error, where

    def fail(self, error: SymbpError, where: str) -> None:
        self.elements += 1
        self.verdict, self.error, self.where, self.note = Verdict.DIFFERS, float("inf"), where, str(error)


_SEVERITY = {Verdict.PROVED: 0, Verdict.ABSENT: 0, Verdict.AGREES: 1, Verdict.UNDECIDED: 2, Verdict.DIFFERS: 3}


@dataclass(frozen=True)
class Effort:
    """How much is compared."""

    rungs: tuple[int, ...]
    elements: int
    sizes: int
    points: int
    table: bool = False


def verify(derivation: Derivation, *, points: int = 2, seed: int = 0) -> Certificate:
    """The full certificate: several sizes, `points` random points at each.

    Raises ModelError where no sizes or no points satisfy the model's requirements and assumptions.
    """
    return _certify(derivation, Effort(FULL, ELEMENTS, 99, points, table=True), seed)


def certify_quickly(derivation: Derivation, *, seed: int = 0) -> Certificate:
    """The short certificate of `derive`: one or two sizes, one point, a few elements of everything."""
    return _certify(derivation, Effort(QUICK, QUICK_ELEMENTS, 1, 1), seed)


def table(derivation: Derivation, *, seed: int = 0) -> tuple[TableRow, ...]:
    """The gradient check as courses teach it: each parameter's derived value beside a central difference."""
    sites = _sites(derivation, Effort(QUICK, QUICK_ELEMENTS, 1, 1), seed)
    return _table(derivation, next(iter(sites)))


def _certify(derivation: Derivation, effort: Effort, seed: int) -> Certificate:
    sites = list(_sites(derivation, effort, seed))
    comparisons = []
    for claim in claims(derivation):
        if claim.proved:
            comparisons.append(Comparison(claim.what, "", Verdict.PROVED, 0.0, 0))
            continue
        tally = _Tally()
        for site in (s for s in sites if claim.pinned.items() <= s.sizes.items()):
            _compare(claim, site, effort, seed, tally)
            if tally.verdict is Verdict.DIFFERS:
                break
        comparisons.append(_comparison(claim, tally))
    rows = _table(derivation, sites[0]) if effort.table else ()
    return Certificate(derivation.of, _places(sites), tuple(comparisons), rows, seed, effort.rungs[0])


def _comparison(claim: Claim, tally: _Tally) -> Comparison:
    verdict, note = tally.verdict, tally.note
    if tally.elements == 0:
        verdict = Verdict.UNDECIDED if tally.skipped else Verdict.ABSENT
        note = "only met at kinks, or where it is too small to tell" if tally.skipped else ""
    return Comparison(claim.what, tally.where, verdict, tally.error, tally.elements, tally.skipped, note)


def _sites(derivation: Derivation, effort: Effort, seed: int) -> Iterator[Site]:
    """Sizes times points; generic functions change from one to the next."""
    every = settings(derivation.model, derivation.pinned)
    chosen = every[: effort.sizes]
    if not any(derivation.pinned.items() <= s.items() for s in chosen):
        chosen += [s for s in every if derivation.pinned.items() <= s.items()][:1]
    functions = derivation.model.functions
    points = effort.points
    if functions and effort.sizes > 1:
        points = max(points, -(-len(INSTANCES) // len(chosen)))
    turn = 0
    for sizes in chosen:
        for point in range(points):
            random = Random(f"{seed} {sorted(sizes.items())} {point}")
            instances = instances_for(functions, turn)
            sampler = Sampler(derivation.model, sizes, instances)
            label = _place_label(sizes, point)
            yield Site(derivation, sizes, instances, sampler, sampler.draw(random, turn), label)
            turn += 1


def _place_label(sizes: Sizes, point: int) -> str:
    told = ", ".join(f"{s} = {v}" for s, v in sizes.items())
    return f"{told + ', ' if told else ''}point {point + 1}"


def _places(sites: list[Site]) -> tuple[Place, ...]:
    found: dict[tuple[tuple[str, int], ...], list[Site]] = {}
    for site in sites:
        found.setdefault(tuple(site.sizes.items()), []).append(site)
    return tuple(
        Place(dict(sizes), len(group), {f: _names_of(group, f) for f in sorted(group[0].instances)})
        for sizes, group in found.items()
    )


def _names_of(sites: list[Site], function: str) -> str:
    return "/".join(dict.fromkeys(s.instances[function].name for s in sites))


def _compare(claim: Claim, site: Site, effort: Effort, seed: int, tally: _Tally) -> None:
    for key in _elements(claim, site, _affordable(effort.elements, site), seed):
        where = f"{spell(claim.subject, key)}, {site.label}"

        def sides(digits: int, key: Key = key) -> tuple[Value, Value]:
            bench = site.at(digits)
            return claim.left(bench, key), claim.right(bench, key)

        try:
            tally.add(decide(sides, effort.rungs, claim.share, site.size), where)
        except AtKink:
            tally.skipped += 1
        except SymbpError as error:
            tally.fail(error, where)
        if tally.verdict is Verdict.DIFFERS:
            return


def _affordable(most: int, site: Site) -> int:
    """Fewer elements where the model is large even at the sizes chosen, because its extents are written as numbers."""
    return max(1, min(most, most * CHEAP // max(site.cost, 1)))


def _elements(claim: Claim, site: Site, most: int, seed: int) -> list[Key]:
    """The index tuples at which a claim is compared: all, or where they are many, some drawn by the seed."""
    names = tuple(i.name for i in claim.indices)
    keys = box(tuple(i.range for i in claim.indices), site.sizes, names)
    if len(keys) > most:
        Random(f"{seed} {claim.subject} {site.label}").shuffle(keys)
    found: list[Key] = []
    for key in keys:
        if _applies(claim, {**site.sizes, **dict(zip(names, key, strict=True))}, site):
            found.append(key)
            if len(found) == most:
                break
    return sorted(found)


def _applies(claim: Claim, values: Mapping[str, int], site: Site) -> bool:
    """Whether the claim's guards hold, and the quantities that it is about exist."""
    return all(_guard_holds(g, values, site) for g in claim.guards) and all(
        _exists(q, values, site) for q in claim.quantities
    )


def _exists(access: Access, values: Mapping[str, int], site: Site) -> bool:
    array = site.derivation.model.arrays.get(access.name)
    if array is None:
        return True
    return all(
        isinstance(s, Lookup) or a.lower.evaluate(site.sizes) <= s.evaluate(values) <= a.upper.evaluate(site.sizes)
        for s, a in zip(access.subscripts, array.axes, strict=True)
    )


def _guard_holds(guard: Guard, values: Mapping[str, int], site: Site) -> bool:
    e = guard.form.evaluate(values)
    if guard.lookup is not None:
        key = tuple(s.evaluate(values) for s in guard.lookup.subscripts)
        e = site.using(FLOAT).run.integer(guard.lookup.array, key) - e
    return guard_holds(guard, e)


# The table


def _table(derivation: Derivation, site: Site) -> tuple[TableRow, ...]:
    bench = site.using(FLOAT)
    rows = []
    for name, gradient in derivation.gradients.items():
        names = tuple(i.name for i in gradient.indices)
        for key in box(tuple(i.range for i in gradient.indices), site.sizes, names)[:TABLE_ROWS]:
            derived = float(bench.program.value(f"∂{name}", key))
            below, _, above = bench.central((derivation.of, ()), (name, key), TABLE_STEP)
            central = float((above - below) / (2 * TABLE_STEP))
            scale = max(abs(derived), abs(central))
            rows.append(TableRow(spell(name, key), derived, central, abs(derived - central) / scale if scale else 0.0))
    return tuple(rows)


__all__ = ["Certificate", "Comparison", "Verdict", "certify_quickly", "claims", "table", "verify"]
