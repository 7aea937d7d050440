"""The steps of a derivation as a story: nothing is cited before it stands, and no letter means two things."""

from __future__ import annotations

from pathlib import Path

import pytest

import symbp
from symbp.calculus.derivation import Derivation, Route, Rule, Step
from symbp.calculus.differentiate import differentiate
from symbp.calculus.expression import Expr, Partial, PartialKind, Reduce, children, walk
from symbp.calculus.indices import free_symbols
from symbp.calculus.naming import told_in_stages
from symbp.language.lower import lower
from symbp.language.parse import parse
from symbp.render.document import text_document
from symbp.render.options import Options
from tests.strategies import example

ROOT = Path(__file__).resolve().parent
FILES = sorted((*(ROOT.parent / "examples").glob("*.bp"), *(ROOT / "models").glob("*.bp")))
LOCAL = (Rule.LOCAL, Rule.FIXED, Rule.IDENTITY)
RANDOM = range(0, 200, 20)


def derived(text: str) -> Derivation:
    return differentiate(lower(parse(text)))


def check(derivation: Derivation) -> None:
    steps = tuple(derivation.steps)
    check_places(derivation, steps)
    check_labels(derivation, steps)
    for step in steps:
        check_letters(derivation, step)


def check_places(derivation: Derivation, steps: tuple[Step, ...]) -> None:
    """Local derivatives first, numbered; then each subject in the order of the telling."""
    rules = [s.rule in LOCAL for s in steps]
    assert rules == sorted(rules, reverse=True)
    numbers = [s.label for s in steps if s.rule in LOCAL and s.label]
    assert numbers == [f"L{k}" for k in range(1, len(numbers) + 1)]
    told = [s.subject for s in steps if s.rule not in LOCAL]
    subjects = list(dict.fromkeys(told))
    assert [s for s in derivation.order if s in told] == subjects
    assert told == [s for subject in subjects for s in told if s == subject], "a subject is told in one piece"
    names = [e.name for e in derivation.errors]
    assert sorted(derivation.order) == sorted((*names, *derivation.gradients))
    assert [n for n in derivation.order if n in names] == names
    assert [e.label for e in derivation.errors] == [f"E{k}" for k in range(1, len(names) + 1)]


def check_labels(derivation: Derivation, steps: tuple[Step, ...]) -> None:
    """What a step cites stands before it."""
    standing = {e.label for e in derivation.forward} | {f.label for f in derivation.functions}
    standing |= {f.label for f in derivation.facts}
    values = {e.name: e.label for e in derivation.errors}
    for step in steps:
        for label in step.because:
            assert values.get(label, label) in standing, step
        standing.add(step.label)


def check_letters(derivation: Derivation, step: Step) -> None:
    """No letter is bound twice at one place, and both sides are about the step's own indices."""
    own = {i.name for i in step.indices}
    known = own | set(derivation.program.sizes)
    for side in (step.before, step.after):
        assert set(free_symbols(side)) <= known, step
        assert not shadowed(side, frozenset(own)), step
    if isinstance(step.before, Partial) and step.before.kind is PartialKind.TOTAL:
        assert own <= set(free_symbols(step.before)), step


def shadowed(e: Expr, around: frozenset[str]) -> bool:
    if isinstance(e, Reduce):
        names = [b.name for b in e.binders]
        if around.intersection(names) or len(set(names)) < len(names):
            return True
        around = around.union(names)
    return any(shadowed(part, around) for part in children(e))


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_stories(path: Path) -> None:
    derivation = derived(path.read_text(encoding="utf-8"))
    check(derivation)
    authors = {e.name for e in derivation.model.error_names}
    if not told_in_stages(derivation.model):
        for error in derivation.errors:
            assert error.name in authors or uses(derivation, error.name) >= 2, error.name


@pytest.mark.parametrize("start", RANDOM)
def test_stories_of_random_models(start: int) -> None:
    for number in range(start, start + 20):
        check(derived(example(number).text))


def uses(derivation: Derivation, name: str) -> int:
    bodies = [body for e in derivation.errors for _, body in e.branches]
    bodies += [g.forms["shared"] for g in derivation.gradients.values()]
    return sum(repr(body).count(f"name={name!r}") for body in bodies)


def lines(text: str, subject: str) -> list[Rule]:
    return [s.rule for s in derived(text).steps if s.subject == subject and s.rule not in LOCAL]


def test_the_books_order() -> None:
    assert derived((ROOT.parent / "examples" / "watermelon.bp").read_text()).order == (
        "g", "w", "theta", "e", "v", "gamma"
    )


def test_the_chain_is_written_in_full_before_it_collapses() -> None:
    text = (ROOT.parent / "examples" / "watermelon.bp").read_text()
    assert lines(text, "w") == [Rule.CHAIN, Rule.VANISH, Rule.SUBSTITUTE, Rule.SUBSTITUTE, Rule.UPDATE, Rule.UPDATE]
    steps = {s.rule: s for s in derived(text).steps if s.subject == "e"}
    full, left = steps[Rule.CHAIN].after, steps[Rule.VANISH].after
    assert sum(isinstance(n, Reduce) for n in walk(full)) == 2
    assert sum(isinstance(n, Reduce) for n in walk(left)) == 1
    assert [n.summed != () for n in steps[Rule.CHAIN].notes] == [True]
    assert [n.fixed != () for n in steps[Rule.VANISH].notes] == [True]


def test_a_chain_with_too_many_sums_is_told_reduced_with_all_its_reasons() -> None:
    text = (ROOT / "models" / "batchnorm.bp").read_text()
    assert lines(text, "x")[:2] == [Rule.CHAIN, Rule.SUBSTITUTE]
    chain = next(s for s in derived(text).steps if s.subject == "x" and s.rule is Rule.CHAIN)
    assert {n.reader.name for n in chain.notes} == {"mu", "var", "xh"}
    assert any(n.summed for n in chain.notes) and any(not n.summed for n in chain.notes)


def test_time_runs_backwards_where_a_state_is_read_one_step_later() -> None:
    text = (ROOT.parent / "examples" / "bptt.bp").read_text()
    assert lines(text, "delta")[:3] == [Rule.NAME, Rule.CHAIN, Rule.SUBSTITUTE]
    chain = next(s for s in derived(text).steps if s.subject == "delta" and s.rule is Rule.CHAIN)
    (later,) = [n for n in chain.notes if isinstance(n, Route) and n.shift]
    assert [(i.name, steps) for i, steps in later.shift] == [("t", 1)]
    assert len(later.guards) == 1


def test_staged_models_name_every_node_and_add_at_forks() -> None:
    text = (ROOT.parent / "examples" / "staged.bp").read_text()
    derivation = derived(text)
    assert {e.of for e in derivation.errors} == {"invden", "den", "xpysqr", "xpy", "sigx", "num", "sigy"}
    assert lines(text, "x")[0] is Rule.BRANCH
    assert lines(text, "∂den")[:2] == [Rule.NAME, Rule.CHAIN]
    step = next(s for s in derivation.steps if s.subject == "∂den" and s.rule is Rule.CHAIN)
    undone = {e.label: e.target.name for e in derivation.forward}
    assert [undone[label] for label in step.because] == ["invden"]


def test_error_terms_that_read_each_other_are_introduced_together() -> None:
    derivation = derived((ROOT / "models" / "lstm.bp").read_text())
    named = [s for s in derivation.steps if s.rule is Rule.NAME]
    assert len(named) == len(derivation.errors)
    assert len({s.subject for s in named}) < len(named)


def test_without_arrays_there_is_no_matrix_form() -> None:
    scalars = symbp.derive("f(x, y) = x*sigmoid(x*y)\n").data
    assert "Matrix form" not in text_document(scalars, Options(detail="full"))


def test_updates_in_brief_stand_below_their_rule() -> None:
    model = "param w\ninput x\nloss E = (w*x)^2\n"
    rule = "Δw = −η · ∂E/∂w"
    brief = Options(detail="brief")
    assert rule in " ".join(text_document(symbp.derive(f"{model}update eta\n").data, brief).split())
    assert "Goal" not in text_document(symbp.derive(model).data, brief)
