"""Which letters a formula binds and which it leaves free: one reading of scope for inference and lowering."""

from __future__ import annotations

from symbp.language import syntax
from symbp.language.file import File
from symbp.language.linear import operands, parts


def binds(file: File, e: syntax.Reduction, local: frozenset[str]) -> bool:
    """Whether a reduction binds indices, as `max(a, b)` over numbers doesn't. `local`: a helper's arguments."""
    if e.function not in ("max", "min"):
        return True
    if any(b.lower is not None or b.condition is not None for b in e.binders):
        return True
    return not any(_is_number(file, b.name, local) for b in e.binders)


def _is_number(file: File, name: str, local: frozenset[str]) -> bool:
    entry = file.names.get(name)
    return name in local or (entry is None and name == "pi") or (entry is not None and entry.kind != "index")


def elementwise(e: syntax.Reduction) -> syntax.Call:
    """`max(a, b)`, read as a reduction, as the call that it is."""
    names = tuple(syntax.Name(b.span, b.name) for b in e.binders)
    return syntax.Call(e.span, e.function, e.function_span, (*names, e.body))


def free_letters(file: File, e: syntax.Expression) -> tuple[syntax.Name, ...]:
    """The first occurrence of each bare name that is an index and that nothing in the formula binds."""
    found: dict[str, syntax.Name] = {}
    stack: list[tuple[syntax.Expression, frozenset[str]]] = [(e, frozenset())]
    while stack:
        node, bound = stack.pop()
        match node:
            case syntax.Name(name=name):
                if name not in bound and name != "pi" and file.is_index(name):
                    found.setdefault(name, node)
            case syntax.Reduction(binders=binders, body=body) if binds(file, node, frozenset()):
                inner = bound | {b.name for b in binders}
                outside = [x for b in binders for x in (b.lower, b.upper) if x is not None]
                inside = [x for b in binders if b.condition is not None for x in operands(b.condition)]
                stack.extend((x, inner) for x in reversed((*inside, body)))
                stack.extend((x, bound) for x in reversed(outside))
            case syntax.Reduction():
                stack.append((elementwise(node), bound))
            case _:
                stack.extend((x, bound) for x in reversed(parts(node)))
    return tuple(found.values())


