"""A reciprocal that has a name is not taken again: with r = 1/u, a u^−2 is a r²."""

from __future__ import annotations

from symbp.calculus.expression import Expr, Number, Power, number, power
from symbp.cost.ordering import in_order, reads
from symbp.cost.passes.lines import Names, Place, as_it_is, covers, whole_line
from symbp.cost.passes.sharing import Edits
from symbp.cost.passes.sites import Site, sites, wholes
from symbp.cost.program import Program


def reciprocals(program: Program) -> Program:
    """The program in which a line that says r = 1/u stands for every division by u."""
    homes: dict[Expr, Place] = {}
    for d in program.definitions:
        for site in wholes(d):
            found = _inverted(site.part)
            if found is not None and found[1] == 1:
                place = Place(site, found[0], as_it_is)
                homes.setdefault(place.key, place)
    if not homes:
        return program
    edits = Edits(Names(()))
    read = frozenset().union(*(reads(home.part) for home in homes.values()))
    for d in program.definitions:
        if read & reads(d.body):
            for site in sites(d):
                _read(site, homes, edits)
    if not edits.at:
        return program
    return program.with_definitions(in_order(edits.applied(program.definitions)))


def _inverted(e: Expr) -> tuple[Expr, int] | None:
    """u and n where the formula is u^−n."""
    match e:
        case Power(base, Number(n)) if n.denominator == 1 and n < 0 and not isinstance(base, Number):
            return base, -int(n)
        case _:
            return None


def _read(site: Site, homes: dict[Expr, Place], edits: Edits) -> None:
    found = _inverted(site.part)
    if found is None:
        return
    base, n = found
    place = Place(site, base, lambda read: power(read, number(n)))
    home = homes.get(place.key)
    if home is None or (home.target, home.path) == (place.target, place.path) or not edits.free(place):
        return
    line = whole_line(home)
    if line is not None and covers(home, place):
        edits.read(place, line, home)
