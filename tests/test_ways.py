"""The ways from parameters to the loss, against the graph of single elements written out at small sizes."""

from __future__ import annotations

import pytest

import symbp
from symbp.calculus.affine import Affine
from symbp.calculus.derivation import Derivation, Way, Ways
from symbp.calculus.differentiate import differentiate
from symbp.calculus.expression import Position
from symbp.calculus.paths import PATH_LIMIT
from symbp.calculus.ways import LONGEST, path_count
from symbp.render.printer import Vocabulary
from symbp.render.text import text
from tests.instances import AuthorsGraph, Element, small_sizes
from tests.interpreter import keys
from tests.many_models import EXAMPLES, HERE, many_models

RANDOM = 60
SOME = 8
"""Elements of a parameter, about, that are looked at."""


MODELS = many_models(RANDOM)


def shown(derivation: Derivation, parameter: str) -> list[str]:
    """The ways from a parameter in plain text: {what is reached: at which indices}, conditions in brackets."""
    ways = next(w for w in derivation.ways if w.parameter.name == parameter)
    vocabulary = Vocabulary.of(derivation.model)
    lines = []
    for way in ways.ways:
        context = vocabulary.display((*ways.indices, *way.running))
        stations = []
        for s in way.stations:
            plain = text(s.access, context)
            where = "".join(f" [{g.kind} {text_of(g.form)}]" for g in s.guards)
            ranges = ", ".join(
                f"{text(Position(Affine.of(i.name)), context)}={text(Position(i.range.lower), context)}"
                f"..{text(Position(i.range.upper), context)}" for i in s.summed
            )
            stations.append((f"{{{plain}: {ranges}}}" if s.summed else plain) + where)
        lines.append(" → ".join(stations) + (" again" if way.again else ""))
    return lines


def text_of(form: object) -> str:
    return " + ".join(f"{c}{s}" for s, c in form.terms) + f" + {form.constant}"  # type: ignore[attr-defined]


# As books list them


def test_zhou() -> None:
    derivation = symbp.derive(symbp.load(EXAMPLES / "watermelon.bp")).data
    assert shown(derivation, "w") == ["w[h,j] → β[j] → ŷ[j] → E"]
    assert shown(derivation, "v") == ["v[i,h] → α[h] → b[h] → {β[j]: j=1..l} → {ŷ[j]: j=1..l} → E"]
    assert shown(derivation, "theta") == ["θ[j] → ŷ[j] → E"]


def test_nielsen_names_one_letter_a_layer() -> None:
    derivation = symbp.derive(symbp.load(EXAMPLES / "nielsen.bp")).data
    assert shown(derivation, "w2") == ["w2[j,i] → z2[j] → a2[j] → {z3[m]: m=1..3} → {a3[m]: m=1..3} → C"]


def test_a_recurrence_ends_where_it_comes_back() -> None:
    derivation = symbp.derive(symbp.load(EXAMPLES / "bptt.bp")).data
    assert shown(derivation, "b") == [
        "b[j] → {s[t,j]: t=1..T} → {h[t,j]: t=1..T} → {s[t+1,k]: t=1..T − 1, k=1..n} again",
        "b[j] → {s[t,j]: t=1..T} → {h[t,j]: t=1..T} → {p[t,c]: t=1..T, c=1..o} → E",
    ]


def test_depth_is_a_recurrence_as_well() -> None:
    derivation = symbp.derive(symbp.load(EXAMPLES / "deep.bp")).data
    assert shown(derivation, "b") == [
        "b[l,j] → z[l,j] → a[l,j] → {z[l+1,k]: k=1..n} [ge 1L + -1l + -1] again",
        "b[l,j] → z[l,j] → a[l,j] → C [eq 1L + -1l + 0]",
    ]


def test_a_mask_bounds_what_is_reached() -> None:
    """Row i of a causal attention sees the columns up to i."""
    derivation = symbp.derive(symbp.load(HERE / "models" / "attention.bp")).data
    assert shown(derivation, "Q")[1] == (
        "Q[i,d] → {S[i,j]: j=1..n} → {P[i,j]: j=1..i} → {O[i,e]: e=1..v} → L"
    )
    ways = next(w for w in derivation.ways if w.parameter.name == "Q")
    assert path_count(ways, {"n": 4, "m": 2, "v": 3}, (2, 1)) == 2 * 2 * 3 + 2 * 3


def test_branches_into_several_readers_are_several_ways() -> None:
    derivation = symbp.derive(symbp.load(EXAMPLES / "staged.bp")).data
    assert shown(derivation, "x") == [
        "x → num → f", "x → sigx → den → invden → f", "x → xpy → xpysqr → den → invden → f",
    ]


def test_a_path_through_inputs_only_is_none() -> None:
    derivation = symbp.derive("input x\nparam a, b\nloss L = a * x\n", wrt=("a", "b")).data
    assert [len(w.ways) for w in derivation.ways] == [1, 0]


@pytest.mark.parametrize(("stages", "listed"), [(20, PATH_LIMIT), (100, 0)])
def test_ways_beyond_the_limit_are_counted(stages: int, listed: int) -> None:
    """Each stage of this ladder doubles the ways, and makes them two stations longer."""
    lines = ["param x0"]
    for k in range(stages):
        lines += [f"u{k} = 2 * x{k}", f"v{k} = 3 * x{k}", f"x{k + 1} = u{k} * v{k}"]
    ways = symbp.derive("\n".join([*lines, f"loss L = x{stages}^2"])).data.ways[0]
    assert len(ways.ways) == listed
    assert len(ways.ways) + ways.left_out == 2**stages


@pytest.mark.parametrize("length", [LONGEST - 1, LONGEST])
def test_a_way_that_is_too_long_is_said_to_be(length: int) -> None:
    """From w through so many quantities to the loss."""
    lines = ["param w", "h1 = w", *(f"h{k} = tanh(h{k - 1})" for k in range(2, length)), f"loss L = h{length - 1}"]
    derivation = symbp.derive("\n".join(lines))
    (ways,) = derivation.data.ways
    assert (len(ways.ways), ways.left_out) == ((1, 0) if length < LONGEST else (0, 1))
    assert ("The ways from w are too long to list." in derivation.text()) == (length == LONGEST)


def test_ways_through_a_large_tangle_are_bounded() -> None:
    """Every name reads every name of the step before; no number of ways can be listed, or counted exactly."""
    names = [f"a{k}" for k in range(14)]
    lines = ["index t in 1..T", "param w"]
    lines += [f"{n}[0] = w" for n in names]
    lines += [f"{n}[t] = w * ({' + '.join(f'{m}[t-1]' for m in names)})" for n in names]
    ways = symbp.derive("\n".join([*lines, "loss L = a0[T]"])).data.ways[0]
    assert len(ways.ways) == PATH_LIMIT
    assert ways.left_out > 10_000


# Against every element written out


def reached(ways: Ways, way: Way, graph: AuthorsGraph, at: tuple[int, ...]) -> set[Element]:
    """The elements that a way's last station stands for, the parameter's indices given."""
    instance, s = graph.instance, way.stations[-1]
    here = dict(zip((i.name for i in ways.indices), at, strict=True))
    fixed = {*here, *instance.sizes}
    guards = (*s.guards, *(g for before in way.stations for g in before.guards if fixed.issuperset(g.symbols)))
    return {instance.element(s.access, p) for p in instance.tuples(s.summed, guards, here)}


@pytest.mark.parametrize("name", MODELS)
def test_paths_and_stations(name: str) -> None:
    """Names in order, the elements at each end, and the number of paths."""
    model = MODELS[name]
    derivation = differentiate(model)
    wanted = {w.parameter.name: {tuple(s.access.name for s in way.stations) for way in w.ways} for w in derivation.ways}
    met: dict[str, set[tuple[str, ...]]] = {parameter: set() for parameter in wanted}
    for sizes in small_sizes(model):
        graph = AuthorsGraph(derivation, sizes)
        for ways in derivation.ways:
            if ways.left_out:
                continue
            parameter = ways.parameter.name
            every = keys(model, parameter, sizes)
            for key in every[:: 1 + len(every) // SOME]:
                ends = graph.walks((parameter, key))
                met[parameter] |= set(ends)
                assert set(ends) <= wanted[parameter], (name, sizes, key)
                count = path_count(ways, sizes, key)
                if count is not None:
                    assert count == graph.paths((parameter, key)), (name, sizes, parameter, key)
                for names, elements in ends.items():
                    along = [w for w in ways.ways if tuple(s.access.name for s in w.stations) == names]
                    told = {x for w in along for x in reached(ways, w, graph, key)}
                    assert elements <= told, (name, sizes, parameter, key, names)
                    if all(w.stations[-1].exact for w in along) and not any(g.lookup for w in along for g in w.guards):
                        assert elements == told, (name, sizes, parameter, key, names)
    listed = [w for w in derivation.ways if not w.left_out]
    assert all(met[w.parameter.name] == wanted[w.parameter.name] for w in listed)


def test_most_models_are_counted() -> None:
    counted = 0
    for model in MODELS.values():
        sizes = small_sizes(model)[-1]
        for ways in differentiate(model).ways:
            key = next(iter(keys(model, ways.parameter.name, sizes)), None)
            counted += key is not None and path_count(ways, sizes, key) is not None
    assert counted > 100


def test_a_way_that_comes_back_is_printed_at_one_step() -> None:
    derivation = symbp.derive(symbp.load(EXAMPLES / "bptt.bp"))
    text = " ".join(derivation.text().split())
    for parameter in ("W[j,k]", "U[j,m]", "b[j]"):
        assert f"{parameter} → s[t,j] → h[t,j] → {{s[t+1,1], …, s[t+1,n]}}: and on from there, for each t < T." in text
