"""The mistakes that people make, each with a rule that knows it by the words round it.

A rule gives the message, the hint, and the word to point at where it isn't the one that can't stand there; None where
it has nothing to say. They are tried in the order of RULES.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from symbp.calculus.functions import ALIASES, FUNCTIONS, REDUCTIONS
from symbp.language.foreign import choice, declared_axes, one_bracket
from symbp.language.place import LONGEST, Place, Told, begins_operand, ends_operand, quoted
from symbp.language.report import suggest
from symbp.language.words import LOGIC, OPERATORS, ROLES

STARTS = (*ROLES, "index", "size", "function", "loss", "assume", "update", "name", "role", "show", "let", "at")
"""The words that begin a statement."""

Rule = Callable[[Place], Told]


def foreign_operator(place: Place) -> Told:
    """`w**2`, `a // b`, `i <> j`, `x += 1`."""
    advice = {
        "**": "write `^`", "//": "write `/`", "<>": "write `!=`", "=<": "write `<=`", "=>": "write `>=`",
        "++": "write `+`", "+=": "write the whole sum: `y = a + b`", "-=": "write the whole difference: `y = a - b`",
        "*=": "write the whole product: `y = a * b`", "/=": "write the whole quotient: `y = a / b`",
        "...": "write `..` for a range",
    }
    word = place.word
    if word is None or word.text not in advice:
        return None
    return f"`{word.text}` is not an operator here", advice[word.text]


def nothing_defined(place: Place) -> Told:
    """`= w*x`."""
    if place.is_statement and place.at == 0 and place.word is not None and place.word.text == "=":
        return "a name is expected in front of `=`", "write `y = …`"
    return None


def strange_start(place: Place) -> Told:
    """`2*x = 3`, `(a) = 3`."""
    if not place.is_statement or place.at > 0 or place.word is None:
        return None
    if place.word.text in LOGIC:
        return f"`{place.word.text}` is a reserved word, so it can't be a name", "choose another name"
    return f"a statement begins with a name, not with {quoted(place.word)}", "write `y = …`"


def parameter(place: Place) -> Told:
    """`f(2) = w`."""
    head = place.words[0] if place.words else None
    opening = 2 if place.head == "function" else 1
    if head is None or not place.is_statement or place.open != (opening,) or place.call == "" or place.in_body:
        return None
    if place.word is None or not (place.defines_later or place.head == "function"):
        return None
    if place.word.text == ")":
        return "a parameter is missing between the brackets", f"write `{place.call}(x)`"
    return f"a parameter must be a name, not {quoted(place.word)}", f"write `{place.call}(x)`"


def keyword_as_function(place: Place) -> Told:
    """`input(x) = 3`."""
    if place.at == 1 and place.head in STARTS and place.word is not None and place.word.text == "(":
        return f"`{place.head}` begins a statement, so it can't name a function", "choose another name", 0
    return None


def comparison_as_definition(place: Place) -> Told:
    """`L == w*x`."""
    if place.word is None or place.word.text != "==" or place.open or place.in_body:
        return None
    return "`==` compares two formulas", "write `=` for a definition"


def equals_as_comparison(place: Place) -> Told:
    """`sum(j if j = i, x[j])`, `sum(i = 1..3, x[i])`, `param w = 3`, `a = b = 3`."""
    if place.word is None or place.word.text != "=":
        return None
    before = place.before
    if place.call in REDUCTIONS and before is not None and before.kind == "name" and not _in_condition(place):
        return "`=` defines", f"write `{before.text} in 1..n` for a range"
    if place.open:
        return "`=` defines", "write `==` to compare"
    if place.head == "index":
        return "`=` defines", "write `index i in 1..n` for a range"
    if place.head in ROLES:
        return f"`{place.head}` declares a name without its value", "give the value in a line of its own: `let w = 3`"
    if place.in_body:
        return "one statement has one `=`", "write each definition on a line of its own"
    return None


def _in_condition(place: Place) -> bool:
    start = place.open[-1] if place.open else 0
    commas = [k for k in range(start, place.at) if place.words[k].text == ","]
    begin = commas[-1] if commas else start
    return any(w.text in ("if", "and", "or", "not") for w in place.words[begin:place.at])


def condition_outside(place: Place) -> Told:
    """`L = a < b`, `L = if c then a else b`, `L = a if c else b`, `L = a and b`."""
    word, before = place.word, place.before
    if place.is_statement and not place.in_body:
        return None
    chosen = choice(place)
    if chosen is not None:
        return chosen
    if before is not None and before.text == "not" and not place.open:
        return "`not` makes a condition, which is not a number", "write `where(condition, 1, 0)`", place.at - 1
    if word is None:
        return None
    if word.text == "in":
        return "`in` gives an index its range, which can't stand here", "write `sum(i in 1..3, x[i])`"
    if word.text == "if":
        return "`if` stands behind an index: `sum(j if j != i, x[j])`", "write `where(condition, yes, no)`"
    if word.kind == "relation" or word.text in ("and", "or", "not"):
        return f"{quoted(word)} makes a condition, which is not a number", "write `where(condition, 1, 0)`"
    return None


def missing_comma(place: Place) -> Told:
    """`sum(i x[i])`."""
    word, before = place.word, place.before
    if word is None or before is None or place.call not in REDUCTIONS or not begins_operand(word):
        return None
    if before.text in LOGIC:
        return None
    front = place.words[place.at - 2].text if place.at > 1 else ""
    if before.kind == "name" and front in ("(", ",") and word.kind == "name" and place.open[-1] <= place.at - 2:
        return f"a `,` is missing between {quoted(before)} and {quoted(word)}", f"write `{before.text}, {word.text}`"
    return None


def missing_operator(place: Place) -> Told:
    """`w x`, `2x`, `2(x + y)`, `0x10`, `sin x`, `x[1][2]`."""
    word, before = place.word, place.before
    if word is None or before is None or not place.wants_operator or not ends_operand(before):
        return None
    if word.text == "[":
        if before.text == "]":
            return one_bracket(place)
        return "only a name takes subscripts", "name the formula on a line of its own"
    if not begins_operand(word) or word.text in LOGIC or word.text == "in":
        return None
    touching = before.end == word.start
    if touching and before.text == "0" and re.fullmatch(r"[xX][0-9a-fA-F]+|[bB][01]+|[oO][0-7]+", word.text):
        return "numbers are written in decimal digits", "write the number in decimal"
    if touching and before.kind == "number" and re.fullmatch(r"_[0-9_]+", word.text):
        return "a number has no `_`", "write its digits without a gap"
    if before.text in FUNCTIONS or before.text in ALIASES:
        return f"`{before.text}` takes its argument in brackets", f"write `{before.text}(…)`"
    hint = "write `*` between them"
    if before.kind in ("name", "number") and len(before.text) + len(word.text) <= LONGEST:
        hint = f"write `{before.text}*{word.text}`" if word.text != "(" else f"write `{before.text}*(…)`"
    return f"an operator such as `*` is missing between {quoted(before)} and {quoted(word)}", hint


def unknown_statement(place: Place) -> Told:
    """`parm w[i]`, `if x = 3`, `x`."""
    if not place.is_statement or place.at == 0 or place.in_body or place.open or place.words[0].kind != "name":
        return None
    head, word = place.words[0].text, place.word
    if head in STARTS:
        return (f"a name is expected after `{head}`", "") if place.at == 1 and word is None else None
    if head in LOGIC:
        return f"`{head}` begins no statement", "it stands in conditions", 0
    if place.at == 1 and word is not None and word.kind == "name":
        near = suggest(head, STARTS) if len(head) > 2 else None
        if near is not None:
            return f"`{head}` begins no statement", f"did you mean `{near}`?", 0
        if not place.defines_later:
            return f"`{head}` begins no statement", "write `y = …`, or begin with `input`, `param`, `loss`, …", 0
    if place.defines_later:
        return f"`=` is expected, not {place.shown()}", f"write `{head} = …`"
    if word is None and place.words[-1].kind == "name":
        return f"`=` is expected after `{head}`", f"write `{head} = …`, or declare it: `input {head}`"
    return "a formula on its own is no statement", "give it a name: `y = …`", 0


def formula_alone(place: Place) -> Told:
    """`exp(2*x)`, `x[i]*y[i]`."""
    if not place.is_statement or not place.open or place.open[0] != 1 or place.in_body or place.head in STARTS:
        return None
    if place.defines_later or place.words[1].text != "(" or place.words[0].kind != "name":
        return None
    return "a formula on its own is no statement", "give it a name: `y = …`", 0


def missing_between(place: Place) -> Told:
    """`L[]`, `sin()`, `max(a, )`, `x[i,,j]`."""
    word, before = place.word, place.before
    if word is None or before is None or word.text not in (")", "]", "}", ","):
        return None
    what = "a subscript" if place.open and place.words[place.open[-1]].text == "[" else "a formula"
    if place.call:
        what = "an argument"
    if before.text in ("(", "[", "{", ","):
        gap = f"between `{before.text}` and `{word.text}`"
        return f"{what} is missing {gap}", f"write it, or leave out `{before.text}`"
    if before.text in (*OPERATORS, "=", "..") or before.kind == "relation" or before.text in ("in", *LOGIC):
        return f"a formula is missing between `{before.text}` and `{word.text}`", ""
    return None


def missing_range(place: Place) -> Told:
    """`index i`, `index i, j in 1..n`."""
    before = place.before
    if place.head != "index" or before is None or before.kind != "name" or place.at < 2:
        return None
    if place.words[place.at - 2].text not in ("index", ","):
        return None
    return f"`{before.text}` needs a range", f"write `{before.text} in 1..n`", place.at - 1


def open_range(place: Place) -> Told:
    """`index i in n`, `input tok[t] in V`, `sum(i in 3, x[i])`."""
    if "DOTS" not in place.expected or not place.words or "in" not in [w.text for w in place.words[:place.at]]:
        return None
    if place.word is not None and ends_operand(place.word):
        return None
    return "a range has two ends", "write `1..n`"


def missing_operand(place: Place) -> Told:
    """`L = w +`, `w * * x`, `L =`."""
    before = place.before
    if before is None or not place.wants_operand:
        return None
    signs = (*OPERATORS, "=", "(", "[", "{", ",", "..", "in", "assume", *LOGIC)
    if before.text not in signs and before.kind != "relation":
        return None
    if place.word is None:
        hint = "a line goes on inside brackets or after a comma" if before.text in OPERATORS else ""
        return f"a formula is expected after `{before.text}`", hint
    hints = {
        "+": "there is no sign `+`: leave it out", "{": "write `(…)`",
        "[": "lists of values stand in `let` and `at` only",
    }
    hint = hints.get(place.word.text, "")
    if before.text == "in" and place.word.text == "{":
        hint = "write a range, `1..n`, or state a fact: `assume y[j] in {0, 1}`"
    return f"a formula is expected after `{before.text}`, not {quoted(place.word)}", hint


def dot(place: Place) -> Told:
    """`w.x`, `.5`, `5.`, and `1..3` where no range can stand."""
    word, before = place.word, place.before
    if word is None or word.text not in (".", ".."):
        return None
    if word.text == "..":
        return "`..` makes a range, which can't stand here", "ranges stand behind `in` and in declarations: `x[0..4]`"
    if place.after is not None and place.after.kind == "number" and (before is None or before.kind != "number"):
        return "a number begins with a digit", f"write `0.{place.after.text}`"
    if before is not None and before.kind == "number":
        return "`.` stands between two digits of a number", f"write `{before.text}.0`, or no point"
    return "`.` is not an operator: names have no parts", "write `*` for a product, `_` inside a name"


def exclamation(place: Place) -> Told:
    """`w!`."""
    if place.word is None or place.word.text != "!":
        return None
    return "`!` is not an operator here", "write `!=` for unequal, `not` in a condition"


def error_term(place: Place) -> Told:
    """`name g[j] = beta[j]`."""
    if place.head == "name" and "GRAD" in place.expected:
        return f"`grad(…)` is expected, not {place.shown()}", "write `name g[j] = grad(beta[j])` or `= -grad(beta[j])`"
    return None


def role(place: Place) -> Told:
    """`role w weight`, `role w = 3`."""
    if place.head != "role" or place.at < 2 or place.words[1].text == "=":
        return None
    expected = "a role" if place.before is not None and place.before.text == "=" else "`=` and a role"
    verb = "is" if expected == "a role" else "are"
    return f"{expected} {verb} expected, not {place.shown()}", "write `role w = weight, s = pre-activation`"


def look(place: Place) -> Told:
    """`show w w^l`, `show w as @`."""
    if place.head != "show":
        return None
    if "LOOK" in place.expected:
        return f"a look is expected after `as`, not {place.shown()}", "letters, digits and `^ _ { } , ( )`: `w^l_jk`"
    if "AS" in place.expected:
        return f"`as` is expected, not {place.shown()}", "write `show w[l,j,k] as w^l_jk`"
    return None


def missing_name(place: Place) -> Told:
    """`param 3`, `update 0.1`, `param w,`."""
    before = place.before
    if before is None or "NAME" not in place.expected or place.wants_operand:
        return None
    hint = "give its value in a line of its own: `let eta = 0.1`" if place.head == "update" else ""
    if place.word is None and before.text == ",":
        hint = "leave out the last `,`, or go on"
    tail = f", not {quoted(place.word)}" if place.word else ""
    return f"a name is expected after `{before.text}`{tail}", hint


def whole_value(place: Place) -> Told:
    """`let x[3] = 2`."""
    if place.head in ("let", "at") and place.word is not None and place.word.text == "[" and not place.in_body:
        return "a value is given whole, without subscripts", "write `let x = [1, 2, 3]`"
    return None


def members(place: Place) -> Told:
    """`assume y[j] in [0, 1]`."""
    if place.head == "assume" and "LBRACE" in place.expected:
        return f"the values are expected in braces, not {place.shown()}", "write `assume y[j] in {0, 1}`"
    return None


def second_formula(place: Place) -> Told:
    """`a = 1, b = 2`: only `let` and `at` take several."""
    if place.word is None or place.word.text != "," or place.open or not place.in_body:
        return None
    return "one statement defines one name", "write each definition on a line of its own"


RULES: tuple[Rule, ...] = (
    foreign_operator, nothing_defined, strange_start, keyword_as_function, comparison_as_definition, parameter,
    equals_as_comparison, error_term, role, look, dot, exclamation, whole_value, members, declared_axes, missing_comma,
    missing_range, unknown_statement, formula_alone, missing_between, condition_outside, missing_operator,
    missing_operand, open_range, missing_name, second_formula,
)
