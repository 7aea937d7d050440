"""symbp: a network as a book writes it in; its gradients in closed form out, derived step by step and checked.

    derivation = symbp.derive(symbp.load("watermelon.bp"))
    derivation.gradients["v"].inlined     # a SymPy expression
    print(derivation.latex())
    derivation.verify().passed

Importing the package costs next to nothing: each verb brings in what it needs when it is called.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING

from symbp.errors import CheckFailed, DomainError, LanguageError, ModelError, Refused, SymbpError

if TYPE_CHECKING:
    from symbp.api import Derivation, Gradient
    from symbp.calculus.model import Model

__version__ = "0.1.0"

__all__ = [
    "CheckFailed", "Derivation", "DomainError", "Gradient", "LanguageError", "Model", "ModelError", "Refused",
    "SymbpError", "__version__", "derive", "load", "parse", "with_integers", "with_sizes",
]


def parse(text: str | bytes, name: str = "<text>", *, of: str | None = None) -> Model:
    """The model that `text` (or its UTF-8 bytes) describes; `name` stands for it in messages.

    `of` says which scalar is meant where the text has several and no `loss`. Raises LanguageError with every mistake.
    """
    from symbp.language.lower import lower
    from symbp.language.parse import parse as parse_text

    program = parse_text(text, name)   # str     -> Program   what was written, with positions
    return lower(program, of)          # Program -> Model     indexed equations


def load(path: str | PathLike[str]) -> Model:
    """The model in a UTF-8 file (`-`: standard input). Raises SymbpError where it can't be read or is no model."""
    from os import fspath

    from symbp.console import read_model

    return parse(*read_model(fspath(path)))


def derive(
    model: Model | str, *, of: str | None = None, wrt: str | Sequence[str] = (), notation: str | None = None,
) -> Derivation:
    """The gradients of `of` (the loss, where None) by `wrt`: a name, or several; every parameter, where empty.

    `model` is a Model, or its text. `notation` is a preset, such as "nielsen", or the path of a file of one's own; it
    chooses letters and the signs of error terms. Nothing is verified here: `Derivation.verify` does that. Raises
    SymbpError.
    """
    from symbp.api import Derivation
    from symbp.calculus.staging import differentiate_by_stages
    from symbp.notation.apply import with_notation
    from symbp.render.notation import PLAIN

    if isinstance(model, str):
        model = parse(model, of=of)
    names = (wrt,) if isinstance(wrt, str) or not isinstance(wrt, Iterable) else tuple(wrt)
    for name in names:
        if not isinstance(name, str):
            raise ModelError(f"`wrt` takes names, and {name!r} is none")
    model, printed = with_notation(model, notation) if notation is not None else (model, PLAIN)
    return Derivation(differentiate_by_stages(model, of, names), printed)   # Model -> Derivation   steps, gradients


def with_sizes(model: Model, sizes: Mapping[str, int]) -> Model:
    """The model with values for some of its sizes. Raises ModelError for an unknown size or an impossible value."""
    from symbp.settings import with_sizes as give_sizes

    return give_sizes(model, sizes)


def with_integers(model: Model, values: Mapping[str, Sequence[int]]) -> Model:
    """The model with values for some of its integer inputs, elements in lexicographic order. Raises ModelError."""
    from symbp.settings import with_integers as give_integers

    return give_integers(model, values)


def __getattr__(name: str) -> object:
    if name in ("Derivation", "Gradient"):
        import symbp.api

        return getattr(symbp.api, name)
    if name == "Model":
        from symbp.calculus.model import Model

        return Model
    raise AttributeError(f"module `symbp` has no attribute `{name}`")
