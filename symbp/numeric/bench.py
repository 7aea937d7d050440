"""One place to evaluate everything that a derivation says: given sizes, one point, one precision.

The forward model is evaluated as it stands. Error terms are evaluated by their displayed closed forms; typed partial
derivatives, and the oracle itself, by central differences of the forward model, to which no rule of differentiation
contributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property

from symbp.calculus.affine import Affine
from symbp.calculus.derivation import Derivation, DisplayEquation
from symbp.calculus.expression import MINUS_ONE, Access, Cases, Expr, Mul, Partial, PartialKind
from symbp.calculus.model import Definition, definition_of, step_name, whole_access
from symbp.errors import DomainError, SymbpError
from symbp.numeric.arithmetic import Arithmetic, Undefined, Value, multiprecision
from symbp.numeric.assumptions import Point
from symbp.numeric.evaluator import Evaluator
from symbp.numeric.instances import Instance
from symbp.numeric.loops import HOISTED, Closure, Element, Env, Key
from symbp.numeric.points import Sampler
from symbp.numeric.run import Run
from symbp.numeric.work import Meter, model_work


class AtKink(SymbpError):
    """A point at the edge of a domain or where two one-sided derivatives differ: no central difference exists there."""


class Site:
    """A derivation at given sizes and a point, at whatever precision is asked for."""

    def __init__(
        self, derivation: Derivation, sizes: Mapping[str, int], instances: Mapping[str, Instance], sampler: Sampler,
        point: Point, label: str, meter: Meter | None = None,
    ) -> None:
        self.derivation = derivation
        self.sizes = dict(sizes)
        self.instances = dict(instances)
        self.sampler = sampler
        self.point = point
        self.label = label
        self.meter = meter or Meter()
        self.size = 0.0
        """log₁₀ of the differentiated quantity, once it is settled."""
        self._benches: dict[str, Bench] = {}

    def settle(self, digits: int) -> None:
        """Works the forward values out, and notes how large the differentiated quantity is."""
        bench = self.at(digits)
        self.size = bench.arithmetic.magnitude(bench.run.value(self.derivation.of))

    @cached_property
    def cost(self) -> int:
        """The work of one evaluation of the model."""
        return model_work(self.derivation.model, self.sizes)

    def forget(self) -> None:
        """Lets go of all values; they are worked out again when they are wanted."""
        self._benches.clear()

    def at(self, digits: int) -> Bench:
        return self.using(multiprecision(digits))

    def using(self, arithmetic: Arithmetic) -> Bench:
        found = self._benches.get(arithmetic.name)
        if found is None:
            found = self._benches[arithmetic.name] = Bench(self, arithmetic)
        return found


class Bench:
    """A site in one arithmetic: values of formulas, and numerical derivatives."""

    def __init__(self, site: Site, arithmetic: Arithmetic) -> None:
        self.derivation = site.derivation
        self.arithmetic = arithmetic
        self.sizes = site.sizes
        self.values = site.sampler.at(site.point, arithmetic)
        self.spacing = Fraction(1, 10 ** ((arithmetic.digits or 15) // 3))
        self.step = arithmetic.number(self.spacing)
        self._instances = site.instances
        self._meter = site.meter
        self._evaluator = Evaluator.of_model(
            self.derivation.model, site.sizes, arithmetic, instances=site.instances,
            extra=displayed(self.derivation), meter=site.meter,
        )
        self.run = self._evaluator.run(self.values, differentiate=self._partial, track=True)
        self._partials: dict[tuple[PartialKind, Element, Element], Value] = {}
        self._reads: dict[Element, frozenset[Element]] = {}
        self._prepared: dict[int, tuple[Expr, Closure]] = {}

    @cached_property
    def program(self) -> Run:
        """The adjoint program as the model that it is."""
        program = self.derivation.program
        evaluator = Evaluator.of_model(
            program, self.sizes, self.arithmetic, instances=self._instances, meter=self._meter
        )
        run = evaluator.run(self.values)
        forward = self.derivation.model.by_target
        run.share(self.run, [n for n, equation in forward.items() if program.by_target.get(n) == equation])
        return run

    def formula(self, e: Expr, indices: tuple[str, ...], key: Key) -> Value:
        """The value of a formula over the named indices."""
        found = self._prepared.get(id(e))
        if found is None:
            found = self._prepared[id(e)] = e, self._evaluator.prepare(e, indices)
        return self.run.closure(found[1], key)

    def total(self, of: Element, wrt: Element) -> Value:
        """∂of/∂wrt through every path, by a central difference of the forward model."""
        return self._partial(self.run, PartialKind.TOTAL, of, wrt)

    def central(self, of: Element, wrt: Element, step: Value) -> tuple[Value, Value, Value]:
        """The model's `of` with `wrt` shifted by −step, 0 and step."""
        below, here, above = (self._shifted(of, wrt, shift) for shift in (-step, None, step))
        return below, here, above

    def _shifted(self, of: Element, wrt: Element, shift: Value | None) -> Value:
        if shift is None:
            return self.run.value(*of)
        self.run.value(*of)
        return self.run.shifted(wrt, shift).value(*of)

    def _partial(self, run: Run, kind: PartialKind, of: Element, wrt: Element) -> Value:
        key = kind, of, wrt
        if key not in self._partials:
            try:
                if kind is PartialKind.EDGE and wrt not in self._reads_of(of):
                    return self.arithmetic.number(0)
                if kind is PartialKind.TOTAL:
                    below, here, above = self.central(of, wrt, self.step)
                else:
                    below, here, above = self._edge(of, wrt)
            except (DomainError, Undefined) as error:
                raise AtKink(f"∂{of[0]}/∂{wrt[0]} at the edge of a domain: {error}") from None
            self._partials[key] = self._quotient(below, here, above, of, wrt)
        return self._partials[key]

    def _quotient(self, below: Value, here: Value, above: Value, of: Element, wrt: Element) -> Value:
        """(f(x+h) − f(x−h)) / 2h; raises AtKink where the one-sided quotients don't approach each other."""
        slope = (above - below) / (2 * self.step)
        jump = abs(above - 2 * here + below) / self.step
        bound = self.arithmetic.number(Fraction(1, 10 ** ((self.arithmetic.digits or 15) // 6)))
        if jump > bound * max(abs(slope), abs(here), 1):
            raise AtKink(f"∂{of[0]}/∂{wrt[0]} at a kink")
        return slope

    def _edge(self, of: Element, wrt: Element) -> tuple[Value, Value, Value]:
        """The one displayed equation of `of`, evaluated with only its own reads of `wrt` shifted."""
        closure, key = self._author(of)
        here = self.run.closure(closure, key)
        below, above = (
            closure(list(key), _Shifted(self.run, wrt, shift)) for shift in (-self.step, self.step)
        )
        return below, here, above

    def _reads_of(self, of: Element) -> frozenset[Element]:
        """The elements that the one displayed equation of `of` reads as values; no others move it."""
        if of not in self._reads:
            closure, key = self._author(of)
            reader = _Recording(self.run)
            closure(list(key), reader)
            self._reads[of] = frozenset(reader.read)
        return self._reads[of]

    def _author(self, of: Element) -> tuple[Closure, Key]:
        """The author's equation for an element: its closure, and the values of its indices."""
        name, key = of
        for equation in self.derivation.forward:
            if equation.target.name == name:
                values = match_target(equation, key, self.sizes, self.run)
                if values is not None:
                    return self._prepare(equation.body, tuple(i.name for i in equation.indices)), values
        body = self._evaluator.definitions[name]
        return self._prepare(body.body, tuple(i.name for i in body.indices)), key

    def _prepare(self, e: Expr, names: tuple[str, ...]) -> Closure:
        found = self._prepared.get(id(e))
        if found is None:
            found = self._prepared[id(e)] = e, self._evaluator.prepare(e, names)
        return found[1]


class _Aside:
    """A reader for one equation beside a run: everything that it reads has the run's value."""

    moves = True

    def __init__(self, run: Run) -> None:
        self._run = run
        self._parts: dict[Element, Value] = {}

    def value(self, name: str, key: Key) -> Value:
        if name.startswith(HOISTED):
            if (name, key) not in self._parts:
                self._parts[(name, key)] = self._run.evaluator.compiled(name).body(list(key), self)
            return self._parts[(name, key)]
        return self._element((name, key))

    def _element(self, element: Element) -> Value:
        return self._run.value(*element)

    def still(self, closure: Closure, env: Env) -> Value:
        return closure(env, self._run)

    def integer(self, name: str, key: Key) -> int:
        return self._run.integer(name, key)

    def partial(self, kind: PartialKind, of: Element, wrt: Element) -> Value:
        return self._run.partial(kind, of, wrt)


class _Recording(_Aside):
    """Notes every element whose value is asked for."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.read: dict[Element, None] = {}

    def _element(self, element: Element) -> Value:
        self.read[element] = None
        return super()._element(element)


class _Shifted(_Aside):
    """One element is shifted, and nothing that depends on it."""

    def __init__(self, run: Run, wrt: Element, shift: Value) -> None:
        super().__init__(run)
        self._wrt = wrt
        self._shift = shift

    def _element(self, element: Element) -> Value:
        value = super()._element(element)
        return value + self._shift if element == self._wrt else value


def displayed(derivation: Derivation) -> list[Definition]:
    """Error terms by their displayed branches, updates as −rate · ∂, and adjoints without a displayed form."""
    found: dict[str, Definition] = {}
    for term in derivation.errors:
        branches = term.branches
        body = branches[0][1] if len(branches) == 1 and not branches[0][0] else Cases(branches)
        found[term.name] = Definition(term.name, term.indices, body)
    rate = derivation.model.rate
    if rate is not None:
        for name, gradient in derivation.gradients.items():
            total = Partial(PartialKind.TOTAL, Access(derivation.of), whole_access(gradient.indices, name))
            step = step_name(name)
            found[step] = Definition(step, gradient.indices, Mul((MINUS_ONE, Access(rate), total)))
    for equation in derivation.program.equations:
        if equation.target not in derivation.model.by_target and equation.target not in found:
            found[equation.target] = definition_of(equation)
    return list(found.values())


def match_target(equation: DisplayEquation, key: Key, sizes: Mapping[str, int], run: Run) -> Key | None:
    """The values of the equation's indices at which its target is the element with this key; None where there are none.

    The subscripts determine the indices one after the other.
    """
    names = tuple(i.name for i in equation.indices)
    known: dict[str, int] = dict(sizes)
    for subscript, at in zip(equation.target.subscripts, key, strict=True):
        assert isinstance(subscript, Affine)
        unknown = [s for s in subscript.symbols if s in names and s not in known]
        if len(unknown) > 1:
            return None
        if not unknown:
            if subscript.evaluate(known) != at:
                return None
            continue
        rest = at - subscript.evaluate({**known, unknown[0]: 0})
        value, remainder = divmod(rest, subscript.coefficient(unknown[0]))
        if remainder:
            return None
        known[unknown[0]] = value
    for index in equation.indices:
        if index.name not in known:
            return None
        if not index.range.lower.evaluate(known) <= known[index.name] <= index.range.upper.evaluate(known):
            return None
    for guard in equation.guards:
        looked = None
        if guard.lookup is not None:
            looked = run.integer(guard.lookup.array, tuple(s.evaluate(known) for s in guard.lookup.subscripts))
        if not guard.holds(known, looked):
            return None
    return tuple(known[n] for n in names)
