"""Where a derivation is checked: sizes, random points at each, and further points where the first ones tell nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from random import Random

from symbp.calculus.derivation import Derivation
from symbp.certificate import Place
from symbp.errors import ModelError
from symbp.numeric.bench import Site
from symbp.numeric.instances import INSTANCES, instances_for
from symbp.numeric.ladder import QUICK
from symbp.numeric.points import Sampler
from symbp.numeric.sizes import Sizes, settings
from symbp.numeric.work import Costly, Meter, counted, model_work

FURTHER = 3
"""Points that are drawn besides, at the same sizes, where every element of a claim is at a kink or too small."""
CHEAP = 30_000
"""Work of one evaluation up to which nothing is spared."""
SHARE = 10
"""An evaluation of the model takes at most this share of all the work that may be done."""


@dataclass(frozen=True)
class Effort:
    """How much is compared."""

    rungs: tuple[int, ...]
    elements: int
    sizes: int
    points: int
    work: int
    """What all evaluations together may take, in the units of `numeric.work`."""
    table: bool = False


class Sites:
    """The places of one verification, one after the other, and what they cost on one meter.

    Raises Costly where an evaluation of the model alone takes too much at all of the sizes, and ModelError where no
    sizes or no points satisfy the model's requirements and assumptions.
    """

    def __init__(self, derivation: Derivation, effort: Effort, seed: int) -> None:
        self.derivation = derivation
        self.effort = effort
        self.seed = seed
        self.meter = Meter()
        self._chosen = self._affordable()
        if max(model_work(derivation.model, s) for s in self._chosen) > CHEAP:
            self.effort = replace(effort, rungs=QUICK)
        self._further: dict[str, list[Site]] = {}
        self._used: list[Site] = []
        self._turn = 0

    @property
    def left(self) -> int:
        """The work that may still be done."""
        return max(self.effort.work - self.meter.spent, 0)

    def __iter__(self) -> Iterator[Site]:
        """Sizes times points; generic functions change from one to the next."""
        functions = self.derivation.model.functions
        points = self.effort.points
        if functions and self.effort.sizes > 1:
            points = max(points, -(-len(INSTANCES) // len(self._chosen)))
        for sizes in self._chosen:
            for point in range(points):
                yield self._drawn(sizes, point)

    def further(self, site: Site) -> Iterator[Site]:
        """More points at a site's sizes, as many as there are."""
        return self.at(site.sizes)

    def at(self, sizes: Sizes) -> Iterator[Site]:
        """Points at such sizes that none were drawn at before, as many as there are; none where one takes too much."""
        if model_work(self.derivation.model, sizes) > self.effort.work // SHARE:
            return
        label = _label(sizes)
        known = self._further.setdefault(label, [])
        for number in range(FURTHER):
            if number == len(known):
                try:
                    known.append(self._drawn(sizes, self._points_at(sizes)))
                except (Costly, ModelError):
                    return
            yield known[number]

    def places(self) -> tuple[Place, ...]:
        """Where values were compared."""
        found: dict[tuple[tuple[str, int], ...], list[Site]] = {}
        for site in self._used:
            found.setdefault(tuple(site.sizes.items()), []).append(site)
        return tuple(
            Place(dict(sizes), len(group), {f: _names_of(group, f) for f in sorted(group[0].instances)})
            for sizes, group in found.items()
        )

    def _affordable(self) -> list[Sizes]:
        """The sizes to try, of those at which an evaluation doesn't take too much; with the pinned sizes among them."""
        model, pinned = self.derivation.model, self.derivation.pinned
        every = settings(model, pinned)
        works = [model_work(model, sizes) for sizes in every]
        limit = self.effort.work // SHARE
        if min(works) > limit:
            raise Costly(
                f"one evaluation of {self.derivation.of} takes about {counted(min(works))} operations, "
                f"and a check no more than {counted(limit)} for one"
            )
        every = [sizes for sizes, work in zip(every, works, strict=True) if work <= limit]
        chosen = every[: self.effort.sizes]
        if not any(pinned.items() <= s.items() for s in chosen):
            chosen += [s for s in every if pinned.items() <= s.items()][:1]
        return chosen

    def _drawn(self, sizes: Sizes, point: int) -> Site:
        """A site at a random point, the forward values worked out."""
        random = Random(f"{self.seed} {sorted(sizes.items())} {point}")
        instances = instances_for(self.derivation.model.functions, self._turn)
        sampler = Sampler(self.derivation.model, sizes, instances, self.meter)
        self.meter.allow(self.left)
        told = _label(sizes)
        label = f"{told + ', ' if told else ''}point {point + 1}"
        drawn = sampler.draw(random, self._turn)
        site = Site(self.derivation, sizes, instances, sampler, drawn, label, self.meter)
        site.settle(self.effort.rungs[0])
        self._turn += 1
        self._used.append(site)
        return site

    def _points_at(self, sizes: Sizes) -> int:
        return sum(site.sizes == sizes for site in self._used)


def _label(sizes: Sizes) -> str:
    return ", ".join(f"{s} = {v}" for s, v in sizes.items())


def _names_of(sites: Iterable[Site], function: str) -> str:
    return "/".join(dict.fromkeys(s.instances[function].name for s in sites))
