"""What a derivation costs, in tables and sentences: a document of its own, or the closing section of another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from symbp.calculus.affine import Affine
from symbp.calculus.expression import Apply, Constant, Position, walk
from symbp.calculus.model import Role
from symbp.cost.report import Cost, OfParameter
from symbp.cost.tally import KINDS
from symbp.cost.ways import WAYS, Unknown, alone
from symbp.render.blocks import Block, Heading, Inline, Lead, Paragraph, Quoted, Sentence, Table
from symbp.render.cost_alike import grouped
from symbp.render.cost_cheap import cheap
from symbp.render.cost_closed import closed
from symbp.render.cost_lines import letters_of, program_lines
from symbp.render.cost_names import program_name, scalar, way_name
from symbp.render.cost_numbers import Count, Ratio
from symbp.render.cost_reuse import reuse
from symbp.render.lines import Lines
from symbp.render.prose import Prose
from symbp.render.values import Entries, Equal, Name

MOST_ROWS = 24
"""Of more gradients the first and the last ones have rows; those with equal counts have one together."""
NOTHING: Sentence = ("–",)


def cost_document(lines: Lines, prose: Prose, cost: Cost, with_lines: bool = False) -> Iterator[Block]:
    """The whole report."""
    yield Heading(prose.say("costs.title", of=scalar(lines)))
    yield Paragraph(prose.say("costs.ways"))
    yield from _report(lines, prose, cost)
    if with_lines:
        yield Heading(prose.say("costs.lines"), 2)
        yield from program_lines(lines, prose, cost)


def cost_section(lines: Lines, prose: Prose, cost: Cost) -> Iterator[Block]:
    """The same as the closing section of a derivation."""
    yield Heading(prose.say("costs.section"), 2)
    yield Paragraph(prose.say("costs.ways"))
    yield from _report(lines, prose, cost)


def _report(lines: Lines, prose: Prose, cost: Cost) -> Iterator[Block]:
    said = [_at(lines, prose, cost), _convention(lines, prose, cost), _integers(prose, cost)]
    yield Paragraph(prose.sentences([s for s in said if s]))
    if not cost.missing:
        yield Paragraph(prose.say("costs.by_parameter", of=scalar(lines), program=program_name(prose, cost)))
        yield _by_parameter(lines, prose, cost)
        yield Paragraph(prose.say("costs.kinds", of=scalar(lines)))
        yield _by_kind(lines, prose, cost)
        yield from _fewest_alone(lines, prose, cost)
        yield from _large(prose, cost)
        yield from _not_counted(lines, prose, cost)
    if cost.asks_sympy:
        yield from _sympy(prose, cost)
    if not cost.missing:
        yield Paragraph(prose.say("costs.sizes"))
        yield _sizes(lines, prose, cost)
    yield from closed(lines, prose, cost)
    yield from cheap(lines, prose, cost)
    yield from reuse(lines, prose, cost)


def led(prose: Prose, lead: str, parts: Sequence[Inline]) -> Paragraph:
    """A paragraph that begins with words that are set off."""
    gap = prose.words("common.gap")
    return Paragraph((Lead(prose.words(lead)), *([gap] if gap else []), *parts))


def sizes_of(lines: Lines, cost: Cost, without: str = "") -> list[Equal]:
    """d = 3, q = 2."""
    return [
        Equal((Name(lines.formula((), Position(Affine.of(s)))), Entries(str(cost.sizes[s]))))
        for s in cost.printed.sizes if s in cost.sizes and s != without
    ]


def _at(lines: Lines, prose: Prose, cost: Cost) -> Sentence:
    if cost.missing:
        names = prose.listed([lines.formula((), Position(Affine.of(s))) for s in cost.missing])
        return prose.say("costs.size_missing" if len(cost.missing) == 1 else "costs.sizes_missing", sizes=names)
    given = sizes_of(lines, cost)
    return prose.say("costs.at", sizes=prose.listed(given)) if given else ()


def _convention(lines: Lines, prose: Prose, cost: Cost) -> Sentence:
    if not _has_sigmoid(cost):
        return prose.say("costs.counted_plain")
    sigma = lines.formula((), Apply("sigmoid", (Constant("z"),)))
    return prose.say("costs.counted_one" if "sigmoid" in cost.primitives else "costs.counted", sigma=sigma)


def _integers(prose: Prose, cost: Cost) -> Sentence:
    """What the elements of integer inputs without values are taken to be."""
    inputs = [a for a in cost.printed.arrays.values() if a.role is Role.INTEGER and a.name not in cost.given]
    names = prose.listed([(Quoted(a.name),) for a in inputs])
    one = len(inputs) == 1 and not inputs[0].axes
    return prose.say("costs.integer" if one else "costs.integers", names=names) if inputs else ()


def _has_sigmoid(cost: Cost) -> bool:
    parts = (e for d in cost.printed.definitions for e in walk(d.body))
    return any(isinstance(e, Apply) and e.function == "sigmoid" for e in parts)


# Tables


def _by_parameter(lines: Lines, prose: Prose, cost: Cost) -> Table:
    kinds = ("gradient", "elements", "expanded", f"{cost.shared_way}_row", "ratio", "paths")
    head = tuple(prose.say(f"costs.{key}") for key in kinds)
    each = [cost.of_parameter(name) for name in cost.derivation.gradients]
    rows = [_of_alike(lines, prose, g) for g in grouped(each, lambda p: (p.elements, p.expanded, p.shared, p.paths))]
    if len(rows) > MOST_ROWS:
        half = MOST_ROWS // 2
        between: tuple[Sentence, ...] = (prose.say("costs.others", number=str(len(rows) - 2 * half)), *[NOTHING] * 5)
        rows = [*rows[:half], between, *rows[-half:]]
    expanded, shared = cost.operations("expanded"), cost.operations(cost.shared_way)
    rows.append((
        prose.say("costs.together", of=scalar(lines)), _count(cost.elements), _count(expanded), _count(shared),
        _ratio(expanded, shared), _count(cost.paths),
    ))
    return Table(head, tuple(rows), "lrrrrr")


def _of_alike(lines: Lines, prose: Prose, group: list[OfParameter]) -> tuple[Sentence, ...]:
    """The row of a gradient, or of several whose counts are equal."""
    p = group[0]
    name = lines.formula(p.gradient.indices, lines.partial(p.gradient))
    alike = prose.say("costs.each_alike", name=name, number=str(len(group) - 1))
    return (
        (name,) if len(group) == 1 else alike, _count(p.elements), _count(p.expanded), _count(p.shared),
        _ratio(p.expanded, p.shared), _count(p.paths),
    )


def _by_kind(lines: Lines, prose: Prose, cost: Cost) -> Table:
    """A column for each way, a row for each kind, then all together, and that in terms of the scalar alone."""
    tallies = [(way, t) for way in WAYS if not isinstance(t := cost.tally(way), Unknown)]
    functions = sorted({k for _, t in tallies for k in t.by_kind} - set(KINDS))
    head = ((), *(way_name(lines, prose, way) for way, _ in tallies))
    rows: list[tuple[Sentence, ...]] = [
        (_kind(prose, kind), *(_count(t.by_kind.get(kind, 0)) for _, t in tallies))
        for kind in (*KINDS, *functions) if any(t.by_kind.get(kind) for _, t in tallies)
    ]
    rows.append((prose.say("costs.operations"), *(_count(t.operations) for _, t in tallies)))
    relative = prose.say("costs.relative", of=scalar(lines))
    rows.append((relative, *(_ratio(t.operations, cost.operations(alone(way))) for way, t in tallies)))
    return Table(head, tuple(rows), "l" + "r" * len(tallies))


def _fewest_alone(lines: Lines, prose: Prose, cost: Cost) -> Iterator[Block]:
    """What the fewest operations are compared with, where it isn't the loss as it is printed."""
    fewest = cost.operations("minimal_forward")
    if fewest is not None and fewest != cost.operations("forward"):
        yield Paragraph(prose.say("costs.fewest_alone", of=scalar(lines), number=Count(fewest)))


def _sizes(lines: Lines, prose: Prose, cost: Cost) -> Table:
    """How large the formulas are."""
    head = ((), *(prose.say(f"costs.{key}") for key in ("nodes", "distinct", "depth", "latex")))
    letters = letters_of(lines, cost)
    rows = [
        (
            way_name(lines, prose, way), _count(tally.nodes), _count(tally.distinct), _count(tally.depth),
            _count(letters.get(way)),
        )
        for way in WAYS if not isinstance(tally := cost.tally(way), Unknown)
    ]
    return Table(head, tuple(rows), "lrrrr")


def _not_counted(lines: Lines, prose: Prose, cost: Cost) -> Iterator[Block]:
    """Why a way has no row."""
    for way in WAYS:
        tally = cost.tally(way)
        if isinstance(tally, Unknown):
            reason = prose.message(tally.reason)
            yield Paragraph(prose.say("costs.unknown_row", way=way_name(lines, prose, way), reason=reason))


def _sympy(prose: Prose, cost: Cost) -> Iterator[Block]:
    found = cost.sympy
    if isinstance(found, Unknown):
        yield Paragraph(prose.say("costs.sympy_unknown", reason=prose.message(found.reason)))
    else:
        yield Paragraph(prose.say("costs.sympy", diff=Count(found.diff), cse=Count(found.cse)))


def _kind(prose: Prose, kind: str) -> Sentence:
    return prose.say(f"costs.{kind}") if kind in KINDS else (Quoted(kind),)


def _large(prose: Prose, cost: Cost) -> Iterator[Block]:
    """How many digits a number has that was rounded."""
    number = cost.operations("expanded")
    if number is not None and (shown := Count(number)).is_rounded:
        yield Paragraph(prose.say("costs.large", count=shown, digits=Count(shown.digits)))


def _count(value: int | None) -> Sentence:
    return NOTHING if value is None else (Count(value),)


def _ratio(over: int | None, under: int | None) -> Sentence:
    return NOTHING if over is None or not under else (Ratio(Fraction(over, under)),)
