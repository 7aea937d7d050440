"""The command line: `symbp derive`, `verify`, `show`, `examples`. Each command imports what it needs when it runs."""

from __future__ import annotations

import gc
import re
import sys
from typing import TYPE_CHECKING, Literal, NoReturn

import click

from symbp import __version__, arguments
from symbp.console import UsageError, complain, printable, read_model, readable, run_guarded, write_result
from symbp.errors import CheckFailed, LanguageError, SymbpError
from symbp.output import WRITTEN, Format, Output, has_unicode

if TYPE_CHECKING:
    from symbp.api import Align, Derivation, Layout
    from symbp.calculus.derivation import FormName
    from symbp.calculus.model import Model
    from symbp.cost_output import CostFormat
    from symbp.render.options import Detail

FORMS: tuple[FormName, ...] = ("chain", "shared", "inlined", "expanded")
CERTIFICATES = {"txt": "text", "text": "text", "json": "json"}
COMMAND = "symbp"
YOUNG = 100_000
"""New values between two searches for cyclic garbage: a command keeps millions to its end, and hardly any is cyclic."""


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}, options_metavar="",
    subcommand_metavar="COMMAND ...", no_args_is_help=False, invoke_without_command=True,
)
@click.version_option(__version__, prog_name=COMMAND, message="%(prog)s %(version)s")
@click.pass_context
def app(context: click.Context) -> int:
    """symbp derives the gradients of a neural network in closed form, checks them, and writes the derivation out.

    \b
    symbp derive watermelon.bp                  every gradient, and the way to it
    symbp derive watermelon.bp -o notes.pdf     the same as PDF; .tex, .md, .txt and .json as their names say
    symbp derive -e 'f(x, y) = x*sigmoid(x*y)'  one line is a whole model
    symbp verify watermelon.bp --table          gradient check: derived beside central difference

    A FILE is a model in the language of docs/language.md, `-` is standard input; `symbp examples` lists models to
    start from. Exit status: 0 done, 1 a check failed, 2 bad input or a refusal.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
    return 0


@app.command(cls=arguments.Once, short_help="The gradients of a model, and the derivation that leads to them.")
@click.argument("file", required=False)
@click.option("-e", "text", metavar="TEXT", help="The model itself, in place of a FILE.")
@click.option("--of", metavar="NAME", help="What to differentiate; else the loss.")
@click.option("--wrt", metavar="NAMES", multiple=True, help="By what, comma-separated; else every parameter.")
@click.option("--form", type=click.Choice((*FORMS, "all")), help="Write each gradient this way; else the book's ways.")
@click.option("--detail", type=click.Choice(("brief", "textbook", "full")), help="How much is told; else textbook.")
@click.option("--reasons/--no-reasons", default=True, help="Whether sentences say why each line follows.")
@click.option("--lang", "language", metavar="LANG", default="en", help="The language of the sentences: en or zh.")
@click.option("--notation", metavar="NAME", help="Whose letters and signs: zhou, nielsen, cs231n, …, or a .toml file.")
@click.option("--max-width", type=int, metavar="N", help="Break equations that are wider than about N letters.")
@click.option("--align", type=click.Choice(("left", "centre")), help="Where displayed equations stand.")
@click.option(
    "--format", "style", type=click.Choice(WRITTEN),
    help="By default text on a terminal, else LaTeX, or what OUT's ending says (.tex, .md, .txt, .json, .pdf).",
)
@click.option("--document", is_flag=True, help="Make LaTeX a whole file; Chinese needs xelatex and ctex.")
@click.option("--set", "settings", metavar="SIZE=N", multiple=True, help="Give a size its value: --set d=3,q=2")
@click.option("-o", "out", metavar="OUT", help="Write to this file, whole or not at all; notes.pdf runs TeX.")
@click.option("--no-verify", is_flag=True, help="Skip the check; the result says that it is unverified.")
@click.option("--with-costs", is_flag=True, help="Close with what the gradients cost, as `symbp cost` tells it.")
def derive(
    file: str | None, text: str | None, of: str | None, wrt: tuple[str, ...], form: FormName | Literal["all"] | None,
    detail: Detail | None, reasons: bool, language: str, notation: str | None, max_width: int | None,
    align: Align | None, style: Format | None, document: bool, settings: tuple[str, ...], out: str | None,
    no_verify: bool, with_costs: bool,
) -> int:
    """The gradients of a model, and the derivation that leads to them.

    \b
    symbp derive deep.bp --wrt w,b --form shared
    symbp derive conv.bp --form expanded --set P=2,Q=2
    symbp derive model.bp --lang zh --notation zhou -o notes.pdf
    """
    import symbp
    from symbp.render.options import known_language

    shaping = {"--detail": detail, "--no-reasons": not reasons or None, "--align": align, "--max-width": max_width}
    output = Output.of(style, out, document, [option for option, given in shaping.items() if given is not None])
    spoken = known_language(language)
    layout: Layout = {
        "detail": detail or "textbook", "reasons": reasons, "max_width": max_width, "align": align or "centre",
    }
    what, names = arguments.name(of), arguments.names(wrt)
    derivation = symbp.derive(_model(file, text, settings, of), of=what, wrt=names, notation=notation)
    for warning in derivation.warnings:
        complain(f"warning: {warning}")
    forms = FORMS if form == "all" else (form,) if form else ()
    if "expanded" in forms:
        derivation = derivation.element_by_element()
    if with_costs:
        derivation = derivation.with_costs()
    verified = False if no_verify else _checked(derivation, detail == "full")
    output.write(derivation, forms, verified, spoken, layout, (file,) if file else ())
    return 0


@app.command(
    cls=arguments.Once, short_help="A certificate: every form and every displayed step against independent numbers.",
)
@click.argument("file", required=False)
@click.option("-e", "text", metavar="TEXT", help="The model itself, in place of a FILE.")
@click.option("--of", metavar="NAME", help="What to differentiate; else the loss.")
@click.option("--wrt", metavar="NAMES", multiple=True, help="By what, comma-separated; else every parameter.")
@click.option("--notation", metavar="NAME", help="As `derive` tells it in this notation, with its error terms.")
@click.option("--points", type=click.IntRange(1, 1000), default=2, show_default=True, help="Random points per size.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Chooses the points.")
@click.option("--table", is_flag=True, help="Each parameter: derived, central difference, relative error.")
@click.option("--format", "style", type=click.Choice(("text", "json")), help="Else what OUT's ending says, or text.")
@click.option("--set", "settings", metavar="SIZE=N", multiple=True, help="Give a size its value: --set d=3,q=2")
@click.option("-o", "out", metavar="OUT", help="Write to this file, the whole result or nothing.")
def verify(
    file: str | None, text: str | None, of: str | None, wrt: tuple[str, ...], notation: str | None, points: int,
    seed: int, table: bool, style: str | None, settings: tuple[str, ...], out: str | None,
) -> int:
    """A certificate: every form and every displayed step against independent numbers.

    Exit status 1 where something differs.
    """
    import symbp

    style = style or arguments.format_of(out, CERTIFICATES, style)
    what, names = arguments.name(of), arguments.names(wrt)
    derivation = symbp.derive(_model(file, text, settings, of), of=what, wrt=names, notation=notation)
    certificate = derivation.verify(points=points, seed=seed)
    result = certificate.json() if style == "json" else readable(certificate.text(table=table), out)
    write_result(result, out, (file,) if file else ())
    return 0 if certificate.passed else 1


@app.command(cls=arguments.Once, short_help="What the gradients cost: sizes and counts, written out and shared.")
@click.argument("file", required=False)
@click.option("-e", "text", metavar="TEXT", help="The model itself, in place of a FILE.")
@click.option("--of", metavar="NAME", help="What to differentiate; else the loss.")
@click.option("--wrt", metavar="NAMES", multiple=True, help="By what, comma-separated; else every parameter.")
@click.option("--set", "settings", metavar="SIZE=N", multiple=True, help="Give a size its value: --set d=3,q=2")
@click.option("--values", metavar="NAME=N", multiple=True, help="Give an integer input its value: --values c=3")
@click.option("--sweep", metavar="SIZE=A..B", help="The growth with a size: --sweep L=1..50, d=10..100:10.")
@click.option("--program", type=click.Choice(("named", "minimal")), default="named", help="Which shared program.")
@click.option("--primitive", "primitives", metavar="NAME", multiple=True, help="Counts as one operation: sigmoid.")
@click.option("--sympy", is_flag=True, help="Beside it SymPy's own diff, with and without cse.")
@click.option("--lines", is_flag=True, help="The counted program as well, line by line.")
@click.option("--lang", "language", metavar="LANG", default="en", help="The language of the sentences: en or zh.")
@click.option("--notation", metavar="NAME", help="Whose letters and signs: zhou, nielsen, cs231n, …, or a .toml file.")
@click.option(
    "--format", "style", type=click.Choice(("text", "latex", "markdown", "json", "svg", "pgfplots")),
    help="By default text, or what OUT's ending says (.txt, .tex, .md, .json, .svg, .tikz, .pdf).",
)
@click.option("--document", is_flag=True, help="Make LaTeX a whole file; Chinese needs xelatex and ctex.")
@click.option("-o", "out", metavar="OUT", help="Write to this file, whole or not at all.")
def cost(
    file: str | None, text: str | None, of: str | None, wrt: tuple[str, ...], settings: tuple[str, ...],
    values: tuple[str, ...], sweep: str | None, program: str, primitives: tuple[str, ...], sympy: bool, lines: bool,
    language: str, notation: str | None, style: CostFormat | None, document: bool, out: str | None,
) -> int:
    """What the gradients cost: sizes and counts, written out and shared, exact at any depth.

    \b
    symbp cost watermelon.bp --set d=3,q=2,l=1
    symbp cost deep.bp --set n=8 --sweep L=1..50 -o growth.svg
    """
    import symbp
    from symbp.cost_output import CostOutput
    from symbp.render.options import known_language

    spoken = known_language(language)
    output = CostOutput.of(style, out, document, sweep is not None, {"--lines": lines, "--sympy": sympy})
    swept = arguments.sweep(sweep, arguments.sizes(settings)) if sweep is not None else None
    what, names = arguments.name(of), arguments.names(wrt)
    model = symbp.with_integers(_model(file, text, settings, of), arguments.integers(values))
    derivation = symbp.derive(model, of=what, wrt=names, notation=notation)
    for warning in derivation.warnings:
        complain(f"warning: {warning}")
    costs = derivation.cost(program=program, primitives=primitives, sympy=sympy)
    inputs = (file,) if file else ()
    if swept is None:
        if settings and costs.missing:
            _tell_missing(costs.missing)
        output.write(costs, lines, spoken, inputs)
    else:
        output.write_growth(costs.over(*swept), spoken, inputs)
    return 0


@app.command(cls=arguments.Once, short_help="What symbp understood: ranges, roles, equations, sizes, warnings.")
@click.argument("file", required=False)
@click.option("-e", "text", metavar="TEXT", help="The model itself, in place of a FILE.")
@click.option("--set", "settings", metavar="SIZE=N", multiple=True, help="Give a size its value: --set d=3,q=2")
@click.option("-o", "out", metavar="OUT", help="Write to this file, the whole result or nothing.")
def show(file: str | None, text: str | None, settings: tuple[str, ...], out: str | None) -> int:
    """What symbp understood: ranges, roles, equations, inferred sizes, requirements, warnings."""
    from symbp.render.overview import overview

    model = _model(file, text, settings)
    write_result(readable(overview(model, unicode=has_unicode(out)), out), out, (file,) if file else ())
    return 0


@app.command(cls=arguments.Once, short_help="The shipped models: their list, or the text of one.")
@click.argument("name", required=False)
@click.option("-o", "out", metavar="OUT", help="Write to this file, the whole text or nothing.")
def examples(name: str | None, out: str | None) -> int:
    """The shipped models: their list, or the text of one.

    \b
    symbp examples
    symbp examples watermelon -o watermelon.bp
    symbp examples deep | symbp derive -
    """
    from symbp.shipped import example_names, example_text

    if name is None:
        width = max(map(len, example_names()), default=0)
        lines = (f"{n:{width}}  {_headline(example_text(n))}" for n in example_names())
        write_result("\n".join(lines), out)
    else:
        write_result(example_text(name), out)
    return 0


def _checked(derivation: Derivation, counted: bool) -> bool | str:
    """What the quick certificate lets the document say of itself.

    Raises CheckFailed where something differs: then nothing is printed.
    """
    certificate = derivation.check()
    wrong = [f"  {c.what}: relative error {c.error:.1e} at {c.where}" for c in certificate.wrong]
    if wrong:
        raise CheckFailed("the check failed, so nothing is printed:\n" + "\n".join(wrong))
    return certificate.statement(counted)


def _tell_missing(sizes: tuple[str, ...]) -> None:
    """Some sizes have a value, and others don't."""
    others = ", ".join(f"`{s}`" for s in sizes)
    settings = ",".join(f"{s}=3" for s in sizes)
    complain(f"warning: there is no value for {others}, so counts are formulas; for numbers add --set {settings}")


def _headline(text: str) -> str:
    """The first line of a model, a comment that says what it is."""
    return text.partition("\n")[0].lstrip("# ")


def _model(file: str | None, text: str | None, settings: tuple[str, ...], of: str | None = None) -> Model:
    import symbp

    if text is not None and file is not None:
        raise UsageError("give a FILE or `-e TEXT`, not both")
    if text is None and file is None:
        raise UsageError("nothing to read: give a FILE, `-` for standard input, or `-e TEXT`")
    sizes = arguments.sizes(settings)
    source = read_model(file) if file is not None else (text or "", "<expression>")
    model = symbp.parse(*source, of=of)
    return symbp.with_sizes(model, sizes)


def _describe(error: SymbpError) -> str:
    if isinstance(error, LanguageError):
        from symbp.language.report import format_error

        return format_error(error)
    return "\n".join(printable(line) for line in f"error: {error}".splitlines())


def main() -> NoReturn:
    """The console script: runs one command and exits with its status."""
    gc.set_threshold(YOUNG)
    run_guarded(_main, _describe)


def _main() -> int:
    arguments = sys.argv[1:]
    if arguments and arguments[0] not in app.commands and (arguments[0] == "-" or arguments[0].endswith(".bp")):
        raise UsageError(f"a command comes first: `{COMMAND} derive {arguments[0]}`")
    try:
        status = app.main(arguments, prog_name=COMMAND, standalone_mode=False)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        hint = f"\nTry `{context.command_path} --help`." if context else ""
        if re.search(r"unexpected extra arguments? \(\w+=", error.format_message()):
            hint = "\nSeveral sizes have commas between them, and no blank: `--set d=3,q=2`."
        raise UsageError(error.format_message() + hint) from None
    except click.Abort:
        raise KeyboardInterrupt from None
    return status if isinstance(status, int) else 0
