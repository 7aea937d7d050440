"""Statements worded alike share their reading. The oracle is the same text read without any sharing."""

from __future__ import annotations

import re
from random import Random

import pytest
from lark.lexer import PatternStr

import symbp
from symbp.errors import LanguageError, SymbpError
from symbp.language import alike, elementary, repeats, text, wording
from symbp.language import parse as reader
from symbp.language.definitions import define
from symbp.language.expressions import World
from symbp.language.lower import lower
from symbp.language.parse import parse, parser
from symbp.language.report import format_error
from symbp.language.shapes import Shape
from symbp.language.syntax import Definition
from symbp.language.words import KEYWORDS
from tests.layered import damaged, layered

NETWORK = "\n".join((
    "index i in 1..n, j in 1..n", "input x[i]", "a0[i] = x[i]",
    *(f"param W{k}[i,j]\na{k}[i] = tanh(sum(j, W{k}[i,j]*a{k - 1}[j]))" for k in range(1, 9)),
    "loss E = sum(i, a8[i])",
))


def told(source: str) -> str:
    """The tree and the Model of a text, or the message that it gets, as text."""
    try:
        program = parse(source)
        return f"{program!r}\n{symbp.parse(source)!r}"
    except LanguageError as error:
        return format_error(error)
    except SymbpError as error:
        return str(error)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Nothing is compared, so that nothing is shared; `undo` ends it."""
    monkeypatch.setattr(text, "LINE_LENGTH", -1)
    return monkeypatch


def test_words_are_the_grammars() -> None:
    terminals = {t.name: t.pattern for t in parser().terminals}
    assert re.sub(r"\\u(\w{4})", lambda m: chr(int(m[1], 16)), wording.NAME) == terminals["NAME"].value
    assert wording.NUMBER.replace("?:", "") == terminals["NUMBER"].value
    name = re.compile(wording.NAME)
    spelled = {p.value for p in terminals.values() if isinstance(p, PatternStr) and name.fullmatch(p.value)}
    assert spelled == KEYWORDS


@pytest.mark.parametrize("seed", range(60))
def test_alike_is_as_written(seed: int, alone: pytest.MonkeyPatch) -> None:
    random = Random(seed)
    network = layered(random)
    sources = [network, *(damaged(network, random) for _ in range(6))]
    expected = [told(source) for source in sources]
    alone.undo()
    assert [told(source) for source in sources] == expected


def test_alike_statements_are_found() -> None:
    likes = [s.like for s in parse(NETWORK).statements if isinstance(s, Definition)]
    numbers = {like.number for like in likes if like is not None}
    assert likes[0] is None and likes[-1] is None and len(numbers) == 1
    assert likes[3] is not None and likes[3].words == ("a3", "i", "tanh", "sum", "j", "W3", "i", "j", "a2", "j")


def test_the_grammar_reads_each_wording_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    grouped = reader.grouped
    monkeypatch.setattr(reader, "grouped", lambda source: (read.append(source), grouped(source))[1])
    parse(NETWORK)
    kept = ("index i in 1..n, j in 1..n", "input x[i]", "a0[i] = x[i]", "param W1[i,j]",
            "a1[i] = tanh(sum(j, W1[i,j]*a0[j]))", "loss E = sum(i, a8[i])")
    assert [[line for line in source.split("\n") if line.strip()] for source in read] == [list(kept)]
    assert len(read[0]) == len(NETWORK)


@pytest.mark.parametrize("damage", [
    "a5[i] = tanh(sum(j, W5[i,j]a4[j]))", "a5[i] = tanh(sum(j, W5[i,j]*a4[j])))",
    "a5[i] = tanh(sum(j, where[i,j]*a4[j]))",
])
def test_a_mistake_among_alike_statements_stands_where_it_is(damage: str) -> None:
    source = NETWORK.replace("a5[i] = tanh(sum(j, W5[i,j]*a4[j]))", damage)
    with pytest.raises(LanguageError) as caught:
        parse(source)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.span.line == source.split("\n").index(damage) + 1


def test_files_share_nothing() -> None:
    """The same lines mean other things beside other declarations, whichever is read first."""
    one = "index i in 1..n\ninput x[i], y[i]\na[i] = x[i]*y[i]\nb[i] = a[i]*y[i]\nloss E = sum(i, b[i])"
    two = one.replace("1..n", "0..m")
    wrong = one.replace("input x[i], y[i]", "input x[i]\nfunction y(z)")
    before = told(one), told(two), told(wrong)
    assert (told(wrong), told(two), told(one)) == tuple(reversed(before))
    assert len(set(before)) == 3 and "`y` is a function" in before[2]


def test_words_are_counted_however_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "TOKEN_LIMIT", 100)
    with pytest.raises(LanguageError) as caught:
        parse(NETWORK)
    assert "more than 100 words and signs" in str(caught.value)
    source = "\n".join(f"a{k} = b" for k in range(25))
    assert len(parse(source).statements) == 25
    with pytest.raises(LanguageError):
        parse(source + "\nc = b")


def test_what_a_pattern_cannot_say_is_read_by_the_grammar() -> None:
    source = "\n".join(f"param w{k}[i]\nshow w{k} as w^{k}_i\nrole w{k} = pre-activation" for k in range(4))
    assert alike.is_shared(parse(source).source, reader.scanned(parse(source).source)[0], 10**6)
    looks = [(s.name, s.look) for s in parse(source).statements if hasattr(s, "look")]
    assert looks == [(f"w{k}", f"w^{k}_i") for k in range(4)]


def repeated(line: str, count: int = 4, head: str = "") -> str:
    """A line for 1, 2, … in place of #, where < stands for the number before it."""
    lines = [line.replace("#", str(k)).replace("<", str(k - 1)) for k in range(1, count + 1)]
    head = head or "index i in 1..n, j in 1..n\ninput x[i]\na0[i] = x[i]"
    return "\n".join((head, *lines, f"loss E = sum(i, a{count}[i])"))


@pytest.mark.parametrize(("source", "lowered"), [
    (NETWORK, 3),
    (repeated("a#[i] = tanh(a<[i])*a<[i] + sum(j, a<[j]^2)*x[i]"), 3),
    # the first reads x twice, as one name
    (repeated("a#[i] = a<[i]*x[i]").replace("a1[i] = a0[i]", "a1[i] = x[i]"), 4),
    # parts with names of their own, one of which the author has taken
    (repeated("a#[i] = tanh(sum(j, exp(a<[j])*a<[j]))*sum(j, a<[j])", head=(
        "index i in 1..n, j in 1..n\ninput x[i], a3_s\na0[i] = a3_s*x[i]")), 3),
    # what a read requires of the sizes is asked each time
    (repeated("a#[i] = a<[i]*x[2]"), 6),
    # an axis of another range, a scalar, an integer input, a size
    (repeated("param u#[i]\na#[i] = a<[i]*u#[i]").replace("param u3[i]", "param u3[0..n]"), 4),
    (repeated("param u#\na#[i] = a<[i]*u#").replace("param u3", "size u3"), 4),
    (repeated("input t#[i] in 1..n\na#[i] = a<[t#[i]]"), 6),
    # letters of their own, with ranges that are found out
    (repeated("a#[i] = sum(m, a<[m]*V[m,i])", head="input x[i]\nparam V[m,i]\na0[i] = x[i]"), 3),
    # cases, which are put together anew
    (repeated("g#[0] = 1\ng#[k] = g#[k-1]*a<[k]\na#[i] = g#[i]", head=(
        "index i in 1..n, k in 1..n\ninput x[i]\na0[i] = x[i]")), 7),
])
def test_what_is_lowered_once(source: str, lowered: int, alone: pytest.MonkeyPatch) -> None:
    expected = told(source)
    alone.undo()
    names: list[str] = []

    def counted(shape: Shape, world: World) -> None:
        names.append(shape.name)
        define(shape, world)

    alone.setattr(repeats, "define", counted)
    program = parse(source)
    assert f"{program!r}\n{lower(program)!r}" == expected
    assert len(names) == lowered, names


def test_many_equations_from_helpers_are_refused_however_they_are_made(alone: pytest.MonkeyPatch) -> None:
    source = "f(a) = exp(a) + exp(2*a)\n" + "\n".join(f"b{k} = f(f(w)) + f(w)" for k in range(20)) + "\nloss E = b19"
    alone.setattr(elementary, "MOST_FROM_HELPERS", 30)
    expected = told("param w\n" + source)
    alone.setattr(text, "LINE_LENGTH", 1000)
    assert told("param w\n" + source) == expected
    assert "helpers make more than 30" in expected
