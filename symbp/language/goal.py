"""What a file asks for: the loss, and by what it is differentiated."""

from __future__ import annotations

from collections.abc import Sequence

from symbp.calculus.model import Equation, Model, Role
from symbp.calculus.reads import names_read
from symbp.language.collector import Collector
from symbp.language.file import File
from symbp.language.syntax import Span


def choose_loss(file: File, equations: Sequence[Equation], of: str | None) -> str | None:
    """The stated loss, or the only scalar that nothing else uses."""
    for later in file.losses[1:]:
        file.mistakes.error(
            later.name_span, "a file has one `loss`", "", ((file.losses[0].name_span, "the first one"),),
        )
    if file.losses:
        loss = file.losses[0]
        if loss.subscripts:
            file.mistakes.error(
                loss.name_span, f"the loss `{loss.name}` must be a single number, without subscripts",
                f"sum over its indices: `loss {loss.name} = sum(…)`",
            )
        return loss.name
    if of is not None or file.mistakes.failed:
        return of
    return _only_result(file, equations)


def _only_result(file: File, equations: Sequence[Equation]) -> str | None:
    used: set[str] = set()
    for equation in equations:
        name = equation.owner or equation.target
        used.update(n for n in names_read(equation) if n != name)
    scalars = [n for n, cases in file.definitions.items() if not cases[0].subscripts]
    results = [n for n in scalars if n not in used]
    if len(results) == 1:
        return results[0]
    if results:
        spans = [file.definitions[n][0].name_span for n in results]
        listed = ", ".join(f"`{n}`" for n in results)
        file.mistakes.error(
            spans[-1], f"which of {listed} is the loss? nothing else uses any of them", "write `loss` in front of it",
            tuple((s, "") for s in spans[:-1]),
        )
        return None
    span = _end(file)
    hint = "write `loss E = …`"
    if file.definitions:
        file.mistakes.error(span, "there is no loss: no single number that nothing else uses", hint)
    else:
        file.mistakes.error(span, "there is no loss: the file defines nothing", hint)
    return None


def _end(file: File) -> Span:
    statements = file.program.statements
    return statements[-1].span if statements else Span(0, 0, 1, 1)


def choose_wrt(file: File) -> tuple[str, ...]:
    """Every parameter; with none, every input that is neither a target nor a constant."""
    roles = {name: role for name, (role, _) in file.arrays.items()}
    params = tuple(n for n, role in roles.items() if role is Role.PARAM)
    return params or tuple(n for n, role in roles.items() if role is Role.INPUT)


def warn_of_unused(model: Model, mistakes: Collector) -> None:
    """A warning for each parameter that the loss doesn't depend on."""
    if model.loss is None:
        return
    reached = reachable(model, model.loss)
    for name in model.wrt:
        if name not in reached and model.arrays[name].role is Role.PARAM:
            mistakes.warn(f"the loss `{model.loss}` doesn't depend on `{name}`: its gradient is 0")


def reachable(model: Model, start: str) -> set[str]:
    """Every name that `start` depends on."""
    seen, stack = {start}, [start]
    by_target = model.by_target
    while stack:
        equation = by_target.get(stack.pop())
        if equation is None:
            continue
        for name in names_read(equation):
            if name not in seen:
                seen.add(name)
                stack.append(name)
    return seen
