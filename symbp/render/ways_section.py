"""The paths from each parameter to what is differentiated, and how many they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from symbp.calculus.affine import Affine, Index
from symbp.calculus.derivation import Refusal, Station, Way, Ways
from symbp.calculus.expression import Access, Expr, Position, multiply
from symbp.calculus.indices import substitute
from symbp.render.blocks import Block, Formula, Items, Paragraph, Sentence, Typeset, Where
from symbp.render.lines import Lines
from symbp.render.printer import Context, print_expression
from symbp.render.prose import Prose
from symbp.render.ranges import few_values
from symbp.render.style import Style

MOST_PRODUCTS = 3
"""Ways of one parameter up to which their products are written out."""


@dataclass(frozen=True)
class Arrows(Typeset):
    """w → β → ŷ → E; a quantity that is reached at many places stands as {β₁, …, β_l}.

    Of the indices in `each` one value is taken throughout.
    """

    stations: tuple[Station, ...]
    context: Context
    each: tuple[Index, ...] = ()

    def printed(self, style: Style) -> str:
        return style.arrows([self._station(s, style) for s in self.stations])

    def _station(self, station: Station, style: Style) -> str:
        each = {i.name for i in self.each}
        summed = [i for i in station.summed if i.name not in each]
        if len(summed) == 1:
            (index,) = summed
            numbers = few_values(index.range)
            places = tuple(map(Affine.of, numbers)) if numbers else (index.range.lower, index.range.upper)
            members = [print_expression(self._at(station.access, index, p), self.context, style).text for p in places]
            return style.members(members, not numbers)
        shown = print_expression(station.access, self.context, style).text
        return style.members([shown], False) if summed else shown

    def _at(self, access: Access, index: Index, value: Affine) -> Expr:
        return substitute(access, {index.name: value})


def ways(lines: Lines, prose: Prose) -> Iterator[Block]:
    """A line of arrows for each way, and what a branch means where there is one."""
    found = lines.derivation.ways
    if found:
        listed = tuple(line for w in found if w.ways for line in _lines_of(lines, prose, w))
        if listed:
            yield Items(listed)
        long = [lines.formula(w.indices, w.parameter) for w in found if w.left_out and not w.ways]
        if long:
            yield Paragraph(prose.say("ways.long", parameters=prose.listed(long)))
    if any(branches(w) for w in found):
        yield Paragraph(prose.say("ways.branches"))
    yield from _sum_over_paths(lines, prose)


def branches(found: Ways) -> bool:
    """Whether some quantity on the ways feeds several others."""
    return len(found.ways) > 1 or any(s.summed for way in found.ways for s in way.stations)


def _sum_over_paths(lines: Lines, prose: Prose) -> Iterator[Block]:
    """Of the first parameter with paths that an index tells apart: a product of partials for each, added up."""
    for w in lines.derivation.ways:
        told = not w.left_out and len(w.ways) <= MOST_PRODUCTS and not any(way.again for way in w.ways)
        gradient = lines.derivation.gradients[w.parameter.name]
        chain = gradient.forms.get("chain") if told and any(way.running for way in w.ways) else None
        if chain is not None and not isinstance(chain, Refusal):
            partial = lines.partial(gradient)
            yield Paragraph(prose.say("ways.sum", partial=lines.formula(gradient.indices, partial)))
            yield lines.display(gradient.indices, partial, chain)
            return


def _lines_of(lines: Lines, prose: Prose, found: Ways) -> Iterator[Sentence]:
    for way in found.ways:
        context = lines.vocabulary.display((*found.indices, *way.running))
        count = _count(lines, prose, way, found.indices)
        steps = _steps(way)
        if steps:
            count = _on_for_each(prose, way, steps, context) if way.again else _over(prose, count, steps, context)
        elif way.guards:
            where = Where(way.guards, context)
            each = [Formula(Position(Affine.of(i.name)), context) for i in way.running]
            key = "ways.each" if each and way.exact and not way.again else "ways.where"
            count = prose.say(key, count=count, letters=prose.listed(each), conditions=where)
        yield prose.say("ways.way", arrows=Arrows(way.stations, context, steps), count=count)
    if found.left_out:
        yield prose.say("ways.left_out", number=str(found.left_out))


def _steps(way: Way) -> tuple[Index, ...]:
    """The indices that go on, over one range throughout, to a station where a further one runs beside them.

    On a way that comes back a condition may bound them.
    """
    if way.guards and not way.again:
        return ()
    pairs = zip(way.stations, way.stations[1:], strict=False)
    carried = {
        i.name for before, after in pairs for i in before.summed
        if len(after.summed) > 1 and any(i.name == other.name for other in after.summed)
    }
    ranges = {(i.name, i.range) for s in way.stations for i in s.summed}
    steady = {i.name for i in way.running if sum(i.name == name for name, _ in ranges) == 1}
    return tuple(i for i in way.running if i.name in carried and (way.again or i.name in steady))


def _over(prose: Prose, count: Sentence, steps: tuple[Index, ...], context: Context) -> Sentence:
    """`T o paths, over all t`."""
    letters = [Formula(Position(Affine.of(i.name)), context) for i in steps]
    return prose.say("ways.over", count=count, letters=prose.listed(letters))


def _on_for_each(prose: Prose, way: Way, steps: tuple[Index, ...], context: Context) -> Sentence:
    """`and on from there, for each t < T`."""
    bounded = {s for g in way.guards for s in g.symbols}
    if all(i.name in bounded for i in steps):
        return prose.say("ways.again_each", letters=Where(way.guards, context))
    letters = [Formula(Position(Affine.of(i.name)), context) for i in steps]
    each = prose.say("ways.again_each", letters=prose.listed(letters))
    return prose.say("ways.where", count=each, conditions=Where(way.guards, context)) if way.guards else each


def _count(lines: Lines, prose: Prose, way: Way, indices: tuple[Index, ...]) -> Sentence:
    """`l paths`: the product of the numbers of units that are passed; a condition leaves fewer of them."""
    if way.again:
        return prose.say("ways.again")
    lengths = [i.range.upper - i.range.lower + 1 for i in way.running]
    if not lengths:
        return prose.say("ways.one")
    product: Expr = multiply(Position(n) for n in lengths if n != Affine.of(1))
    key = "ways.count" if way.exact and not way.guards else "ways.at_most"
    return prose.say(key, count=Formula(product, lines.vocabulary.display(indices, product)))
