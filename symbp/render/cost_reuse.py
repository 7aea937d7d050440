"""Which values are used again, and how often, in one paragraph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from math import prod

from symbp.calculus.affine import Affine, Index
from symbp.calculus.expression import Position, Power, multiply, number
from symbp.calculus.model import whole_access
from symbp.cost.readers import Reader
from symbp.cost.report import Cost
from symbp.cost.reuse import Reuse
from symbp.cost.symbolic.leading import leading
from symbp.render.blocks import Block, Formula, Inline, Lead, Paragraph, Sentence, Where
from symbp.render.cost_alike import grouped
from symbp.render.cost_closed import SHORT, conditions, expression, general
from symbp.render.cost_kept import Kept
from symbp.render.cost_names import quantity, scalar
from symbp.render.cost_numbers import Count, Ratio
from symbp.render.lines import Lines
from symbp.render.printer import Context
from symbp.render.prose import Prose, Slot

MOST_TOLD = 8
"""Quantities that are told one by one: error terms first."""
MOST_NAMED = 3
"""Error terms whose names stand in the sentence about all of them."""
MOST_KEPT = 4
"""Values without a name in the model that are told one by one."""


def reuse(lines: Lines, prose: Prose, cost: Cost) -> Iterator[Block]:
    """Each quantity with its readers, and how often it stands where everything is written out."""
    kept = Kept(lines, cost.named, {d.target for d in cost.printed.definitions})
    reused = [*_named(lines, prose, cost), *_unnamed(lines, prose, cost, kept)] or [prose.say("costs.reused_none")]
    told = prose.sentences([*_paths(lines, prose, cost), *reused])
    gap = prose.words("common.gap")
    yield Paragraph((Lead(prose.words("costs.reuse_lead")), *([gap] if gap else []), *told))


def _paths(lines: Lines, prose: Prose, cost: Cost) -> Iterator[Sentence]:
    """What an error term is for, and what a gradient is without one: a sum over paths."""
    of = scalar(lines)
    number = _number_of_paths(lines, prose, cost)
    if cost.paths == 1:
        yield prose.say("costs.path", of=of)
    elif number is not None:
        yield prose.say("costs.paths_to", of=of, number=number)
    names = {e.name for e in cost.derivation.errors}
    errors = [r for r in cost.reused if r.name in names]
    if errors:
        shown = [lines.formula(r.indices, whole_access(r.indices, r.name)) for r in errors]
        few = shown if len(shown) <= MOST_NAMED else shown[:MOST_NAMED]
        key = "costs.gathers" if len(shown) == 1 else "costs.gather" if few is shown else "costs.gather_some"
        yield prose.say(key, of=of, names=prose.listed(few))


def _number_of_paths(lines: Lines, prose: Prose, cost: Cost) -> Sentence | None:
    """At sizes; else as a formula with the sizes that it is for, or its leading terms."""
    if not cost.missing:
        return None if cost.paths is None else prose.say("costs.paths_all", formula=Count(cost.paths))
    found = cost.path_forms
    if found is None:
        return None
    case = general(found)
    form = case.operations if case.operations.length <= SHORT else leading(case.operations)
    if form is None:
        return None
    formula = expression(form, found.sizes)
    shown: Sentence = (lines.formula((), formula),)
    if form != case.operations:
        return prose.say("costs.paths_about", formula=shown)
    if not (guards := conditions(case)):
        return prose.say("costs.paths_all", formula=shown)
    where = Where(guards, lines.vocabulary.display((), formula))
    return prose.say("costs.paths_from", formula=shown, sizes=where)


def _named(lines: Lines, prose: Prose, cost: Cost) -> Iterator[Sentence]:
    """The quantities that are printed."""
    groups = grouped(cost.reused, _look)
    clauses = []
    for group in groups[:MOST_TOLD]:
        clauses.append(_clause(lines, prose, cost, group[0]))
        if len(group) > 1:
            clauses.append(_alike(lines, prose, cost, group))
    rest = sum(map(len, groups[MOST_TOLD:]))
    if rest:
        key = "costs.reused_other" if rest == 1 else "costs.reused_others"
        clauses.append(prose.say(key, **({} if rest == 1 else {"number": str(rest)})))
    if clauses:
        yield prose.sentence(clauses, "checks.end")


def _alike(lines: Lines, prose: Prose, cost: Cost, group: Sequence[Reuse]) -> Sentence:
    """That the others are read as the first is: all their names, or of many the first and the last."""
    shown = [lines.formula(r.indices, whole_access(r.indices, r.name)) for r in group[1:]]
    few = len(shown) <= MOST_TOLD
    names = prose.listed(shown) if few else prose.say("costs.first_to_last", first=shown[0], last=shown[-1])
    same = len({cost.times_written(r) for r in group}) == 1
    key = "costs.reused_alike" if same else "costs.reused_alike_numbers"
    return prose.say(key, names=names, number=str(len(shown)))


def _look(r: Reuse) -> tuple[object, ...]:
    """What is said of a quantity, its name and those of its readers aside."""
    return r.indices, tuple(map(_way, r.readers))


def _unnamed(lines: Lines, prose: Prose, cost: Cost, kept: Kept) -> Iterator[Sentence]:
    """What the shared program keeps beside these."""
    items = []
    groups = grouped(cost.kept, _look)
    for r in (group[0] for group in groups):
        shown = kept.element(prose, r.indices, r.name)
        readers = _readers(lines, prose, r, kept)
        key = "costs.kept_wanted" if r.name in cost.named.outputs else "costs.kept_item"
        items.append(prose.say(key, name=shown, readers=prose.listed(readers)))
    told = items[:MOST_KEPT]
    rest = len(cost.kept) - len(told)
    if rest > 0:
        told.append(prose.say("costs.kept_other" if rest == 1 else "costs.kept_others", number=str(rest)))
    if told:
        yield prose.say("costs.kept" if cost.reused else "costs.kept_alone", items=_apart(prose, told))


def _apart(prose: Prose, items: Sequence[Sentence]) -> Sentence:
    gap = prose.words("costs.semicolon")
    return tuple(part for k, item in enumerate(items) for part in ((gap, *item) if k else item))


def _clause(lines: Lines, prose: Prose, cost: Cost, r: Reuse) -> Sentence:
    """`Each g_j is computed once and serves ∂E/∂w_hj for all q values of h, …; written out it stands 13 times`."""
    element = whole_access(r.indices, r.name)
    key = "costs.serves_each" if r.indices else "costs.serves"
    readers = prose.listed(_readers(lines, prose, r))
    clause = prose.say(key, name=lines.formula(r.indices, element), readers=readers)
    times = cost.times_written(r)
    if times is None:
        return clause
    if times.denominator == 1:
        return prose.say("costs.stands", clause=clause, times=Count(times.numerator))
    return prose.say("costs.stands_about", clause=clause, times=Ratio(times))


def _readers(lines: Lines, prose: Prose, r: Reuse, kept: Kept | None = None) -> list[Sentence]:
    """Each of them; of many that read in the same way the first and the last."""
    found = []
    for group in grouped(r.readers, _way):
        first, last = (_reader(lines, prose, r.indices, x, kept) for x in (group[0], group[-1]))
        some = prose.say("costs.readers_alike", first=first, last=last, number=str(len(group)))
        found.append(first if len(group) == 1 else some)
    return found


def _way(r: Reader) -> tuple[object, ...]:
    """How an element is read, the reader's name aside."""
    return r.subscripts, r.running, r.where, r.times, r.exact


def _reader(
    lines: Lines, prose: Prose, indices: tuple[Index, ...], r: Reader, kept: Kept | None = None
) -> Sentence:
    shown = kept.formula(r.target, r.subscripts) if kept else quantity(lines, r.target, r.subscripts)
    context = lines.vocabulary.display((*indices, *r.running), shown)
    said: Sentence = (Formula(shown, context),)
    if r.running:
        letters = prose.listed([Formula(Position(Affine.of(i.name)), context) for i in r.running])
        if r.among:
            among = Where(r.among, context)
            said = prose.say("costs.reader_among", reader=said, letters=letters, conditions=among)
        elif r.count:
            key = "costs.reader_several" if len(r.running) > 1 else "costs.reader_all"
            said = prose.say(key, reader=said, letters=letters, count=_product(r.count, context))
    if not r.exact:
        said = prose.say("costs.reader_looked_up", reader=said)
    return _where(prose, said, r, context)


def _where(prose: Prose, said: Sentence, r: Reader, context: Context) -> Sentence:
    """With what it holds for, and the number of places."""
    slots: dict[str, Slot] = {"reader": said}
    key = "costs.reader"
    if r.only:
        key, slots = key + "_where", {**slots, "conditions": Where(r.only, context)}
    if r.times is not None and r.times > 1:
        key, slots = key + "_times", {**slots, "times": str(r.times)}
    return prose.say(key, **slots) if key != "costs.reader" else said


def _product(extents: Sequence[Affine], context: Context) -> Inline:
    """6 · q² · l: numbers are multiplied out, equal extents are powers."""
    known = prod(e.constant for e in extents if e.is_constant)
    powers = Counter(e for e in extents if not e.is_constant)
    factors = (Position(e) if k == 1 else Power(Position(e), number(k)) for e, k in powers.items())
    return Formula(multiply((number(known), *factors)), context)
