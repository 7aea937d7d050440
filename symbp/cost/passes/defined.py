"""Whether formulas have a value: nothing read out of range, nothing divided by 0, no argument outside a domain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from symbp.calculus.affine import Affine, Range, Subscript, form_in_range
from symbp.calculus.expression import Access, Apply, Cases, Expr, Number, Power, Reduce, children
from symbp.calculus.functions import FUNCTIONS
from symbp.calculus.model import Array, Definition
from symbp.calculus.signs import Signs
from symbp.cost.passes.scopes import Scope, contains, context_of
from symbp.cost.passes.zeros import may_be_empty

SIGNS = Signs((), (), (), {})


class Defined:
    """What can be told of formulas that read these arrays and definitions."""

    def __init__(self, arrays: Mapping[str, Array], definitions: Iterable[Definition]) -> None:
        self.ranges: dict[str, tuple[tuple[str, Range], ...]] = {
            name: tuple(("", r) for r in array.axes) for name, array in arrays.items()
        }
        self.ranges |= {d.target: tuple((i.name, i.range) for i in d.indices) for d in definitions}

    def everywhere(self, e: Expr, scope: Scope) -> bool:
        """Whether the formula is known to have a value wherever the scope's conditions hold."""
        match e:
            case Access(name, subscripts):
                return self._in_range(name, subscripts, scope)
            case Power(base, Number(n)) if n.denominator == 1:
                return self.everywhere(base, scope) and (n > 0 or SIGNS.of(base, context_of(scope)).is_nonzero)
            case Power():
                return False
            case Apply(function, arguments):
                builtin = FUNCTIONS.get(function)
                return (builtin is None or not builtin.domain) and all(self.everywhere(a, scope) for a in arguments)
            case Reduce(kind, body=body):
                return (kind in ("sum", "prod") or not may_be_empty(e)) and self.everywhere(body, scope.inside(e))
            case Cases(branches):
                return all(self.everywhere(body, scope.under(guards)) for guards, body in branches)
            case _:
                return all(self.everywhere(part, scope) for part in children(e))

    def _in_range(self, name: str, subscripts: tuple[Subscript, ...], scope: Scope) -> bool:
        values: dict[str, Affine] = {}
        for s, (letter, within) in zip(subscripts, self.ranges.get(name, ()), strict=True):
            if not isinstance(s, Affine):
                if not self._in_range(s.array, s.subscripts, scope):
                    return False
            elif not contains(scope, form_in_range(s, within.substitute(values))):
                return False
            else:
                values[letter] = s
        return True
