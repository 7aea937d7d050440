"""Accesses and their subscripts: names resolved, forms read, ranges checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbp.calculus.affine import Affine, Index, Lookup, Subscript, form_in_range
from symbp.calculus.expression import Access, Position
from symbp.calculus.model import Role
from symbp.calculus.sets import implies, positive
from symbp.language import syntax
from symbp.language.bounds import Reading, context_of
from symbp.language.conditions import Side
from symbp.language.elementary import Place
from symbp.language.linear import integer_form, linear, names_in
from symbp.language.value import Value

if TYPE_CHECKING:
    from symbp.language.expressions import Formulas


class Accesses:
    """The accesses of one author's definition."""

    def __init__(self, formulas: Formulas) -> None:
        self._formulas = formulas

    def access(self, e: syntax.Subscripted, place: Place) -> Access | None:
        """The access, with its subscripts read; None after a mistake. The range isn't checked."""
        if not self._is_array(e, place):
            for s in e.subscripts:
                self.subscript(s, place)
            return None
        rank = len(self._formulas.world.ranges.axes[e.name])
        subscripts = [self.subscript(s, place) for s in e.subscripts]
        if len(subscripts) != rank:
            if rank == 0:
                message = f"`{e.name}` is a single number: it has no subscripts"
            else:
                message = f"`{e.name}` needs {count_of(rank)}, {len(subscripts)} given"
            self._formulas.error(e.span, message, self._formulas.as_written(e.name))
            return None
        if any(s is None for s in subscripts):
            return None
        return Access(e.name, tuple(s for s in subscripts if s is not None))

    def _is_array(self, e: syntax.Subscripted, place: Place) -> bool:
        meant = place.env.get(e.name)
        if isinstance(meant, Value):
            self._formulas.error(e.name_span, f"`{e.name}` is an argument, a single number: it has no subscripts")
            return False
        if isinstance(meant, Index):
            self._formulas.error(e.name_span, f"`{e.name}` is an index, not an array")
            return False
        entry = self._formulas.file.names.get(e.name)
        if entry is None:
            self._formulas.undefined(e.name, e.name_span)
            return False
        if not entry.is_array:
            also = ((entry.span, f"{entry.what} here"),)
            self._formulas.error(e.name_span, f"`{e.name}` is {entry.what}, not an array", "", also)
            return False
        return True

    def resolve(self, name: str, place: Place) -> Affine | None:
        """An index in scope, a size, or an argument that is a position, as a form."""
        meant = place.env.get(name)
        if isinstance(meant, Index):
            return Affine.of(meant.name)
        if meant is not None:
            atom = meant.atom
            return atom.value if isinstance(atom, Position) else None
        entry = self._formulas.file.names.get(name)
        return Affine.of(name) if entry is not None and entry.kind == "size" else None

    def lookup(self, e: syntax.Expression, place: Place) -> Lookup | None:
        """An integer input read by itself; None for any other formula."""
        if not isinstance(e, (syntax.Name, syntax.Subscripted)) or e.name in place.env:
            return None
        known = self._formulas.file.arrays.get(e.name)
        if known is None or known[0] is not Role.INTEGER:
            return None
        if isinstance(e, syntax.Name):
            return Lookup(e.name) if not known[1].axes else None
        access = self.access(e, place)
        if access is None or any(isinstance(s, Lookup) for s in access.subscripts):
            return None
        self.check(access, e, place)
        return Lookup(e.name, tuple(s for s in access.subscripts if isinstance(s, Affine)))

    def side(self, e: syntax.Expression, place: Place) -> Side | None:
        """A side of a comparison of indices; None where it isn't made of indices, sizes and integer inputs."""
        found = self.lookup(e, place)
        return found if found is not None else linear(e, lambda name: self.resolve(name, place))

    def subscript(self, e: syntax.Expression, place: Place) -> Subscript | None:
        """A subscript; None after a mistake."""
        form = integer_form(e, lambda name: self.resolve(name, place))
        if form is not None:
            return form
        found = self.lookup(e, place)
        if found is None:
            self._bad_subscript(e, place)
        return found

    def _bad_subscript(self, e: syntax.Expression, place: Place) -> None:
        quoted = self._formulas.mistakes.quote(e.span)
        for node in names_in(e):
            if node.name in place.env or node.name in self._formulas.world.ranges.sizes:
                continue
            entry = self._formulas.file.names.get(node.name)
            if entry is None or entry.kind == "index":
                self._formulas.name(node, place)
                return
            if entry.kind in ("input", "target", "const", "param", "definition"):
                self._formulas.error(
                    e.span, f"{quoted} can't be a subscript: `{node.name}` is {entry.what}, not an integer input",
                    f"declare its values: `input {node.name} in 1..n`", ((entry.span, f"{entry.what} here"),),
                )
                return
        if isinstance(e, (syntax.Name, syntax.Subscripted)):
            entry = self._formulas.file.names.get(e.name)
            if entry is None and e.name not in place.env:
                self._formulas.undefined(e.name, e.span)
                return
            what = entry.what if entry is not None else "an argument"
            self._formulas.error(
                e.span, f"{quoted} can't be a subscript: `{e.name}` is {what}, not an integer input",
                "an integer input is declared with its values: `input tok[t] in 1..V`",
            )
            return
        self._formulas.error(
            e.span, f"{quoted} can't be a subscript",
            "a subscript is a sum of indices and sizes with integer coefficients, or an integer input by itself",
        )

    def check(self, access: Access, e: syntax.Subscripted, place: Place) -> bool:
        """Whether the read is safe only because of the guards around it; records what is wrong with it."""
        bounds, partial = self._formulas.world.bounds, False
        axes = self._formulas.world.ranges.of_axes(access.name)
        defined = access.name in self._formulas.file.definitions
        rank = len(axes)
        for s, axis, node in zip(access.subscripts, axes, e.subscripts, strict=True):
            if isinstance(s, Affine):
                reading = Reading(access.name, axis, s, node.span, defined, rank)
                partial = bounds.check(reading, place) or partial
            else:
                reading = Reading(access.name, axis, Affine(), node.span, defined, rank)
                bounds.check_lookup(s, self._formulas.world.ranges.values[s.array], reading, place)
                partial = partial or not self._is_in_range(s, place)
        if access.name in bounds.holes:
            bounds.check_holes(access.name, access.subscripts, place, e.span)
        return partial

    def _is_in_range(self, lookup: Lookup, place: Place) -> bool:
        """Whether an integer input is read in range whatever the guards around it."""
        axes = self._formulas.world.ranges.of_axes(lookup.array)
        context = context_of(place)
        wanted = (g for form, axis in zip(lookup.subscripts, axes, strict=True) for g in form_in_range(form, axis))
        inside = {i.name for i in place.indices}
        return all(implies((*positive(s for s in g.symbols if s not in inside), *context), g) for g in wanted)


def count_of(count: int) -> str:
    return f"{count} subscript{'s' * (count != 1)}"
