"""Certificates: every form of every gradient, and both sides of every step, against the forward model's numbers.

The oracle is a central difference of the forward model alone, in as many digits as it takes; see `numeric.ladder` for
how two values are told apart and `numeric.bench` for what is evaluated how.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from random import Random

from symbp.calculus.affine import Affine, Guard, Lookup, form_in_range, range_guards
from symbp.calculus.derivation import Derivation
from symbp.calculus.expression import Access
from symbp.calculus.sets import positive, sample
from symbp.certificate import Certificate, Comparison, TableRow
from symbp.claims import Claim, claims
from symbp.errors import DomainError, ModelError, Refused, SymbpError
from symbp.evaluate import box, spell
from symbp.numeric.arithmetic import FLOAT, Value
from symbp.numeric.bench import AtKink, Site
from symbp.numeric.closures import RELATIONS
from symbp.numeric.elements import drawn_tuples, first_tuples
from symbp.numeric.ladder import FULL, QUICK, Outcome, Verdict, decide
from symbp.numeric.loops import Key
from symbp.numeric.sites import CHEAP, Effort, Sites
from symbp.numeric.sizes import Sizes
from symbp.numeric.work import Costly, index_count

QUICK_EFFORT = Effort(QUICK, elements=2, sizes=1, points=1, work=2_000_000)
FULL_EFFORT = Effort(FULL, elements=8, sizes=99, points=2, work=6_000_000, table=True)
LISTED = 10_000
"""Index tuples up to which all are listed; of more, some are drawn."""
TRIES = 1_000
CLAIM_SHARE = 3
"""A claim at one place takes at most this share of the work that is left."""
TABLE_ROWS = 24
TABLE_STEP = 1e-5
TOO_COSTLY = "it takes too many operations"


@dataclass
class _Tally:
    """The worst outcome of a claim so far, and where it was."""

    claim: Claim
    verdict: Verdict = Verdict.AGREES
    error: float = 0.0
    where: str = ""
    elements: int = 0
    agreed: int = 0
    skipped_at: list[Site] = field(default_factory=list)
    """The place of each element that was skipped."""
    costly: bool = False
    note: str = ""
    possible: bool = True
    """Whether at some sizes there is something that it is about."""

    @property
    def unmet(self) -> bool:
        """Whether there was nothing to compare so far."""
        return not (self.claim.proved or self.elements or self.skipped_at or self.costly)

    @property
    def skipped_only(self) -> bool:
        return self.elements == 0 and bool(self.skipped_at)

    def add(self, outcome: Outcome, where: str) -> None:
        self.elements += 1
        self.agreed += outcome.verdict is Verdict.AGREES
        worse = _SEVERITY[outcome.verdict] > _SEVERITY[self.verdict]
        if worse or (outcome.verdict is self.verdict and outcome.error >= self.error):
            self.verdict, self.error, self.where = outcome.verdict, outcome.error, where

    def fail(self, error: SymbpError, where: str) -> None:
        self.elements += 1
        self.verdict, self.error, self.where, self.note = Verdict.DIFFERS, float("inf"), where, str(error)

    def comparison(self) -> Comparison:
        verdict, note = self.verdict, self.note
        if self.elements == 0:
            if self.skipped_at:
                verdict, note = Verdict.UNDECIDED, "only met at kinks, or where it is too small to tell"
            elif self.costly:
                verdict, note = Verdict.COSTLY, TOO_COSTLY
            else:
                verdict, note = (Verdict.UNMET, self.note) if self.possible else (Verdict.ABSENT, "")
        skipped = len(self.skipped_at)
        return Comparison(self.claim.what, self.where, verdict, self.error, self.elements, skipped, note, self.agreed)


_SEVERITY = {Verdict.AGREES: 1, Verdict.UNDECIDED: 2, Verdict.DIFFERS: 3}


def verify(derivation: Derivation, *, points: int = 2, seed: int = 0) -> Certificate:
    """The full certificate: several sizes, `points` random points at each.

    Raises ModelError where no sizes or no points satisfy the model's requirements and assumptions, or `points` is less
    than 1, and Refused where an evaluation of the model takes too much.
    """
    if points < 1:
        raise ModelError(f"a check takes at least 1 random point at each setting of the sizes, not {points}")
    certificate = _certify(derivation, replace(FULL_EFFORT, points=points), seed)
    if certificate.refused:
        raise Refused(f"this can't be checked: {certificate.refused}")
    return certificate


def certify_quickly(derivation: Derivation, *, seed: int = 0) -> Certificate:
    """The short certificate of `derive`: one or two sizes, one point, a few elements of everything.

    Where an evaluation of the model takes too much, nothing is compared, and the certificate says so.
    """
    return _certify(derivation, QUICK_EFFORT, seed)


def table(derivation: Derivation, *, seed: int = 0) -> tuple[TableRow, ...]:
    """The gradient check as courses teach it: each parameter's derived value beside a central difference.

    Raises Refused where an evaluation of the model takes too much.
    """
    try:
        sites = Sites(derivation, QUICK_EFFORT, seed)
        return _table(derivation, next(iter(sites)), sites.left)
    except Costly as costly:
        raise Refused(str(costly)) from None


def _certify(derivation: Derivation, effort: Effort, seed: int) -> Certificate:
    try:
        sites = Sites(derivation, effort, seed)
        first = next(rest := iter(sites))
    except Costly as costly:
        return Certificate(derivation.of, (), (), (), seed, effort.rungs[0], str(costly))
    rows = _table(derivation, first, sites.left // CLAIM_SHARE) if effort.table else ()
    tallies = [_Tally(claim) for claim in claims(derivation)]
    site: Site | None = first
    while site is not None:
        _visit(site, [t for t in tallies if t.claim.pinned.items() <= site.sizes.items()], sites)
        site.forget()
        try:
            site = next(rest, None) if sites.left else None
        except Costly:
            break
    for tally in tallies:
        if tally.skipped_only:
            for site in sites.further(tally.skipped_at[0]):
                _visit(site, [tally], sites)
                if not tally.skipped_only:
                    break
        elif tally.unmet:
            _seek(tally, tallies, sites)
    comparisons = tuple(
        Comparison(t.claim.what, "", Verdict.PROVED, 0.0, 0) if t.claim.proved else t.comparison() for t in tallies
    )
    return Certificate(derivation.of, sites.places(), comparisons, rows, seed, sites.effort.rungs[0])


def _seek(tally: _Tally, tallies: list[_Tally], sites: Sites) -> None:
    """Looks for sizes at which a claim is about something, and compares there what was compared nowhere.

    Where a claim depends on drawn integers as well, further points are drawn.
    """
    sizes = _inhabited_at(tally.claim, sites.derivation)
    if sizes is None:
        tally.possible = False
        return
    for site in sites.at(sizes):
        _visit(site, [t for t in tallies if t.unmet and t.claim.pinned.items() <= site.sizes.items()], sites)
        site.forget()
        if not tally.unmet:
            return


def _inhabited_at(claim: Claim, derivation: Derivation) -> Sizes | None:
    """Sizes at which there are indices that the claim is about; None where at no sizes there are."""
    model = derivation.model
    pins = tuple(Guard("eq", Affine.of(s) - v) for s, v in claim.pinned.items() if s in model.sizes)
    ranges = tuple(g for i in claim.indices for g in range_guards(i.name, i.range))
    existing = tuple(
        g
        for access in claim.quantities if access.name in model.arrays
        for s, axis in zip(access.subscripts, model.arrays[access.name].axes, strict=True) if isinstance(s, Affine)
        for g in form_in_range(s, axis)
    )
    guards = (*positive(model.sizes), *model.requirements, *pins, *ranges, *claim.guards, *existing)
    point = sample(guards)
    return None if point is None else {s: point.get(s, 1) for s in model.sizes}


def _visit(site: Site, tallies: list[_Tally], sites: Sites) -> None:
    """Compares at a place what hasn't failed and isn't proved, each claim with a share of the work that is left.

    Where the model is large even at the sizes chosen, as extents written out are, one element of everything comes
    before further ones of anything.
    """
    most = sites.effort.elements
    for chosen in (slice(most),) if site.cost <= CHEAP else (slice(1), slice(1, most)):
        for tally in tallies:
            if not sites.left:
                tally.costly = True
            elif not tally.claim.proved and tally.verdict is not Verdict.DIFFERS:
                site.meter.allow(sites.left // CLAIM_SHARE)
                try:
                    _compare(tally, site, _elements(tally.claim, site, most, sites.seed)[chosen], sites)
                except Costly:
                    tally.costly = True


def _compare(tally: _Tally, site: Site, keys: list[Key], sites: Sites) -> None:
    claim = tally.claim
    for key in keys:
        where = f"{spell(claim.subject, key)}, {site.label}"

        def sides(digits: int, key: Key = key) -> tuple[Value, Value]:
            bench = site.at(digits)
            return claim.left(bench, key), claim.right(bench, key)

        try:
            outcome = decide(sides, sites.effort.rungs, claim.share, site.size)
        except AtKink:
            tally.skipped_at.append(site)
        except Costly:
            raise
        except DomainError as error:
            if _where_conditions_fail(site):
                tally.skipped_at.append(site)
            else:
                tally.fail(error, where)
        except SymbpError as error:
            tally.fail(error, where)
        else:
            if outcome.resolved:
                tally.add(outcome, where)
            else:
                tally.skipped_at.append(site)
        if tally.verdict is Verdict.DIFFERS:
            return


def _where_conditions_fail(site: Site) -> bool:
    """Whether the point is at a kink, or not where the formulas hold, by the conditions that the derivation states."""
    bench = site.using(FLOAT)
    for condition in site.derivation.conditions:
        names = tuple(i.name for i in condition.indices)
        for key in first_tuples(condition.indices, site.sizes, LISTED):
            try:
                sides = bench.formula(condition.left, names, key), bench.formula(condition.right, names, key)
            except DomainError:
                return True
            except ModelError:
                continue
            if RELATIONS[condition.relation](*sides) == (condition.kind == "kink"):
                return True
    return False


def _elements(claim: Claim, site: Site, most: int, seed: int) -> list[Key]:
    """The index tuples at which a claim is compared: all, or where they are many, some drawn by the seed."""
    names = tuple(i.name for i in claim.indices)
    random = Random(f"{seed} {claim.subject} {site.label}")
    keys: Iterable[Key]
    if index_count(claim.indices, site.sizes) > LISTED:
        keys = drawn_tuples(claim.indices, site.sizes, random, TRIES)
    else:
        keys = box(tuple(i.range for i in claim.indices), site.sizes, names)
        if len(keys) > most:
            random.shuffle(keys)
    applying = (k for k in keys if _applies(claim, {**site.sizes, **dict(zip(names, k, strict=True))}, site))
    return sorted(islice(applying, most))


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
    return guard.holds_for(e)


# The table


def _table(derivation: Derivation, site: Site, work: int) -> tuple[TableRow, ...]:
    """The rows, as many as so much work makes."""
    rows: list[TableRow] = []
    site.meter.allow(work)
    with suppress(Costly):
        _fill(rows, derivation, site)
    return tuple(rows)


def _fill(rows: list[TableRow], derivation: Derivation, site: Site) -> None:
    bench = site.using(FLOAT)
    for name, gradient in derivation.gradients.items():
        for key in first_tuples(gradient.indices, site.sizes, TABLE_ROWS):
            derived = float(bench.program.value(f"∂{name}", key))
            below, _, above = bench.central((derivation.of, ()), (name, key), TABLE_STEP)
            central = float((above - below) / (2 * TABLE_STEP))
            scale = max(abs(derived), abs(central))
            rows.append(TableRow(spell(name, key), derived, central, abs(derived - central) / scale if scale else 0.0))


__all__ = ["Certificate", "Comparison", "Verdict", "certify_quickly", "claims", "table", "verify"]
