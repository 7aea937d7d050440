"""Why gradients are cheap, in one paragraph: with numbers at sizes, else with what counts for large ones."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from symbp.cost.report import Cost
from symbp.cost.symbolic.closed import Closed
from symbp.cost.symbolic.form import Form
from symbp.cost.symbolic.leading import leading, quotient
from symbp.cost.ways import Way
from symbp.render.blocks import Block, Formula, Lead, Paragraph, Sentence
from symbp.render.cost_closed import expression
from symbp.render.cost_names import program_name, scalar
from symbp.render.cost_numbers import Count, Ratio
from symbp.render.lines import Lines
from symbp.render.prose import Prose, Slot


def cheap(lines: Lines, prose: Prose, cost: Cost) -> Iterator[Block]:
    """The loss with its gradients beside the loss alone, the bound for that, and the ways that aren't cheap."""
    said = [*(_large(lines, prose, cost) if cost.missing else _counted(lines, prose, cost))]
    if said:
        gap = prose.words("common.gap")
        yield Paragraph((Lead(prose.words("costs.cheap_lead")), *([gap] if gap else []), *prose.sentences(said)))


def _counted(lines: Lines, prose: Prose, cost: Cost) -> Iterator[Sentence]:
    of = scalar(lines)
    if cost.ratio is None or cost.bound is None:
        return
    program = program_name(prose, cost)
    yield _compared(prose, "costs.cheap", cost.ratio, of=of, program=program, ratio=Ratio(cost.ratio))
    yield prose.say("costs.cheap_why", of=of)
    yield prose.say("costs.cheap_bound", of=of, bound=Ratio(cost.bound))
    yield prose.say("costs.cheap_source")
    if cost.saved is not None:
        yield _compared(prose, "costs.saved", cost.saved, program=program, saved=Ratio(cost.saved))
    times = cost.times("forward_mode", cost.shared_way)
    if times is not None and cost.elements is not None and cost.elements > 1:
        slots: dict[str, Slot] = {"number": Count(cost.elements), "program": program, "times": Ratio(times)}
        yield _compared(prose, "costs.forward_mode", times, **slots)


def _compared(prose: Prose, key: str, factor: Fraction, **slots: Slot) -> Sentence:
    """More, as many, or fewer."""
    return prose.say(key if factor > 1 else f"{key}_same" if factor == 1 else f"{key}_fewer", **slots)


def _large(lines: Lines, prose: Prose, cost: Cost) -> Iterator[Sentence]:
    """Leading terms, and what one is in terms of another."""
    of = scalar(lines)
    alone, shared, expanded = (_leading(cost, way) for way in (cost.loss_way, cost.shared_way, "expanded"))
    if alone is None or shared is None:
        return
    ratio = quotient(shared, alone)
    if ratio is None:
        return
    program = program_name(prose, cost)
    yield prose.say(
        "costs.cheap_large", of=of, program=program, shared=_shown(lines, cost, shared),
        forward=_shown(lines, cost, alone), ratio=_shown(lines, cost, ratio),
    )
    yield prose.say("costs.cheap_why", of=of)
    yield prose.say("costs.cheap_source")
    saved = None if expanded is None else quotient(expanded, shared)
    if expanded is None or saved is None:
        return
    if saved == 1:
        yield prose.say("costs.saved_large_same", program=program, expanded=_shown(lines, cost, expanded))
    else:
        factor = _shown(lines, cost, saved)
        yield prose.say("costs.saved_large", program=program, expanded=_shown(lines, cost, expanded), saved=factor)


def _leading(cost: Cost, way: Way) -> Form | None:
    found = cost.closed(way)
    return leading(found.cases[0].operations) if isinstance(found, Closed) else None


def _shown(lines: Lines, cost: Cost, form: Form) -> Formula:
    return lines.formula((), expression(form, cost.printed.sizes))
