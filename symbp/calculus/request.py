"""What is asked for: the scalar to differentiate and the names to differentiate by, checked."""

from __future__ import annotations

import difflib

from symbp.calculus.model import Model, Role
from symbp.errors import ModelError

MOST_NAMES = 12


def requested(model: Model, of: str | None, wrt: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """What to differentiate, checked."""
    of = of if of is not None else model.loss
    if of is None:
        raise ModelError("nothing to differentiate: write `loss L = …`, or ask with --of")
    wrt = wrt or model.wrt
    if not wrt:
        raise ModelError("nothing to differentiate by: declare a `param`, or ask with --wrt")
    _check_name(model, of)
    for name in wrt:
        _check_name(model, name, model.wrt)
    if model.arrays[of].rank:
        count = model.arrays[of].rank
        told = f"{count} {'index' if count == 1 else 'indices'}"
        raise ModelError(f"`{of}` has {told}: only a scalar has a gradient; sum it first")
    if of not in model.by_target:
        raise ModelError(f"`{of}` is {_with_article(model.arrays[of].role.value)}, not a defined quantity")
    return of, tuple(dict.fromkeys(wrt))


def _check_name(model: Model, name: str, instead: tuple[str, ...] = ()) -> None:
    if name in model.arrays and "#" not in name:
        if model.arrays[name].role == Role.INTEGER:
            raise ModelError(f"`{name}` is an integer input: nothing can be differentiated by it")
        return
    kinds = (("an index", model.index_ranges), ("a size", model.sizes), ("a function", model.functions))
    for kind, names in kinds:
        if name in names:
            raise ModelError(f"`{name}` is {kind}, not a quantity")
    near = difflib.get_close_matches(name, [a for a in model.arrays if "#" not in a], 1)
    known = ", ".join(f"`{n}`" for n in instead[:MOST_NAMES]) + (", …" if len(instead) > MOST_NAMES else "")
    hint = f"; did you mean `{near[0]}`?" if near else f"; there are {known}" if instead else ""
    raise ModelError(f"`{name}` is not defined{hint}")


def _with_article(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"
