r"""A reader of LaTeX formulas: text → tree, by recursive descent, as a person reads a page.

The body of Σ is the rest of its product, and so is what log without brackets takes. A superscript before a subscript,
or in brackets or upright, belongs to the name; one after it is a power.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from tests.reading_names import Lexicon, spelling
from tests.reading_tree import (
    Big,
    Binder,
    Call,
    Cases,
    Comparison,
    Condition,
    Iverson,
    Members,
    Misread,
    Negative,
    Node,
    Numeral,
    Partial,
    Power,
    Product,
    Quotient,
    Span,
    Sum,
    Symbol,
)

TOKEN = re.compile(
    r"\\(?:left|right)(?:\\[|{}]|[()\[\].|])|\\(?:begin|end)\{\w+\*?\}|\\text\{[^{}]*\}|\\[A-Za-z]+\*?|\\.|"
    r"\d+(?:\.\d+)?|:=|'+|\s+|.", re.DOTALL,
)
SPACES = re.compile(
    r"\s+|\\[,;:! ]|\\(?:thin|med|thick)space|\\(?:q?quad|displaystyle|textstyle|limits|nolimits|bigl|bigr)",
)
FUNCTIONS = {
    "\\log": "log", "\\ln": "log", "\\sin": "sin", "\\cos": "cos", "\\tan": "tan", "\\sinh": "sinh", "\\cosh": "cosh",
    "\\tanh": "tanh", "\\arcsin": "asin", "\\arccos": "acos", "\\arctan": "atan", "\\exp": "exp",
}
GREEK = frozenset(re.findall(r"\\\w+", r"""
    \alpha \beta \gamma \delta \epsilon \varepsilon \zeta \eta \theta \vartheta \iota \kappa \lambda \mu \nu \xi \pi
    \varpi \rho \varrho \sigma \varsigma \tau \upsilon \phi \varphi \chi \psi \omega \ell
    \Gamma \Delta \Theta \Lambda \Xi \Pi \Sigma \Upsilon \Phi \Psi \Omega
"""))
ACCENTS = frozenset(re.findall(r"\\\w+", r"""
    \hat \bar \tilde \dot \ddot \vec \check \breve \acute \grave \mathring
"""))
ALPHABETS = frozenset(re.findall(r"\\\w+", r"\mathrm \mathbf \mathit \mathsf \boldsymbol \mathcal \mathbb"))
RELATIONS = {
    "=": "=", ":=": ":=", "\\equiv": ":=", "<": "<", ">": ">", "\\le": "<=", "\\leq": "<=", "\\ge": ">=",
    "\\geq": ">=", "\\ne": "!=", "\\neq": "!=", "\\mid": "divides", "\\nmid": "indivisible",
}
OPENING = {"(": ")", "\\left(": "\\right)", "\\bigl(": "\\bigr)"}
OPERATORS = {"\\sum": "sum", "\\prod": "prod", "\\max": "max", "\\min": "min"}
ENDS = frozenset((
    "", "+", "-", ")", "]", "}", ",", "&", "\\\\", "\\right)", "\\right]", "\\right|", "\\right.", "\\right\\}",
    "\\bmod", "\\in", "\\rVert", "\\right\\|", "\\}", ".", ";", *RELATIONS,
))
OTHERWISE = ("otherwise", "else", "其他", "其余", "否则", "其余情形", "其他情形")


@dataclass
class Notation:
    """What a reader knows of names before the formulas: which are functions, and how they are subscripted."""

    lexicon: Lexicon
    functions: Mapping[str, str] = field(default_factory=lambda: {"sigma": "sigmoid"})
    """By spelling."""
    matrix: bool = False
    """Whether a name may stand for all its elements, with fewer indices or none."""
    differential: bool = False
    """Whether dx is the derivative by x of what is differentiated, through every path."""

    def function(self, stem: str) -> str | None:
        """The function that a stem stands for; None for the name of a quantity."""
        spelled = spelling(stem)
        if spelled in self.lexicon.looks:
            return None
        return self.lexicon.functions.get(spelled) or self.functions.get(spelled)

    def rank(self, stem: str) -> int | None:
        """How many indices stand below a stem, where the model says."""
        if self.matrix:
            return None
        looks = self.lexicon.looks.get(spelling(stem.removeprefix("\\Delta ")), ())
        ranks = {len(look.below) for look in looks}
        return ranks.pop() if len(ranks) == 1 else None

    def raised(self, stem: str) -> bool:
        """Whether an index stands above a stem."""
        return any(look.above for look in self.lexicon.looks.get(spelling(stem.removeprefix("\\Delta ")), ()))


OTHER_WORDS = {
    "\\cr": "\\\\", "\\lt": "<", "\\gt": ">", "\\lbrace": "\\{", "\\rbrace": "\\}", "\\lvert": "|", "\\rvert": "|",
    "\\vert": "|", "\\ast": "*",
}
"""What Markdown needs for signs that would mean something else in it."""


def all_tokens(text: str) -> list[str]:
    text = re.sub(r"(\\(?:left|right))\s*\\[lr]?vert(?![A-Za-z])\s*", r"\1|", text)
    text = re.sub(r"(\\(?:left|right))\s*\\([lr])brace(?![A-Za-z])\s*", lambda m: m[1] + "\\" + "{}"[m[2] == "r"], text)
    return [OTHER_WORDS.get(t, t) for t in TOKEN.findall(text) if not t.isspace()]


def tokens_of(text: str) -> list[str]:
    return [t for t in all_tokens(text) if not SPACES.fullmatch(t)]


class Latex:
    """A cursor on the tokens of one formula."""

    def __init__(self, tokens: list[str], notation: Notation) -> None:
        self.tokens = tokens
        self.notation = notation
        self.place = 0
        self.bars = 0

    def peek(self, ahead: int = 0) -> str:
        place = self.place + ahead
        return self.tokens[place] if place < len(self.tokens) else ""

    def take(self, *wanted: str) -> str:
        token = self.peek()
        if not token or (wanted and token not in wanted):
            raise Misread(f"{token or 'the end'} where {' or '.join(wanted) or 'something'} was expected, "
                          f"in {' '.join(self.tokens)}")
        self.place += 1
        return token

    def taken(self, *wanted: str) -> bool:
        found = self.peek() in wanted
        self.place += found
        return found

    def finished(self) -> None:
        if self.peek():
            raise Misread(f"unread: {' '.join(self.tokens[self.place:])}")

    # Arithmetic

    def expression(self) -> Node:
        terms = [self.signed()]
        while self.peek() in ("+", "-"):
            terms.append(self.signed())
        return terms[0] if len(terms) == 1 else Sum(tuple(terms))

    def signed(self) -> Node:
        if self.taken("-"):
            return Negative(self.product())
        self.taken("+")
        return self.product()

    def product(self) -> Node:
        factors = [self.factor()]
        closed = False
        while not self._ends():
            sign = self.peek()
            if self.taken("\\odot", "\\oslash"):
                left = factors[0] if len(factors) == 1 else Call("beside", (Product(tuple(factors)),))
                factors, closed = [Call(sign[1:], (left, self.factor()))], True
                continue
            if closed:
                raise Misread("a product after ⊙ without brackets")
            self.taken("\\cdot", "\\times")
            factors.append(self.factor())
        return factors[0] if len(factors) == 1 else Product(tuple(factors))

    def _ends(self) -> bool:
        token = self.peek()
        return token in ENDS or (token == "|" and self.bars > 0) or token.startswith(("\\end", "\\text"))

    def factor(self) -> Node:
        base = self.atom()
        if self._marked("\\top"):
            self.place += 4
            return Call("transpose", (base,))
        if self._marked("\\odot"):
            self.place += 3
            exponent = self.expression()
            self.take("}")
            return Call("entrywise power", (base, exponent))
        if self.taken("^"):
            base = Power(base, self.braced())
            if self.peek() == "^":
                raise Misread("a power of a power without brackets")
        if self.peek() == "_":
            raise Misread(f"a subscript after {base}")
        return base

    def _marked(self, sign: str) -> bool:
        """Whether an exponent with this sign follows: ⊤, or ⊙ and a number."""
        return (self.peek(), self.peek(1), self.peek(2)) == ("^", "{", sign)

    def braced(self) -> Node:
        """{expression}, or one token."""
        if self.peek() != "{":
            return Latex([self.take()], self.notation).expression()
        self.take("{")
        inner = self.expression()
        self.take("}")
        return inner

    def atom(self) -> Node:
        token = self.peek()
        if token in OPENING:
            return self.bracketed()
        if token in ("[", "\\left["):
            self.take()
            conditions = self.conditions()
            self.take("]", "\\right]")
            return Iverson(conditions)
        if token in ("|", "\\left|"):
            return self.absolute()
        if token in ("\\lVert", "\\left\\|"):
            self.take()
            inner = self.expression()
            self.take("\\rVert", "\\right\\|")
            return Call("norm", (inner,))
        if token == "\\frac":
            return self.fraction()
        if token == "\\partial":
            return self.flat()
        if token == "\\sqrt":
            self.take()
            return Call("sqrt", (self.braced(),))
        if token == "\\begin{cases}":
            return self.cases()
        if token[:1].isdigit():
            return Numeral(Fraction(self.take()))
        if token in OPERATORS or token == "\\operatorname*":
            return self.big()
        if token == "e" and self.peek(1) == "^" and "e" not in self.notation.lexicon.looks:
            self.take()
            self.take("^")
            return Call("exp", (self.braced(),))
        if token == "d" and self.notation.differential and self._is_name(self.peek(1)):
            self.take()
            return Partial(SCALAR, self.symbol())
        function = self.function()
        return function if function is not None else self.symbol()

    @staticmethod
    def _is_name(token: str) -> bool:
        return token in GREEK | ACCENTS | ALPHABETS or bool(re.fullmatch(r"[A-Za-z]", token))

    def bracketed(self) -> Node:
        closing = OPENING[self.take()]
        bars, self.bars = self.bars, 0
        inner = self.expression()
        self.bars = bars
        self.take(closing)
        if isinstance(inner, Big) and inner.operator.startswith("arg") and self.taken("_"):
            component = self.braced()
            assert isinstance(component, Numeral)
            return Big(inner.operator, inner.binders, inner.conditions, inner.body, int(component.value) - 1)
        return inner

    def absolute(self) -> Node:
        opening = self.take()
        self.bars += opening == "|"
        inner = self.expression()
        self.bars -= opening == "|"
        self.take("|" if opening == "|" else "\\right|")
        return Call("abs", (inner,))

    def direct(self) -> bool:
        """Whether a ∂ is marked as ∂⁺."""
        marked = self.taken("^")
        if marked and self.raw() != ["+"]:
            raise Misread("a power of ∂")
        return marked

    def flat(self) -> Node:
        """∂a/∂b on one line."""
        self.take("\\partial")
        direct = self.direct()
        of = self.symbol()
        self.take("/")
        self.take("\\partial")
        return Partial(of, self.symbol(), direct)

    def fraction(self) -> Node:
        self.take("\\frac")
        if self.peek() == "{" and self.peek(1) in ("\\partial", "d") and self._differential():
            self.place += 2
            direct = self.direct()
            of = self.symbol()
            self.take("}")
            self.take("{")
            self.take("\\partial", "d")
            wrt = self.symbol()
            self.take("}")
            return Partial(of, wrt, direct)
        over = self.braced()
        return Quotient(over, self.braced())

    def _differential(self) -> bool:
        """Whether the fraction at the cursor is ∂…/∂…: a d above needs one below."""
        if self.peek(1) == "\\partial":
            return True
        place, depth = self.place, 0
        while place < len(self.tokens):
            depth += {"{": 1, "}": -1}.get(self.tokens[place], 0)
            place += 1
            if depth == 0:
                return self.tokens[place:place + 2] == ["{", "d"] and self.peek(2) != "}"
        return False

    def cases(self) -> Node:
        self.take("\\begin{cases}")
        branches: list[tuple[Node, tuple[Condition, ...] | None]] = []
        while not self.taken("\\end{cases}"):
            value = self.expression()
            self.taken(",")
            self.take("&")
            branches.append((value, self.when()))
            self.taken("\\\\")
        return Cases(tuple(branches))

    def when(self) -> tuple[Condition, ...] | None:
        """The condition of a case; None for otherwise."""
        word = ""
        while self.peek().startswith("\\text{"):
            word += self.take()[6:-1].strip()
        if self.peek() in ("\\\\", "\\end{cases}") or word in OTHERWISE:
            return None
        conditions = self.conditions()
        while self.peek().startswith("\\text{"):
            self.take()
        return conditions

    # Operators over indices

    def big(self) -> Node:
        token = self.take()
        if token == "\\operatorname*":
            operator = "".join(self.raw())
        else:
            operator = OPERATORS[token]
            if operator in ("max", "min") and self.peek() in OPENING:
                return Call(operator, self.arguments())
        below = self.below()
        binders = [b for b in map(self.binder, below) if b is not None]
        conditions = [c for c in below if self.binder(c) is None]
        if self.taken("^"):
            high = self.braced()
            if len(binders) != 1 or binders[0].high is not UNKNOWN:
                raise Misread(f"an upper end for {len(binders)} letters")
            binders = [Binder(binders[0].letter, binders[0].low, high)]
        if not binders or any(b.high is UNKNOWN for b in binders):
            raise Misread(f"{operator} over {below} with no upper end")
        return Big(operator, tuple(binders), tuple(conditions), self.product())

    def below(self) -> tuple[Condition, ...]:
        """What stands under Σ, line by line."""
        self.take("_")
        self.take("{")
        if self.taken("\\substack"):
            self.take("{")
            lines = [self.condition()]
            while self.taken("\\\\", ","):
                lines.append(self.condition())
            self.take("}")
        else:
            lines = [self.condition()]
            while self.taken(","):
                lines.append(self.condition())
        self.take("}")
        return tuple(lines)

    @staticmethod
    def binder(line: Condition) -> Binder | None:
        """j = 1 (with the end above), or 1 ≤ j ≤ n."""
        match line:
            case Comparison((Symbol(letter, (), ()), low), ("=",)):
                return Binder(letter, low, UNKNOWN)
            case Comparison((low, Symbol(letter, (), ()), high), ("<=", "<=")):
                return Binder(letter, low, high)
        return None

    # Conditions

    def conditions(self) -> tuple[Condition, ...]:
        found = [self.condition()]
        while self.taken(",", "\\land", "\\text{ and }", "\\text{ 且 }"):
            found.append(self.condition())
        return tuple(found)

    def condition(self) -> Condition:
        sides, relations = [self.expression()], []
        if self.peek() == "\\in":
            self.take()
            self.take("\\{")
            members = [self.expression()]
            while self.taken(","):
                members.append(self.expression())
            self.take("\\}")
            return Members(sides[0], tuple(members))
        if self.peek() == "\\bmod":
            self.take()
            sides[0] = Call("mod", (sides[0], self.expression()))
        letters = [side.stem for side in sides if isinstance(side, Symbol)]
        while self.peek() == "," and letters and self._names_ahead():
            self.take()
            letters.append(self.symbol().stem)
        while self.peek() in RELATIONS:
            relations.append(RELATIONS[self.take()])
            sides.append(self.expression())
        if relations == ["="] and self.peek() == "," and self.peek(1) in ("\\dots", "\\ldots", "\\cdots"):
            self.place += 2
            self.take(",")
            return Span(tuple(letters), sides[1], self.expression())
        if relations == ["="] and self._values_ahead():
            first = sides[1]
            while self._values_ahead():
                self.take(",")
                sides[1] = self.expression()
            return Span(tuple(letters), first, sides[1])
        if not relations or (len(letters) > 1 and not isinstance(sides[0], Symbol)):
            raise Misread(f"{sides[0]} is no condition")
        return Comparison(tuple(sides), tuple(relations))

    def _values_ahead(self) -> bool:
        """Whether `, 2` goes on: the values of a range that are all written; no further condition begins with it."""
        return self.peek() == "," and self.peek(1).isdigit() and self.peek(2) not in RELATIONS

    def _names_ahead(self) -> bool:
        """Whether `, n = …, \\dots` goes on: letters that share a range."""
        return bool(re.match(r"(?:, [^ ,=]+ )+= [^ ]+ , (?:\\l?dots|\d)", " ".join(self.tokens[self.place:])))

    # Names

    def function(self) -> Node | None:
        """A function with its arguments, or None (and the cursor as before) where none stands here."""
        start, token = self.place, self.take()
        if token in FUNCTIONS:
            name: str | None = FUNCTIONS[token]
        elif token == "\\operatorname":
            name = "".join(self.raw()).replace("\\_", "_")
        else:
            self.place = start
            stem = self.stem()
            name = self.notation.function(stem)
            if name is None or (self.peek() not in (*OPENING, "^") and not self.peek().startswith("'")):
                self.place = start
                return None
        orders = self.orders()
        power = self.braced() if self.taken("^") else None
        if self.peek() in OPENING:
            arguments = self.arguments()
        elif token in ("\\log", "\\ln") and not orders:
            arguments = (self.product(),)
        else:
            raise Misread(f"{name} of nothing")
        orders = orders * len(arguments) if len(orders) == 1 == len(arguments) else orders
        call = Call(name, arguments, orders)
        return call if power is None else Power(call, power)

    def orders(self) -> tuple[int, ...]:
        """f′, f″, f^{(3)}, f^{(1,0)}."""
        if self.peek().startswith("'"):
            return (len(self.take()),)
        if self.peek() == "^" and self.peek(1) == "{" and self.peek(2) == "(":
            self.take()
            inside = "".join(self.raw())
            return tuple(map(int, inside.strip("()").split(",")))
        return ()

    def arguments(self) -> tuple[Node, ...]:
        closing = OPENING[self.take()]
        found = [self.expression()]
        while self.taken(","):
            found.append(self.expression())
        self.take(closing)
        return tuple(found)

    def raw(self) -> list[str]:
        """The tokens of {…}, or one token."""
        if self.peek() != "{":
            return [self.take()]
        self.take("{")
        found: list[str] = []
        depth = 1
        while True:
            token = self.take()
            depth += {"{": 1, "}": -1}.get(token, 0)
            if depth == 0:
                return found
            found.append(token)

    def stem(self) -> str:
        token = self.take()
        if token == "\\Delta" and self._is_name(self.peek()):
            return "\\Delta " + self.stem()
        if token == "\\boldsymbol":
            return Latex(self.raw(), self.notation).stem()
        if token in ACCENTS or token in ALPHABETS:
            text = token + "{" + "".join(self.raw()) + "}"
        elif token in GREEK or re.fullmatch(r"[^\W\d_]", token):
            text = token
        else:
            raise Misread(f"{token} where a name was expected, in {' '.join(self.tokens)}")
        if self.notation.function(text) is None and self.peek().startswith("'"):
            text += self.take()
        return text

    def symbol(self) -> Symbol:
        stem = self.stem()
        above: tuple[Node, ...] = ()
        start = self.place
        if self.taken("^"):
            raw = self.raw()
            indexed = self._is_index(stem, raw)
            if raw[0] in ("\\top", "\\odot"):
                self.place = start
            elif self._is_mark(raw) and not indexed:
                stem += "^{" + "".join(raw) + "}"
            elif self.peek() == "_" or indexed:
                above = self.group(raw[1:-1] if raw[0] == "(" else raw, None)
            else:
                self.place = start
        below: tuple[Node, ...] = ()
        if self.taken("_"):
            below = self.group(self.raw(), self.notation.rank(stem))
        if above and self.peek() == "^":
            raise Misread(f"{stem} has two superscripts")
        return Symbol(stem, above, below)

    @staticmethod
    def _is_mark(raw: list[str]) -> bool:
        """Whether a superscript belongs to the name: in brackets, or an upright word."""
        return raw[0] in ("(", "[", "\\mathrm") and (raw[0] != "\\mathrm" or raw[-1] == "}")

    def _is_index(self, stem: str, raw: list[str]) -> bool:
        """Whether a superscript of this stem is an index: letters, digits and signs alone, perhaps in brackets."""
        return self.notation.raised(stem) and all(re.fullmatch(r"[A-Za-z0-9()+\-]|\d+", t) for t in raw)

    def group(self, raw: list[str], rank: int | None) -> tuple[Node, ...]:
        """Indices side by side or between commas; `rank` of them are expected."""
        pieces: list[list[str]] = [[]]
        depth = 0
        for token in raw:
            depth += {"{": 1, "}": -1, "(": 1, ")": -1}.get(token, 0)
            if token == "," and depth == 0:
                pieces.append([])
            else:
                pieces[-1].append(token)
        if len(pieces) > 1:
            return tuple(self._whole(piece) for piece in pieces)
        if rank == 1 or "+" in raw or "-" in raw:
            return (self._whole(raw),)
        atoms = self._side_by_side(raw)
        if len(atoms) != rank and any(t.isdigit() and len(t) > 1 for t in raw):
            atoms = self._side_by_side([d for t in raw for d in (t if t.isdigit() else (t,))])
        if rank is not None and len(atoms) != rank:
            raise Misread(f"{len(atoms)} indices where {rank} are expected: {' '.join(raw)}")
        return tuple(atoms)

    def _side_by_side(self, tokens: list[str]) -> list[Node]:
        inner = Latex(tokens, self.notation)
        atoms = []
        while inner.peek():
            atoms.append(inner.atom())
        return atoms

    def _whole(self, tokens: list[str]) -> Node:
        inner = Latex(tokens, self.notation)
        found = inner.expression()
        inner.finished()
        return found


SCALAR = Symbol("the scalar that is differentiated")
"""What dx leaves unsaid."""

UNKNOWN = Symbol("?")
"""The upper end of a letter before it is read."""
