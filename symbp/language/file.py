"""The statements of a file sorted by kind, with one namespace for everything that has a name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from symbp.calculus.model import Role
from symbp.language import syntax
from symbp.language.collector import Collector
from symbp.language.linear import names_in, parts
from symbp.language.lookalike import look
from symbp.language.syntax import Span

KINDS = {
    "input": "an input", "target": "a target", "param": "a parameter", "const": "a constant",
    "definition": "a definition", "index": "an index", "size": "a size", "function": "a function",
    "error term": "an error term",
}
"""What each kind of name is called in a message."""

ROLES = {"input": Role.INPUT, "target": Role.TARGET, "param": Role.PARAM, "const": Role.CONST}


@dataclass(frozen=True)
class Entry:
    """What a name stands for, and where it was introduced."""

    name: str
    kind: str
    span: Span

    @property
    def what(self) -> str:
        return KINDS[self.kind]

    @property
    def is_array(self) -> bool:
        return self.kind in ROLES or self.kind == "definition"


@dataclass
class File:
    """Everything that a program states, by kind; `names` is the one namespace."""

    program: syntax.Program
    mistakes: Collector
    names: dict[str, Entry] = field(default_factory=dict)
    arrays: dict[str, tuple[Role, syntax.Declared]] = field(default_factory=dict)
    indices: dict[str, syntax.Binder] = field(default_factory=dict)
    sizes: dict[str, Span] = field(default_factory=dict)
    size_values: list[tuple[str, Span, syntax.Expression]] = field(default_factory=list)
    helpers: dict[str, syntax.FunctionDefinition] = field(default_factory=dict)
    generics: dict[str, syntax.GenericFunction] = field(default_factory=dict)
    definitions: dict[str, list[syntax.Definition]] = field(default_factory=dict)
    losses: list[syntax.Definition] = field(default_factory=list)
    facts: list[syntax.Assume] = field(default_factory=list)
    updates: list[syntax.Update] = field(default_factory=list)
    error_names: list[syntax.ErrorNameStatement] = field(default_factory=list)
    roles: list[syntax.RoleStatement] = field(default_factory=list)
    shows: list[syntax.Show] = field(default_factory=list)
    assignments: list[syntax.Assignment] = field(default_factory=list)

    def register(self, name: str, kind: str, span: Span) -> bool:
        """Enters a name; False and a mistake that points at both places where it is taken."""
        entry = self.names.get(name)
        if entry is None:
            self.names[name] = Entry(name, kind, span)
            return True
        self.clash(entry, kind, span)
        return False

    def clash(self, entry: Entry, kind: str, span: Span) -> None:
        """Tells that `entry`'s name can't also be of another kind."""
        name = entry.name
        if kind == "definition" and entry.kind in ROLES:
            message = f"`{name}` is {entry.what}, so it can't be defined"
        elif kind == entry.kind:
            message = f"`{name}` is declared twice"
        else:
            message = f"`{name}` is {entry.what}, so it can't be {KINDS[kind]} too"
        self.mistakes.error(span, message, "choose another name", ((entry.span, f"{entry.what} here"),))

    def is_index(self, name: str) -> bool:
        """Whether a bare name may be an index: declared as one, or not known as anything else."""
        entry = self.names.get(name)
        return entry is None or entry.kind == "index"

    @cached_property
    def letters_in_formulas(self) -> frozenset[str]:
        """Every bare name that stands in a formula, a subscript or a binder; asked for when all is collected."""
        definitions = (c for cases in self.definitions.values() for c in cases)
        formulas = [h.body for h in self.helpers.values()] + [f.left for f in self.facts]
        formulas += [e for n in self.error_names for e in n.subscripts] + [e for s in self.shows for e in s.subscripts]
        return frozenset(words_of(definitions, lambda d: _letters((*d.subscripts, d.body))) | _letters(formulas))

    def array_names(self) -> Iterator[str]:
        return (n for n, e in self.names.items() if e.is_array)


def collect(program: syntax.Program, mistakes: Collector) -> File:
    """Sorts the statements and enters their names; clashes are recorded, the first of two holds."""
    file = File(program, mistakes)
    for statement in program.statements:
        _enter(file, statement)
    for span, name in (*_names_in_bounds(program), *_names_in_binders(program)):
        entry = file.names.get(name)
        if entry is None:
            file.register(name, "size", span)
            file.sizes.setdefault(name, span)
        elif entry.kind == "size":
            file.sizes.setdefault(name, entry.span)
    _model_of_one_helper(file)
    _check_looks(file)
    return file


def _enter(file: File, statement: syntax.Statement) -> None:
    match statement:
        case syntax.Declaration(role=role, names=names):
            for declared in names:
                if role == "param" and declared.values is not None:
                    message = f"the parameter `{declared.name}` can't be an integer"
                    file.mistakes.error(declared.span, message, "make it an `input`")
                if file.register(declared.name, role, declared.name_span):
                    kind = ROLES[role] if declared.values is None else Role.INTEGER
                    file.arrays[declared.name] = (kind, declared)
        case syntax.IndexDeclaration(ranges=ranges):
            for binder in ranges:
                if file.register(binder.name, "index", binder.name_span):
                    file.indices[binder.name] = binder
        case syntax.SizeDeclaration(sizes=sizes):
            for name, span, value in sizes:
                if file.register(name, "size", span):
                    file.sizes[name] = span
                    if value is not None:
                        file.size_values.append((name, span, value))
        case syntax.GenericFunction(name=name, name_span=span):
            if file.register(name, "function", span):
                file.generics[name] = statement
        case syntax.FunctionDefinition(name=name, name_span=span):
            if file.register(name, "function", span):
                file.helpers[name] = statement
                _check_parameters(file, statement)
        case syntax.Definition(name=name, name_span=span):
            if name in file.definitions or file.register(name, "definition", span):
                file.definitions.setdefault(name, []).append(statement)
            if statement.is_loss:
                file.losses.append(statement)
        case syntax.Assume():
            file.facts.append(statement)
        case syntax.Update():
            file.updates.append(statement)
        case syntax.ErrorNameStatement(name=name, name_span=span):
            if file.register(name, "error term", span):
                file.error_names.append(statement)
        case syntax.RoleStatement():
            file.roles.append(statement)
        case syntax.Show():
            file.shows.append(statement)
        case syntax.Assignment():
            file.assignments.append(statement)


def _check_parameters(file: File, helper: syntax.FunctionDefinition) -> None:
    seen: dict[str, Span] = {}
    for name, span in helper.parameters:
        if name in seen:
            message = f"`{helper.name}` has two arguments named `{name}`"
            file.mistakes.error(span, message, "", ((seen[name], "first here"),))
        seen.setdefault(name, span)


def _names_in_bounds(program: syntax.Program) -> Iterator[tuple[Span, str]]:
    """Every name in a bound of an index, an axis or an integer input, and in an axis that is a formula."""
    for statement in program.statements:
        if isinstance(statement, syntax.IndexDeclaration):
            for binder in statement.ranges:
                yield from _names_in((binder.lower, binder.upper))
        elif isinstance(statement, syntax.Declaration):
            for declared in statement.names:
                yield from _names_in(declared.values or ())
                for axis in declared.axes:
                    if axis.lower is not None or not isinstance(axis.upper, syntax.Name):
                        yield from _names_in((axis.lower, axis.upper))


def _names_in_binders(program: syntax.Program) -> Iterator[tuple[Span, str]]:
    """Every name in a binder's own bounds that no formula binds and no left side gives: a size."""
    definitions = [s for s in program.statements if isinstance(s, syntax.Definition)]
    helpers = [s for s in program.statements if isinstance(s, syntax.FunctionDefinition)]
    letters = words_of(definitions, lambda d: {
        *(s.name for s in d.subscripts if isinstance(s, syntax.Name)), *(b.name for b in _binders(d.body)),
    })
    for helper in helpers:
        letters.update(name for name, _ in helper.parameters)
        letters.update(b.name for b in _binders(helper.body))
    bounded = words_of(definitions, lambda d: {n for b in _binders(d.body) for _, n in _names_in((b.lower, b.upper))})
    if not bounded and not helpers:
        return iter(())
    bodies = [*(d.body for d in definitions), *(h.body for h in helpers)]
    found = [x for body in bodies for b in _binders(body) for x in _names_in((b.lower, b.upper))]
    return ((span, name) for span, name in sorted(found, key=lambda f: f[0].start) if name not in letters)


def words_of(
    definitions: Iterable[syntax.Definition], wanted: Callable[[syntax.Definition], set[str]]
) -> set[str]:
    """The union of what is `wanted` of each definition's words; of those that are alike only the first is asked."""
    found: set[str] = set()
    places: dict[int, list[int]] = {}
    for d in definitions:
        if d.like is None:
            found |= wanted(d)
            continue
        words, known = d.like.words, places.get(d.like.number)
        if known is None:
            own = wanted(d)
            found |= own
            if own.issubset(words):
                places[d.like.number] = [k for k, word in enumerate(words) if word in own]
        else:
            found.update([words[k] for k in known])
    return found


def _letters(formulas: Iterable[syntax.Expression]) -> set[str]:
    """Every bare name in formulas, those of binders included."""
    found: set[str] = set()
    for e in formulas:
        found.update(n.name for n in names_in(e))
        found.update(b.name for b in _binders(e))
    return found


def _binders(e: syntax.Expression) -> Iterator[syntax.Binder]:
    """Every binder in a formula."""
    stack = [e]
    while stack:
        node = stack.pop()
        if isinstance(node, syntax.Reduction):
            yield from node.binders
        stack.extend(parts(node))


def _names_in(formulas: tuple[syntax.Expression | None, ...]) -> Iterator[tuple[Span, str]]:
    for e in formulas:
        if e is not None:
            yield from ((n.span, n.name) for n in names_in(e))


def _model_of_one_helper(file: File) -> None:
    """`f(x, y) = …` alone in a file is the model: its arguments are inputs, its value is the loss."""
    if file.definitions or file.losses or len(file.helpers) != 1:
        return
    (helper,) = file.helpers.values()
    del file.helpers[helper.name]
    del file.names[helper.name]
    for name, span in helper.parameters:
        if name in file.arrays:
            continue
        if file.register(name, "input", span):
            file.arrays[name] = (Role.INPUT, syntax.Declared(span, name, span, ()))
    loss = syntax.Definition(helper.span, helper.name, helper.name_span, (), helper.body, True)
    if file.register(helper.name, "definition", helper.name_span):
        file.definitions[helper.name] = [loss]
        file.losses.append(loss)


def _check_looks(file: File) -> None:
    """Two names that print alike are a mistake at the second."""
    seen: dict[str, Entry] = {}
    for entry in file.names.values():
        first = seen.setdefault(look(entry.name), entry)
        if first is not entry:
            file.mistakes.error(
                entry.span, f"`{entry.name}` and `{first.name}` look alike in print", "choose another name",
                ((first.span, f"`{first.name}` is {first.what} here"),),
            )
