"""Which values are used again, and how often, in one paragraph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from symbp.calculus.affine import Affine, Index
from symbp.calculus.expression import Position, multiply, number
from symbp.calculus.model import whole_access
from symbp.cost.report import Cost
from symbp.cost.reuse import Reader, Reuse
from symbp.render.blocks import Block, Formula, Inline, Lead, Paragraph, Sentence, Where
from symbp.render.cost_names import quantity
from symbp.render.cost_numbers import Count, Ratio
from symbp.render.lines import Lines
from symbp.render.printer import Context
from symbp.render.prose import Prose, Slot

MOST_TOLD = 8
"""Quantities that are told one by one: error terms first."""


def reuse(lines: Lines, prose: Prose, cost: Cost) -> Iterator[Block]:
    """Each quantity with its readers, and how often it stands where everything is written out."""
    found = cost.reused
    clauses = [_clause(lines, prose, cost, r) for r in found[:MOST_TOLD]]
    rest = len(found) - len(clauses)
    if rest:
        key = "costs.reused_other" if rest == 1 else "costs.reused_others"
        clauses.append(prose.say(key, **({} if rest == 1 else {"number": str(rest)})))
    said = prose.sentence(clauses, "checks.end") if clauses else prose.say("costs.reused_none")
    gap = prose.words("common.gap")
    yield Paragraph((Lead(prose.words("costs.reuse_lead")), *([gap] if gap else []), *said))


def _clause(lines: Lines, prose: Prose, cost: Cost, r: Reuse) -> Sentence:
    """`Each g_j is computed once and serves ∂E/∂w_hj for all q values of h, …; written out it stands 13 times`."""
    element = whole_access(r.indices, r.name)
    key = "costs.serves_each" if r.indices else "costs.serves"
    readers = prose.listed([_reader(lines, prose, r.indices, reader) for reader in r.readers])
    clause = prose.say(key, name=lines.formula(r.indices, element), readers=readers)
    times = cost.times_written(r)
    if times is None:
        return clause
    if times.denominator == 1:
        return prose.say("costs.stands", clause=clause, times=Count(times.numerator))
    return prose.say("costs.stands_about", clause=clause, times=Ratio(times))


def _reader(lines: Lines, prose: Prose, indices: tuple[Index, ...], r: Reader) -> Sentence:
    shown = quantity(lines, r.target, r.subscripts)
    context = lines.vocabulary.display((*indices, *r.running), shown)
    said: Sentence = (Formula(shown, context),)
    if r.count and r.running:
        letters = prose.listed([Formula(Position(Affine.of(i.name)), context) for i in r.running])
        several = "several" if len(r.running) > 1 else "all"
        slots: dict[str, Slot] = {"reader": said, "letters": letters, "count": _product(r.count, context)}
        said = prose.say(f"costs.reader_{several if r.exact else 'most'}", **slots)
    elif not r.exact:
        said = prose.say("costs.reader_some" if r.running else "costs.reader_perhaps", reader=said)
    return prose.say("costs.reader_where", reader=said, conditions=Where(r.only, context)) if r.only else said


def _product(extents: Sequence[Affine], context: Context) -> Inline:
    """q · l; numbers are multiplied out."""
    known = prod(e.constant for e in extents if e.is_constant)
    return Formula(multiply((number(known), *(Position(e) for e in extents if not e.is_constant))), context)
