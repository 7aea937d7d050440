"""name(arguments): `where`, a reduction over its leading binders, or an ordinary call."""

from __future__ import annotations

from lark import Token

from symbp.language import syntax
from symbp.language.lexemes import spelling
from symbp.language.mistake import Mistake, span_of
from symbp.language.parts import Bound, Built, number, truth
from symbp.language.syntax import Span
from symbp.language.words import BINDING


def called(token: Token, span: Span, arguments: tuple[Built | Bound, ...]) -> syntax.Expression:
    """`where`, a reduction over its leading binders, or an ordinary call."""
    function = spelling(token)
    at = span_of(token)
    if function == "where":
        return where(span, at, arguments)
    if function in BINDING or (function in ("max", "min") and leads_with_binders(arguments)):
        return reduction(function, at, span, arguments)
    for argument in arguments:
        if isinstance(argument, Bound):
            raise Mistake(
                argument.span, f"`{function}` doesn't bind an index",
                "`sum`, `prod`, `max`, `min`, `mean`, `logsumexp` and `softmax` do",
            )
    return syntax.Call(span, function, at, tuple(number(a) for a in arguments if isinstance(a, Built)))


def where(span: Span, at: Span, arguments: tuple[Built | Bound, ...]) -> syntax.Where:
    plain = [a for a in arguments if isinstance(a, Built)]
    if len(plain) != 3 or len(arguments) != 3:
        raise Mistake(at, f"`where` takes 3 arguments, not {len(arguments)}", "write `where(condition, yes, no)`")
    return syntax.Where(span, truth(plain[0]), number(plain[1]), number(plain[2]))


def is_binder(argument: Built | Bound) -> bool:
    return isinstance(argument, Bound) or isinstance(argument.node, syntax.Name)


def leads_with_binders(arguments: tuple[Built | Bound, ...]) -> bool:
    """Whether every argument but the last is a bare name or a binder, and there is one."""
    return len(arguments) > 1 and all(is_binder(a) for a in arguments[:-1])


def reduction(function: str, at: Span, span: Span, arguments: tuple[Built | Bound, ...]) -> syntax.Reduction:
    """function(binders, body)."""
    *leading, body = arguments
    if not leading and isinstance(body, Built):
        letters = ", ".join(letters_of(body.node)) or "i"
        raise Mistake(at, f"an index is missing: `{function}` is given no more than a formula",
                      f"write `{function}({letters}, …)`")
    reject_old_range(function, arguments)
    binders = tuple(as_binder(function, a) for a in leading)
    if isinstance(body, Bound):
        raise Mistake(body.span, f"`{function}` needs a formula after its indices", f"write `{function}(i, x[i])`")
    return syntax.Reduction(span, function, at, binders, number(body))


def letters_of(node: syntax.Expression | syntax.Condition) -> tuple[str, ...]:
    """The plain subscripts of an access, or of the accesses of a product."""
    parts = [p for _, p in node.factors] if isinstance(node, syntax.Product) else [node]
    subscripts = (s for p in parts if isinstance(p, syntax.Subscripted) for s in p.subscripts)
    return tuple(dict.fromkeys(s.name for s in subscripts if isinstance(s, syntax.Name)))


def reject_old_range(function: str, arguments: tuple[Built | Bound, ...]) -> None:
    """`sum(i, 1, 3, body)` is written `sum(i in 1..3, body)` here."""
    if len(arguments) != 4 or not is_binder(arguments[0]) or all(is_binder(a) for a in arguments[1:3]):
        return
    index, lower, upper = (written(a.node) for a in arguments[:3])
    raise Mistake(
        arguments[1].span, f"`{function}` takes its range behind `in`",
        f"write `{function}({index} in {lower}..{upper}, …)`",
    )


def written(node: syntax.Expression | syntax.Condition | syntax.Binder) -> str:
    """A name or a whole number as text, `…` for anything else."""
    if isinstance(node, syntax.Name):
        return node.name
    return str(node.value) if isinstance(node, syntax.Numeral) else "…"


def as_binder(function: str, argument: Built | Bound) -> syntax.Binder:
    if isinstance(argument, Bound):
        return argument.node
    if isinstance(argument.node, syntax.Name):
        return syntax.Binder(argument.span, argument.node.name, argument.node.span)
    raise Mistake(
        argument.span, f"an index is expected here: all arguments of `{function}` but the last bind one",
        f"write `{function}(i, j, …)` or `{function}(i in 1..3, …)`",
    )
