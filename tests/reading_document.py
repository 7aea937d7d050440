r"""A reader of whole documents: displays and sentences → statements, each with the place where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from tests.reading_latex import RELATIONS, SPACES, Latex, Notation, all_tokens, tokens_of
from tests.reading_tree import Comparison, Condition, Misread, Node, Span, Symbol, free_symbols, parts

DISPLAY = re.compile(r"\\\[(?P<brackets>.*?)\\\]|\$\$(?P<dollars>.*?)\$\$|```math\n(?P<fence>.*?)```", re.DOTALL)
INLINE = re.compile(r"(?<![\\$])\$(?P<formula>[^$]+)\$|\\\((?P<round>.*?)\\\)")
STATED = re.compile(rf"\s*(?:{INLINE.pattern})")
"""What follows the label of a fact where it is stated, rather than cited."""
HEADING = re.compile(r"\\(?:sub)*section\*?\{(?P<tex>.*)\}|^#+ +(?P<hash>.*)$", re.MULTILINE)
MATRIX = re.compile("[Mm]atri|矩阵")
"""What the heading says where names stand for whole arrays."""
CHECKS = re.compile("Checks|检验")
"""The section about one point and about other models: its numbers are read by themselves."""
FACTS = "AM"
"""What the labels of assumptions, and of what follows from the model, begin with."""
LABEL = re.compile(r"\((?P<label>[A-Z]\d+)\)")
CLOSED_BY = {"{": "}", "\\begin{cases}": "\\end{cases}", "\\begin{aligned}": "\\end{aligned}"}


@dataclass(frozen=True)
class Statement:
    """sides[0] signs[0] sides[1] … , where the conditions hold and none of the `earlier` alternatives does."""

    sides: tuple[Node, ...]
    signs: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    earlier: tuple[tuple[Condition, ...], ...] = ()
    label: str = ""
    boxed: bool = False
    matrix: bool = False
    place: int = 0
    source: str = ""

    @property
    def left(self) -> Node:
        return self.sides[0]

    @property
    def defines(self) -> bool:
        """Whether it is a := b."""
        return self.signs[0] == ":="


@dataclass
class Document:
    """What was read: statements in order, ranges of letters, labels and where they are cited."""

    statements: list[Statement] = field(default_factory=list)
    ranges: dict[str, Span] = field(default_factory=dict)
    labels: dict[str, int] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)
    """The labels of list items: facts, which stand together at the end."""
    cited: list[tuple[str, int]] = field(default_factory=list)


def read_document(text: str, notation: Notation) -> Document:
    """A LaTeX or Markdown document, from its first display to its last."""
    document = Document()
    prose = DISPLAY.sub(lambda found: " " * len(found[0]), text)
    for found in INLINE.finditer(prose):
        span = read_span(found["formula"] or found["round"], notation)
        for letter in span.letters if span else ():
            known = document.ranges.setdefault(letter, Span((letter,), span.low, span.high))  # type: ignore[union-attr]
            if span is not None and (known.low, known.high) != (span.low, span.high):
                raise Misread(f"{letter} has two ranges")
    headings = [(h.start(), h["tex"] or h["hash"]) for h in HEADING.finditer(text)]
    for found in DISPLAY.finditer(text):
        body = next(group for group in found.groups() if group is not None)
        heading = next((title for start, title in reversed(headings) if start < found.start()), "")
        if CHECKS.search(heading):
            continue
        matrix = MATRIX.search(heading) is not None
        read = read_display(body, replace(notation, matrix=matrix))
        document.statements.extend(replace(s, place=found.start(), matrix=matrix) for s in read)
        for tag in re.finditer(r"\\tag\{(\w+)\}", body):
            if tag[1] in document.labels:
                raise Misread(f"({tag[1]}) stands twice")
            document.labels[tag[1]] = found.start()
        document.cited.extend((c["label"], found.start()) for c in LABEL.finditer(body))
    for found in LABEL.finditer(prose):
        item = re.search(r"(?:\\item|[-*•]) *$", prose[:found.start()])
        assumed = found["label"][0] in FACTS and STATED.match(prose, found.end())
        if item or assumed:
            document.labels.setdefault(found["label"], found.start())
            document.listed.add(found["label"])
            fact = INLINE.search(prose, found.end())
            if fact and found["label"][0] in FACTS and "\n" not in prose[found.end(): fact.start()]:
                document.statements.extend(read_fact(fact["formula"] or fact["round"], found, notation))
        else:
            document.cited.append((found["label"], found.start()))
    return document


def read_fact(formula: str, label: re.Match[str], notation: Notation) -> list[Statement]:
    """A fact of a list, where it is an equality or a comparison; which values a quantity may have is no claim."""
    if "\\in" in tokens_of(formula):
        return []
    statement = read_chain(all_tokens(formula), notation)
    return [replace(statement, place=label.start(), source=formula)]


def read_span(text: str, notation: Notation) -> Span | None:
    """`i = 1, \\dots, d`, or `i, k = 1, \\dots, n`; None for another formula."""
    if "dots" not in text and not re.fullmatch(r".* = -?\d+(, -?\d+)+", text):
        return None
    try:
        reader = Latex(tokens_of(text), notation)
        condition = reader.condition()
        reader.finished()
    except Misread:
        return None
    return condition if isinstance(condition, Span) else None


def read_display(body: str, notation: Notation) -> list[Statement]:
    """The statements of a display; a chain over several rows is one."""
    label = "".join(re.findall(r"\\tag\{(\w+)\}", body))
    body = re.sub(r"\\tag\{\w+\}", "", body)
    tokens = all_tokens(body)
    boxed = "\\boxed" in tokens
    found: list[Statement] = []
    for line in lines_of(unboxed(tokens)):
        for s in statements_of(line, notation):
            same = [e for e in found if e.left == s.left and e.conditions]
            earlier = tuple(e.conditions for e in same) if s.conditions == OTHERWISE else ()
            conditions = () if s.conditions == OTHERWISE else s.conditions
            found.append(replace(
                s, conditions=conditions, earlier=earlier, label=label, boxed=boxed, source=" ".join(body.split()),
            ))
    shared = next((s.conditions for s in reversed(found[-1:]) if not s.sides), ())
    return [replace(s, conditions=(*s.conditions, *shared)) for s in found if s.sides]


OTHERWISE: tuple[Condition, ...] = (Comparison((), ()),)


def unboxed(tokens: list[str]) -> list[str]:
    """Without \\boxed{ and its }."""
    found: list[str] = []
    depth, boxes = 0, []
    skip = False
    for place, token in enumerate(tokens):
        if token == "\\boxed":
            skip = True
            continue
        if token == "{":
            depth += 1
            if skip:
                boxes.append(depth)
                skip = False
                continue
        if token == "}":
            depth -= 1
            if boxes and boxes[-1] == depth + 1:
                boxes.pop()
                continue
        assert not skip, tokens[place:]
        found.append(token)
    return found


def lines_of(tokens: Sequence[str]) -> list[list[str]]:
    """The rows of an aligned display; one that begins with & goes on from the row before it."""
    rows: list[list[str]] = [[]]
    depth = 0
    for token in tokens:
        depth += token in CLOSED_BY and token != "\\begin{aligned}"
        depth -= token in CLOSED_BY.values() and token != "\\end{aligned}"
        if token == "\\\\" and depth == 0:
            rows.append([])
        elif token == "\\end{aligned}":
            rows.append(["&", "\\qquad"])
        elif token != "\\begin{aligned}":
            rows[-1].append(token)
    lines: list[list[str]] = []
    for row in rows:
        goes_on = row[:1] == ["&"] and lines
        content = [t for t in row if t != "&" or "\\begin{cases}" in row] if goes_on or "&" in row else row
        content = content[1:] if goes_on and content[:1] == ["&"] else content
        if goes_on:
            lines[-1].extend(content)
        else:
            lines.append(content)
    return [line for line in lines if any(t not in ("\\qquad", "\\quad") for t in line)]


def statements_of(line: list[str], notation: Notation) -> Iterator[Statement]:
    """A formula with what stands beside it: conditions, sources, a further formula."""
    pieces = split(drop_amps(joined(line)), "\\qquad")
    found: list[Statement] = []
    beside: tuple[Condition, ...] = ()
    for piece in pieces:
        words, rest = leading_words(piece)
        if not rest:
            if words in ("otherwise", "else"):
                beside = OTHERWISE
            continue
        condition = read_condition(rest, notation, words) if found or words or rest[0] == "(" else None
        if condition is None:
            found.append(read_chain(rest, notation))
        else:
            beside = (*beside, *condition)
    if not found:
        yield Statement((), (), beside)
    for s in found:
        yield replace(s, conditions=beside)


def drop_amps(tokens: list[str]) -> list[str]:
    """Without the & of an alignment; those of cases stay."""
    kept, depth = [], 0
    for token in tokens:
        depth += (token == "\\begin{cases}") - (token == "\\end{cases}")
        if token != "&" or depth:
            kept.append(token)
    return kept


def joined(tokens: list[str]) -> list[str]:
    """A bracket that was cut at the end of a row is one bracket again."""
    kept: list[str] = []
    for token in tokens:
        if token != "\\qquad" and SPACES.fullmatch(token):
            continue
        if token == "\\left." and kept and kept[-1] == "\\right.":
            kept.pop()
            continue
        if token == "}" and kept and kept[-1] == "{":
            kept.pop()
            continue
        kept.append(token)
    return kept


def split(tokens: list[str], mark: str) -> list[list[str]]:
    pieces: list[list[str]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token in CLOSED_BY) - (token in CLOSED_BY.values())
        if token == mark and depth == 0:
            pieces.append([])
        else:
            pieces[-1].append(token)
    return [piece for piece in pieces if piece]


def leading_words(tokens: list[str]) -> tuple[str, list[str]]:
    words = ""
    while tokens and tokens[0].startswith("\\text{"):
        words += tokens[0][6:-1]
        tokens = tokens[1:]
    return words.strip(), [t for t in tokens if not t.startswith("\\text{")]


def read_condition(tokens: list[str], notation: Notation, words: str) -> tuple[Condition, ...] | None:
    """What stands beside a formula, where it is a condition: in brackets, after if, or about indices alone."""
    inside = tokens[1:-1] if tokens[0] == "(" and tokens[-1] == ")" else tokens
    if not any(t in RELATIONS for t in inside):
        return None
    try:
        reader = Latex(tokens_of(" ".join(inside)), notation)
        conditions = reader.conditions()
        reader.finished()
    except Misread:
        return None
    plain = all(not part.below + part.above for part in parts(conditions) if isinstance(part, Symbol))
    defined = any(t in ("\\partial", "\\Delta") for t in inside)
    return conditions if words or inside is not tokens or (plain and not defined) else None


def read_chain(tokens: list[str], notation: Notation) -> Statement:
    """a = b = c, a := b, a ≤ b."""
    clean = tokens_of(" ".join(tokens))
    while clean and clean[-1] in (".", ",", ";"):
        clean.pop()
    reader = Latex(clean, notation)
    sides, signs = [reader.expression()], []
    while reader.peek() in RELATIONS:
        signs.append(RELATIONS[reader.take()])
        sides.append(reader.expression())
    reader.finished()
    if not signs:
        raise Misread(f"no statement: {' '.join(tokens)}")
    return Statement(tuple(sides), tuple(signs))


def free_letters(statement: Statement, letters: set[str]) -> set[str]:
    """The index letters that are free in a statement."""
    return {s.stem for s in free_symbols(statement.sides) if s.stem in letters and not s.above + s.below}
