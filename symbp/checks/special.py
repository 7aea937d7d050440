"""Special cases that a reader knows: derived anew from a changed model, compared with its numbers, and simpler."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from symbp.calculus.affine import Affine, Index
from symbp.calculus.checks import NoActivation, SizeOne, SpecialCase, SpecialEquation, Target
from symbp.calculus.derivation import Derivation, DisplayEquation, ErrorTerm, FormName, Refusal
from symbp.calculus.differentiate import differentiate
from symbp.calculus.expression import (
    Access,
    Add,
    Apply,
    Cases,
    Expr,
    Mul,
    Number,
    Partial,
    PartialKind,
    Reduce,
    accesses,
    add,
    children,
    multiply,
    walk,
    with_children,
)
from symbp.calculus.indices import substitute
from symbp.calculus.matching import size_of
from symbp.calculus.model import Model, definition_of, whole_access
from symbp.calculus.schedule import stepped_sizes
from symbp.calculus.special import cancelled, single_value, with_identity, with_size_one
from symbp.errors import SymbpError
from symbp.numeric.arithmetic import Value
from symbp.numeric.bench import AtKink, Site
from symbp.numeric.elements import first_tuples
from symbp.numeric.ladder import DIFFERENCE_SHARE, QUICK, Verdict, decide
from symbp.numeric.loops import Key
from symbp.numeric.sites import Effort, Sites

MOST_CASES = 3
MOST_EQUATIONS = 3
"""Formulas of one case: the first ones, error terms before gradients."""
LONGEST = 18
"""Nodes of a special formula."""
EQUATIONS = 32
"""Equations that may be differentiated again, all cases together."""
ELEMENTS = 2
WORK = 100_000
"""What the comparison of a case may take, in the units of `numeric.work`."""
ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "gelu", "silu")
ARGUMENTS = (*"tzusxr", *(f"z_{k}" for k in range(1, 99)))
"""Letters for the argument of a function, in order of preference."""

Change = SizeOne | NoActivation


@dataclass(frozen=True)
class _Subject:
    """sign · ∂of/∂wrt[indices] is printed as `left`, and is `body`."""

    wrt: str
    sign: int
    left: Target
    indices: tuple[Index, ...]
    body: Expr


def special_cases(derivation: Derivation) -> tuple[SpecialCase, ...]:
    """At most three cases, in the order in which they are tried; of more, those that make the formulas shortest."""
    affordable = EQUATIONS // len(derivation.model.equations)
    found: list[tuple[int, SpecialCase]] = []
    for change in islice(_changes(derivation), affordable):
        model = _changed(derivation.model, change)
        if model is None:
            continue
        try:
            special = differentiate(model, derivation.of, tuple(derivation.gradients))
        except SymbpError:
            continue
        case = _case(derivation, special, change)
        if case is not None:
            found.append(case)
    best = sorted(found, key=lambda pair: -pair[0])[:MOST_CASES]
    return tuple(case for saved, case in found if (saved, case) in best)


def _changes(derivation: Derivation) -> Iterator[Change]:
    """One step of a recurrence; one term in the commonest sum; the commonest activation left out; other sums."""
    model = derivation.model
    steps = [s for s in stepped_sizes(model) if s in model.sizes]
    yield from (SizeOne(s, True) for s in steps[:1])
    counts = dict.fromkeys((s for s in model.sizes if s not in steps), 0)
    for subject in _subjects(derivation, "shared"):
        for size in _summed_sizes(subject.body):
            if size in counts:
                counts[size] += 1
    summed = sorted((s for s in counts if counts[s]), key=lambda s: -counts[s])
    yield from (SizeOne(s) for s in summed[:1])
    uses: dict[str, int] = {}
    for equation in model.equations:
        for node in walk(definition_of(equation).body):
            if isinstance(node, Apply) and (node.function in ACTIVATIONS or model.functions.get(node.function) == 1):
                uses[node.function] = uses.get(node.function, 0) + 1
    if any(e.indices for e in model.equations):
        told = {fact.function: fact.argument for fact in derivation.functions}
        free = Access(next(letter for letter in ARGUMENTS if letter not in model.arrays))
        yield from (NoActivation(f, told.get(f, free)) for f in sorted(uses, key=lambda f: -uses[f])[:1])
    yield from (SizeOne(s) for s in summed[1:2])


def _summed_sizes(e: Expr) -> list[str]:
    """The sizes that are lengths of sums in a formula."""
    extents = [b.range.extent for n in walk(e) if isinstance(n, Reduce) and n.kind == "sum" for b in n.binders]
    return list(dict.fromkeys(s for x in extents if (s := x.as_symbol) is not None))


def _changed(model: Model, change: Change) -> Model | None:
    match change:
        case SizeOne(size):
            return with_size_one(model, size)
        case NoActivation(function, _):
            return with_identity(model, function)


def _case(derivation: Derivation, special: Derivation, change: Change) -> tuple[int, SpecialCase] | None:
    """The formulas that become shorter, and by how much; None where there are none, or the comparison isn't passed."""
    forms: tuple[FormName, ...] = ("shared", "inlined")
    for form in forms:
        shorter = _shorter(derivation, special, form)
        plain = [(n, s) for n, s in shorter if _is_plain(s.body, change)]
        kept = plain[:MOST_EQUATIONS]
        if kept:
            subjects = [s for _, s in kept]
            if not _agree(special, subjects):
                return None
            return sum(saved for saved, _ in kept), SpecialCase(change, tuple(map(_equation, subjects)))
    return None


def _is_plain(body: Expr, change: Change) -> bool:
    """Whether a formula is short enough to see at a glance what became of it; without cases where one term is left."""
    return size_of(body) <= LONGEST and not (isinstance(change, SizeOne) and isinstance(body, Cases))


def _shorter(derivation: Derivation, special: Derivation, form: FormName) -> list[tuple[int, _Subject]]:
    """The special formulas that are shorter than the general ones, and read no error term that these don't know."""
    general = {(s.wrt, s.left): s for s in _subjects(derivation, form)}
    known = {e.name for e in derivation.errors} | set(derivation.model.arrays)
    found = []
    for subject in _subjects(special, form):
        before = general.get((subject.wrt, subject.left))
        if before is None or any(a.name not in known for a in accesses(subject.body)):
            continue
        body = _with_constants(substitute(subject.body, _single(subject.indices)), special)
        subject = replace(subject, body=cancelled(body))
        saved = size_of(before.body) - size_of(subject.body)
        if saved > 0:
            found.append((saved, subject))
    return found


def _with_constants(e: Expr, derivation: Derivation) -> Expr:
    """The formula with its number for each element that a forward equation says is one, such as h[0,k] = 0."""
    if isinstance(e, Access):
        return next((b for f in derivation.forward if isinstance(b := f.body, Number) and _names(f, e)), e)
    parts = tuple(_with_constants(p, derivation) for p in children(e))
    match e:
        case Add():
            return add(parts)
        case Mul():
            return multiply(parts)
        case _:
            return with_children(e, parts) if parts else e


def _names(equation: DisplayEquation, access: Access) -> bool:
    """Whether an element is among those that an equation without conditions defines: at the same literal subscripts."""
    if equation.guards or equation.target.name != access.name:
        return False
    free = {i.name for i in equation.indices}
    pairs = zip(equation.target.subscripts, access.subscripts, strict=True)
    return all(a == b or (isinstance(a, Affine) and a.as_symbol in free) for a, b in pairs)


def _subjects(derivation: Derivation, form: FormName) -> Iterator[_Subject]:
    """The error terms' closed forms, with the shared form, and the gradients."""
    for error in derivation.errors if form == "shared" else ():
        left = whole_access(error.indices, error.name)
        yield _Subject(error.of, error.sign, left, error.indices, _closed(error))
    for name, gradient in derivation.gradients.items():
        body = gradient.forms[form]
        if not isinstance(body, Refusal):
            total = Partial(PartialKind.TOTAL, Access(derivation.of), whole_access(gradient.indices, name))
            yield _Subject(name, 1, total, gradient.indices, body)


def _closed(error: ErrorTerm) -> Expr:
    guards, body = error.branches[0]
    return body if len(error.branches) == 1 and not guards else Cases(error.branches)


def _equation(subject: _Subject) -> SpecialEquation:
    """The formula with a number for each index that has one value."""
    values = _single(subject.indices)
    left = subject.left
    if isinstance(left, Partial):
        wrt = substitute(left.wrt, values)
        assert isinstance(wrt, Access)
        left = Partial(left.kind, left.of, wrt)
    else:
        fixed = substitute(left, values)
        assert isinstance(fixed, Access)
        left = fixed
    indices = tuple(i for i in subject.indices if i.name not in values)
    return SpecialEquation(indices, left, subject.body)


def _single(indices: tuple[Index, ...]) -> dict[str, Affine]:
    """The indices that have one value, with it."""
    return {i.name: Affine.of(v) for i in indices if (v := single_value(i.range)) is not None}


def _agree(special: Derivation, subjects: list[_Subject]) -> bool:
    """Whether the formulas agree with central differences of the changed model, at a random point."""
    try:
        sites = Sites(special, Effort(QUICK, elements=ELEMENTS, sizes=1, points=1, work=WORK), 0)
        site = next(iter(sites))
        site.meter.allow(sites.left)
        return all(_agrees(special, subject, site) for subject in subjects)
    except SymbpError:
        return False


def _agrees(special: Derivation, subject: _Subject, site: Site) -> bool:
    names = tuple(i.name for i in subject.indices)
    keys = first_tuples(subject.indices, site.sizes, ELEMENTS)

    def sides(key: Key, digits: int) -> tuple[Value, Value]:
        bench = site.at(digits)
        total = subject.sign * bench.total((special.of, ()), (subject.wrt, key))
        return bench.formula(subject.body, names, key), total

    for key in keys:
        try:
            outcome = decide(partial(sides, key), QUICK, DIFFERENCE_SHARE, site.size)
        except AtKink:
            return False
        if outcome.verdict is not Verdict.AGREES:
            return False
    return bool(keys)
