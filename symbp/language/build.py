"""Builds the syntax tree from the bottom up, as the parser reduces: no tree of the parser's own, no recursion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lark import Token, Transformer

from symbp.language import syntax
from symbp.language.applications import called
from symbp.language.lexemes import look_of, name_of, numeral_value
from symbp.language.mistake import Mistake, join, span_of
from symbp.language.parts import Bound, Built, Group, Several, depth_of, every_other, node_at, number, truth
from symbp.language.syntax import Span

Children = list[Any]
Connective = Callable[[Span, tuple[syntax.Condition, ...]], syntax.Condition]


class Build(Transformer[Token, Any]):
    """One method for each rule of the grammar; each is given the rule's parts, punctuation included."""

    def program(self, children: Children) -> tuple[Group, ...]:
        return tuple(group for group in children if not isinstance(group, Token))

    # Names and ranges

    def role(self, children: list[Token]) -> Token:
        return children[0]

    def keyword(self, children: list[Token]) -> Token:
        return children[0]

    def target(self, children: list[Token]) -> Token:
        return children[0]

    def declaration(self, children: Children) -> tuple[syntax.Statement, ...]:
        role, *rest = children
        names = every_other(rest)
        return (syntax.Declaration(join(span_of(role), names[-1].span), str(role), names),)

    def declared(self, children: Children) -> syntax.Declared:
        token = children[0]
        axes: tuple[syntax.Axis, ...] = ()
        values: tuple[syntax.Expression, syntax.Expression] | None = None
        end = span_of(token)
        for part in children[1:]:
            if isinstance(part, Several):
                end = part.span
                if isinstance(part.parts[0], syntax.Axis):
                    axes = part.parts
                else:
                    values = (part.parts[0], part.parts[1])
        return syntax.Declared(join(span_of(token), end), name_of(token), span_of(token), axes, values)

    def axes(self, children: Children) -> Several:
        return Several(every_other(children[1:-1]), 0, join(span_of(children[0]), span_of(children[-1])))

    def axis(self, children: Children) -> syntax.Axis:
        span = join(children[0].span, children[-1].span)
        lower = number(children[0]) if len(children) == 3 else None
        return syntax.Axis(span, lower, number(children[-1]))

    def bounds(self, children: Children) -> Several:
        lower, _, upper = children
        return Several((number(lower), number(upper)), depth_of((lower, upper)), join(lower.span, upper.span))

    def indices(self, children: Children) -> tuple[syntax.Statement, ...]:
        ranges = every_other(children[1:])
        return (syntax.IndexDeclaration(join(span_of(children[0]), ranges[-1].span), ranges),)

    def range(self, children: Children) -> syntax.Binder:
        token, _, bounds = children
        lower, upper = bounds.parts
        return syntax.Binder(join(span_of(token), bounds.span), name_of(token), span_of(token), lower, upper)

    def sizes(self, children: Children) -> tuple[syntax.Statement, ...]:
        sizes = every_other(children[1:])
        end = children[-1][1]
        return (syntax.SizeDeclaration(join(span_of(children[0]), end), sizes),)

    def size(self, children: Children) -> tuple[str, Span, syntax.Expression | None]:
        token = children[0]
        value = number(children[2]) if len(children) == 3 else None
        return name_of(token), span_of(token), value

    def generic(self, children: Children) -> tuple[syntax.Statement, ...]:
        word, token, parameters = children
        span = join(span_of(word), parameters.span)
        return (syntax.GenericFunction(span, name_of(token), span_of(token), parameters.parts),)

    # Equations

    def definition(self, children: Children) -> tuple[syntax.Statement, ...]:
        return (self._define(children, span_of(children[0]), is_loss=False),)

    def loss(self, children: Children) -> tuple[syntax.Statement, ...]:
        return (self._define(children[1:], span_of(children[0]), is_loss=True),)

    def _define(self, children: Children, start: Span, *, is_loss: bool) -> syntax.Definition:
        token, body = children[0], children[-1]
        subscripts = children[1].parts if isinstance(children[1], Several) else ()
        span = join(start, body.span)
        return syntax.Definition(span, name_of(token), span_of(token), subscripts, number(body), is_loss)

    def helper(self, children: Children) -> tuple[syntax.Statement, ...]:
        token, parameters, _, body = children
        span = join(span_of(token), body.span)
        return (syntax.FunctionDefinition(span, name_of(token), span_of(token), parameters.parts, number(body)),)

    def parameters(self, children: Children) -> Several:
        parts = tuple((name_of(t), span_of(t)) for t in every_other(children[1:-1]))
        return Several(parts, 0, join(span_of(children[0]), span_of(children[-1])))

    def subscripts(self, children: Children) -> Several:
        parts = every_other(children[1:-1])
        span = join(span_of(children[0]), span_of(children[-1]))
        return Several(tuple(number(p) for p in parts), depth_of(parts), span)

    # Facts, names and values

    def assume(self, children: Children) -> tuple[syntax.Statement, ...]:
        word, left = children[0], children[1]
        span = join(span_of(word), children[-1].span)
        if len(children) == 2:
            return (self._assume_relation(span, left),)
        if isinstance(children[3], Several):
            return (syntax.Assume(span, number(left), "in", None, children[3].parts),)
        return (syntax.Assume(span, number(left), "=", number(children[3])),)

    def _assume_relation(self, span: Span, fact: Built) -> syntax.Assume:
        node = fact.node
        if not isinstance(node, syntax.Comparison) or len(node.relations) != 1:
            raise Mistake(
                fact.span, "one relation is expected in `assume`",
                "write `= < <= > >= !=` between two formulas, or `in {0, 1}`",
            )
        relation = "=" if node.relations[0] == "==" else node.relations[0]
        return syntax.Assume(span, node.operands[0], relation, node.operands[1])

    members = subscripts

    def update(self, children: Children) -> tuple[syntax.Statement, ...]:
        word, rate = children
        return (syntax.Update(join(span_of(word), span_of(rate)), name_of(rate), span_of(rate)),)

    def error_names(self, children: Children) -> tuple[syntax.Statement, ...]:
        return every_other(children[1:])

    def error_name(self, children: Children) -> syntax.ErrorNameStatement:
        token = children[0]
        subscripts = children[1].parts if isinstance(children[1], Several) else ()
        sign = -1 if any(isinstance(c, Token) and c.type == "MINUS" for c in children) else 1
        last = children[-2]
        read = children[-3:-1] if isinstance(last, Several) else [last]
        of = self._read(read)
        span = join(span_of(token), span_of(children[-1]))
        return syntax.ErrorNameStatement(span, name_of(token), span_of(token), subscripts, sign, of)

    def _read(self, children: Children) -> syntax.Name | syntax.Subscripted:
        token = children[0]
        if len(children) == 1:
            return syntax.Name(span_of(token), name_of(token))
        span = join(span_of(token), children[1].span)
        return syntax.Subscripted(span, name_of(token), span_of(token), children[1].parts)

    def roles(self, children: Children) -> tuple[syntax.Statement, ...]:
        return every_other(children[1:])

    def role_of(self, children: Children) -> syntax.RoleStatement:
        token, _, *words = children
        part_span = join(span_of(words[0]), span_of(words[-1]))
        return syntax.RoleStatement(
            join(span_of(token), part_span), name_of(token), span_of(token), "".join(map(str, words)), part_span,
        )

    def shows(self, children: Children) -> tuple[syntax.Statement, ...]:
        return every_other(children[1:])

    def show(self, children: Children) -> syntax.Show:
        token, look = children[0], children[-1]
        subscripts = children[1].parts if isinstance(children[1], Several) else ()
        text = look_of(look)
        span = join(span_of(token), span_of(look))
        return syntax.Show(span, name_of(token), span_of(token), subscripts, text, span_of(look))

    def values(self, children: Children) -> tuple[syntax.Statement, ...]:
        return every_other(children[1:])

    def value(self, children: Children) -> syntax.Assignment:
        token, _, value = children
        held = number(value) if isinstance(value, Built) else value
        return syntax.Assignment(join(span_of(token), value.span), name_of(token), span_of(token), held)

    def matrix(self, children: Children) -> syntax.Matrix:
        span = join(span_of(children[0]), span_of(children[-1]))
        items = tuple(number(c) if isinstance(c, Built) else c for c in every_other(children[1:-1]))
        return syntax.Matrix(span, items)

    # Conditions

    def condition(self, children: Children) -> Built:
        return self._connect(children, syntax.Or)

    def conjunction(self, children: Children) -> Built:
        return self._connect(children, syntax.And)

    def _connect(self, children: Children, kind: Connective) -> Built:
        parts = every_other(children)
        span = join(parts[0].span, parts[-1].span)
        return node_at(depth_of(parts) + 1, span, kind(span, tuple(truth(p) for p in parts)))

    def negation(self, children: Children) -> Built:
        word, operand = children
        span = join(span_of(word), operand.span)
        return node_at(operand.depth + 1, span, syntax.Not(span, truth(operand)))

    def comparison(self, children: Children) -> Built:
        parts = every_other(children)
        span = join(parts[0].span, parts[-1].span)
        relations = tuple(str(t) for t in children[1::2])
        return node_at(depth_of(parts) + 1, span, syntax.Comparison(span, tuple(number(p) for p in parts), relations))

    # Formulas

    def expression(self, children: Children) -> Built:
        parts = every_other(children)
        span = join(parts[0].span, parts[-1].span)
        signs = (1, *(-1 if t.type == "MINUS" else 1 for t in children[1::2]))
        terms = [(s, number(p)) for s, p in zip(signs, parts, strict=True)]
        first = terms[0][1]
        if isinstance(first, syntax.Negative):
            terms[0] = (-1, first.operand)
        return node_at(depth_of(parts) + 1, span, syntax.Sum(span, tuple(terms)))

    def product(self, children: Children) -> Built:
        parts = every_other(children)
        span = join(parts[0].span, parts[-1].span)
        exponents = (1, *(-1 if t.type == "DIVIDE" else 1 for t in children[1::2]))
        factors = tuple((e, number(p)) for e, p in zip(exponents, parts, strict=True))
        return node_at(depth_of(parts) + 1, span, syntax.Product(span, factors))

    def negative(self, children: Children) -> Built:
        sign, operand = children
        span = join(span_of(sign), operand.span)
        return node_at(operand.depth + 1, span, syntax.Negative(span, number(operand)))

    def power(self, children: Children) -> Built:
        base, _, exponent = children
        span = join(base.span, exponent.span)
        return node_at(depth_of((base, exponent)) + 1, span, syntax.PowerOf(span, number(base), number(exponent)))

    def parenthesis(self, children: Children) -> Built:
        left, inner, right = children
        return Built(inner.node, inner.depth, join(span_of(left), span_of(right)))

    def numeral(self, children: Children) -> Built:
        token = children[0]
        return Built(syntax.Numeral(span_of(token), numeral_value(token)), 1, span_of(token))

    def variable(self, children: Children) -> Built:
        token = children[0]
        return Built(syntax.Name(span_of(token), name_of(token)), 1, span_of(token))

    def access(self, children: Children) -> Built:
        node = self._read(children)
        return node_at(children[1].depth + 1, node.span, node)

    # Calls

    def binder(self, children: Children) -> Bound:
        token = children[0]
        lower: syntax.Expression | None = None
        upper: syntax.Expression | None = None
        condition: syntax.Condition | None = None
        for part in children[1:]:
            if isinstance(part, Several):
                lower, upper = part.parts
            elif isinstance(part, Built):
                condition = truth(part)
        span = join(span_of(token), children[-1].span)
        depth = depth_of([c for c in children if not isinstance(c, Token)])
        return Bound(syntax.Binder(span, name_of(token), span_of(token), lower, upper, condition), depth, span)

    def call(self, children: Children) -> Built:
        token, arguments = children[0], every_other(children[2:-1])
        span = join(span_of(token), span_of(children[-1]))
        return node_at(depth_of(arguments) + 1, span, called(token, span, arguments))
