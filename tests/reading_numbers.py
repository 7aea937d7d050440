r"""The numbers that a document prints, worked out anew at the point that it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

from symbp.calculus.model import Model
from tests.reading_document import CHECKS, DISPLAY, HEADING, INLINE, read_chain
from tests.reading_latex import Latex, Notation, all_tokens, tokens_of
from tests.reading_names import Key, Look, Place, spelling
from tests.reading_tree import Call, Misread, Numeral, Partial, Symbol, parts
from tests.reading_values import World

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:\s*\\cdot\s*10\^\{?-?\d+\}?)?")
ROW = re.compile(r"^\$\\partial (?P<of>.+?)/\\partial (?P<wrt>.+?)(?: = (?P<formula>.+))?\$ & \$(?P<first>.+)\$ & "
                 r"\$(?P<second>.+)\$ \\\\$", re.MULTILINE)
DERIVATIVE = re.compile(r"(?:\\frac\{)?\\partial\b|d[\\A-Za-z]")
STEP = re.compile(
    r"\$\S+ = (?P<rate>[\d.]+)\$[^$]*\$[^$]+\$[^$]*\$(?P<before>-?[\d.]+)\$[^$]*\$(?P<after>-?[\d.]+)\$",
)
"""With a rate, what is differentiated goes from one number to another."""
ROUNDED = 0.6e-6
"""The forward pass has six decimals."""
SHOWN = 1e-9
"""A gradient has ten."""

Nested = float | list["Nested"]


def numbers_section(text: str) -> str:
    """What stands between the heading of the checks and the end of the table; empty where no numbers are printed."""
    heading = next((h for h in HEADING.finditer(text) if CHECKS.search(h["tex"] or h["hash"])), None)
    end = text.find("\\end{tabular}", heading.end()) if heading is not None else -1
    return text[heading.end(): end] if heading is not None and end >= 0 else ""


def equations(section: str) -> Iterator[tuple[str, str]]:
    """Every left = right of the sentences and the displays, in order of the page; the table isn't among them."""
    section = section.split("\\begin{tabular}")[0]
    found = [(m.start(), m["formula"] or m["round"]) for m in INLINE.finditer(DISPLAY.sub(blank, section))]
    for display in DISPLAY.finditer(section):
        body = re.sub(r"\\(?:begin|end)\{aligned\}", "", display["brackets"])
        depth, start = 0, 0
        for token in re.finditer(r"\\begin\{pmatrix\}|\\end\{pmatrix\}|\\\\", body):
            depth += {"\\begin{pmatrix}": 1, "\\end{pmatrix}": -1}.get(token[0], 0)
            if token[0] == "\\\\" and depth == 0:
                found.append((display.start() + start, body[start: token.start()]))
                start = token.end()
        found.append((display.start() + start, body[start:]))
    for _, formula in sorted(found):
        left, sign, right = formula.replace("&=", "=").strip().partition(" = ")
        if sign:
            yield left.strip(), right.strip()


def blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def nested(text: str) -> Nested | None:
    """A number, (a, b, …) or rows and columns; None for a formula."""
    tokens = [t for t in all_tokens(re.sub(r"\\(?:left|right)(?=[()])", "", text)) if t not in ("\\,", "\\allowbreak")]
    flat = "".join(tokens)
    if NUMBER.fullmatch(flat):
        return float(flat.replace("\\cdot10^", "e").replace("{", "").replace("}", ""))
    if tokens and tokens[0] == "\\begin{pmatrix}" and tokens[-1] == "\\end{pmatrix}":
        rows = split_at(tokens[1:-1], "\\\\")
        return [[nested("".join(cell)) for cell in split_at(row, "&")] for row in rows]  # type: ignore[misc]
    if tokens and tokens[0] == "(" and tokens[-1] == ")":
        entries = [nested("".join(part)) for part in split_at(tokens[1:-1], ",")]
        return None if None in entries else entries  # type: ignore[return-value]
    return None


def split_at(tokens: Sequence[str], mark: str) -> list[list[str]]:
    pieces: list[list[str]] = [[]]
    depth = 0
    for token in tokens:
        depth += {"(": 1, ")": -1, "\\begin{pmatrix}": 1, "\\end{pmatrix}": -1}.get(token, 0)
        if token == mark and depth == 0:
            pieces.append([])
        else:
            pieces[-1].append(token)
    return pieces


def read_numbers(text: str, world: World, model: Model, notation: Notation) -> tuple[int, list[str]]:
    """How many printed numbers were worked out anew, and which of them are wrong.

    `world` has the page's equations; its sizes and values are replaced by those that the page takes.
    """
    section = numbers_section(text)
    if not section:
        return 0, []
    sizes, values, claims = dict(world.sizes), {k: dict(v) for k, v in world.values.items()}, []
    for left, right in equations(section):
        chain = [side.strip() for side in (left, *right.split(" = "))]
        value = nested(chain[-1])
        if value is None:
            take_function(left, right, world, notation)
        elif isinstance(value, float) and all(side in world.sizes for side in chain[:-1]):
            sizes |= sizes_under_names(chain[:-1], int(value), world, model)
        else:
            claims.append((left, value))
    there = replace(world, sizes=sizes, values=values)
    given = []
    for left, value in claims:
        if DERIVATIVE.match(left):
            continue
        look, symbol = look_of(left, there, replace(notation, matrix=True))
        if look is not None and look.name in values:
            values[look.name] = dict(elements(value, ranges(look, symbol, there, model)))
            given.append(left)
    complaints: list[str] = []
    count = 0
    for left, value in ((left, value) for left, value in claims if left not in given):
        for element, printed in printed_elements(left, value, there, model, notation):
            count += 1
            found = there.total(element) if DERIVATIVE.match(left) else there.base.element(element).real
            if abs(found - printed) > ROUNDED:
                complaints.append(f"{left}: {printed} is printed for {found}")
    for row in ROW.finditer(section):
        count += 1
        complaints += row_complaints(row, there, notation)
    step = STEP.search(text, text.index(section) + len(section))
    if step is not None:
        count += 1
        complaints += step_complaints(step, there, model)
    return count, complaints


def step_complaints(step: re.Match[str], world: World, model: Model) -> Iterator[str]:
    """What one step of all parameters makes of the loss."""
    moved = {name: dict(values) for name, values in world.values.items()}
    rate = float(step["rate"])
    for name in model.wrt:
        look, stem = printed_look(name, world)
        for key in moved[name]:
            above, below = (tuple(key[p] if isinstance(p, int) else int(p) if p.isdigit() else p for p in side)
                            for side in (look.above, look.below))
            moved[name][key] -= rate * world.total((stem, above, below))
    for number, values in ((step["before"], world.values), (step["after"], moved)):
        there = replace(world, values=values).base
        found = there.element(there.key(world.scalar, {})).real
        if abs(found - float(number)) > ROUNDED:
            yield f"{number} is printed for {found} in {step[0]}"


def printed_look(name: str, world: World) -> tuple[Look, str]:
    """How an array is printed, with the stem that the forward equations have for it."""
    for definitions in world.definitions.values():
        for d in definitions:
            for p in parts(d.right):
                look = world.lexicon.look_of(p.stem, p.above, p.below) if isinstance(p, Symbol) else None
                if look is not None and look.name == name:
                    return look, p.stem  # type: ignore[attr-defined]
    raise Misread(f"{name} stands in no forward equation")


def take_function(left: str, right: str, world: World, notation: Notation) -> None:
    """f(t) = tanh(t), for this point."""
    statement = read_chain(all_tokens(f"{left} = {right}"), notation)
    call = statement.left
    if isinstance(call, Call) and isinstance(call.arguments[0], Symbol) and len(statement.sides) == 2:
        argument, body = call.arguments[0].stem, statement.sides[1]
        world.instances[call.function] = lambda x: world.base.number(body, {argument: x})


def sizes_under_names(names: Sequence[str], value: int, world: World, model: Model) -> dict[str, int]:
    """A size under each of its printed names."""
    found = {}
    for name in names:
        for size in model.sizes:
            looks = {size, "\\" + size, f"\\mathrm{{{size}}}"}
            word = model.looks.get(size)
            looks |= {word, "\\" + word, f"\\mathrm{{{word}}}"} if word is not None else set()
            if name in looks:
                found |= dict.fromkeys(looks, value)
    return found


def look_of(left: str, world: World, notation: Notation) -> tuple[Look | None, Symbol]:
    """The array that a name without its running indices stands for."""
    reader = Latex(tokens_of(left), notation)
    symbol = reader.symbol()
    reader.finished()
    written = tuple(str(n) for n in (*symbol.above, *symbol.below))
    for look in world.lexicon.looks.get(spelling(symbol.stem), ()):
        if tuple(p for p in (*look.above, *look.below) if isinstance(p, str)) == written:
            return look, symbol
    return None, symbol


def ranges(look: Look, symbol: Symbol, world: World, model: Model) -> list[range]:
    sizes = {s: world.sizes[s] for s in model.sizes}
    axes = model.arrays[look.name].axes if look.name in model.arrays else ()
    return [range(a.lower.evaluate(sizes), a.upper.evaluate(sizes) + 1) for a in axes]


def elements(value: Nested, spans: Sequence[range]) -> Iterator[tuple[Key, float]]:
    """The entries of nested numbers with their indices."""
    for key in product(*spans):
        entry = value
        for k, span in zip(key, spans, strict=True):
            if not isinstance(entry, list) or len(entry) != len(span):
                raise Misread(f"{entry} for {len(span)} entries")
            entry = entry[k - span.start]
        if isinstance(entry, list):
            raise Misread(f"{entry} for a number")
        yield key, int(entry) if entry == int(entry) else entry


def printed_elements(
    left: str, value: Nested, world: World, model: Model, notation: Notation
) -> Iterator[tuple[tuple[str, tuple[Place, ...], tuple[Place, ...]], float]]:
    """The elements of what the page computes, as its equations name them, with the numbers printed for them."""
    if DERIVATIVE.match(left):
        derivative = Latex(tokens_of(left), notation).expression()
        if isinstance(derivative, Partial) and isinstance(value, float):
            yield world.base.key(derivative.wrt, {}), value
        return
    look, symbol = look_of(left, world, replace(notation, matrix=True))
    if look is not None and look.name in model.arrays:
        spans = ranges(look, symbol, world, model)
        for key, printed in elements(value, spans):
            above, below = (tuple(key[p] if isinstance(p, int) else int(p) if p.isdigit() else p for p in side)
                            for side in (look.above, look.below))
            yield (symbol.stem, above, below), printed
        return
    for definition in (*world.errors.get(symbol.stem, ()), *world.definitions.get(symbol.stem, ())):
        letters = (*definition.left.above, *definition.left.below)
        running = [n.stem for n in letters if isinstance(n, Symbol) and n.stem in definition.spans]
        fixed = tuple(str(n) for n in letters if isinstance(n, Numeral))
        if fixed != tuple(str(n) for n in (*symbol.above, *symbol.below)):
            continue
        for key, printed in elements(value, [world.range(definition.spans[x], {}) for x in running]):
            yield world.base.key(definition.left, dict(zip(running, key, strict=True))), printed
        return


def row_complaints(row: re.Match[str], world: World, notation: Notation) -> Iterator[str]:
    """One gradient element: derivative, formula and both columns."""
    wrt = Latex(tokens_of(row["wrt"]), notation).symbol()
    derivative = world.total(world.base.key(wrt, {}))
    shown = [nested(row["first"]), nested(row["second"])]
    found: list[float] = [derivative]
    if row["formula"]:
        reader = Latex(tokens_of(row["formula"]), notation)
        found.append(world.base.number(reader.expression(), {}).real)
        reader.finished()
    for value in shown:
        if not isinstance(value, float) or any(abs(value - f) > SHOWN * max(1.0, abs(f)) for f in found):
            yield f"{value} is printed for {found} in {row[0]}"

