"""A run as a page that people read."""

import statistics
from collections.abc import Iterator

from benchmarks.alternating import BUDGET, LEAST
from benchmarks.ratios import OURS, against, cold, geometric_mean, overall
from benchmarks.results import Case, Figure, Goal, Run, Scenario


def markdown(run: Run) -> str:
    """The whole report."""
    return "\n".join([*_head(run), *(line for one in run.scenarios for line in _scenario(one))]) + "\n"


def _head(run: Run) -> Iterator[str]:
    yield "# Benchmarks\n"
    minutes = sum(one.seconds for one in run.scenarios) / 60
    yield f"`{run.command}` · {run.started} · scale {run.scale:g} · {minutes:.0f} min in all\n"
    yield f"Systems take turns (A B A B …), {run.rounds} rounds after a warm-up; once the rounds of a case have taken"
    yield f"{BUDGET:g} s, only as many as make {LEAST}. Figures are median (min–max). A **ratio** is taken round by"
    yield f"round and says how many times better {OURS} is: above 1 it is ahead. What does not count is struck out,"
    yield "with the reason.\n"
    yield "| machine | |\n|---|---|"
    yield from (f"| {name} | {value} |" for name, value in run.machine.items())
    yield "\n| version | |\n|---|---|"
    yield from (f"| {name} | {value} |" for name, value in run.versions.items())
    yield "\n## Goals\n\n| scenario | goal | measured | met |\n|---|---|---|---|"
    yield from (
        f"| {one.name} | {goal.told} | {goal.measured} | {_met(goal)} |" for one in run.scenarios for goal in one.goals
    )


def _scenario(one: Scenario) -> Iterator[str]:
    yield f"\n## {one.name}\n\n{one.told} ({one.seconds:.0f} s in all)\n"
    yield from (f"- **{system} is missing**: {reason}" for system, reason in one.missing.items())
    yield from (f"- {note}" for note in one.notes)
    systems = list(dict.fromkeys(name for case in one.cases for name in case.figures))
    if not systems:
        return
    yield f"\n![{one.name}](report/{one.name}.svg)\n"
    yield from _table(one, systems)
    yield from _flaws(one)
    yield from _moved(one)
    yield from _memory(one)


def _table(one: Scenario, systems: list[str]) -> Iterator[str]:
    rivals = [name for name in systems if name != OURS] if OURS in systems else []
    yield f"| case | {' | '.join(systems)} | {' | '.join(f'÷ {name}' for name in rivals)} |".replace("|  |", "|")
    yield f"|---|{'--:|' * (len(systems) + len(rivals))}"
    for case in one.cases:
        shown = [_figure(case.figures.get(name)) for name in systems]
        yield f"| {case.name} ({case.unit}) | {' | '.join([*shown, *(_ratio(case, name) for name in rivals)])} |"
    if rivals and len(one.cases) > 1:
        blank = " | ".join("" for _ in systems)
        yield f"| geometric mean | {blank} | {' | '.join(_number(overall(one, name)) for name in rivals)} |"
        means = [geometric_mean(r.median for case in one.cases if (r := cold(case, name))) for name in rivals]
        if any(means):
            yield f"| geometric mean, cold | {blank} | {' | '.join(_number(mean) for mean in means)} |"


def _figure(figure: Figure | None) -> str:
    if figure is None:
        return "–"
    if figure.flaw or not figure.values:
        return "~~does not count~~" if figure.flaw else "–"
    values = figure.values
    first = f", cold {_short(figure.cold)}" if figure.cold is not None else ""
    spread = f" ({_short(min(values))}–{_short(max(values))}{first})" if len(values) > 1 else first
    return f"{_short(statistics.median(values))}{spread}"


def _ratio(case: Case, rival: str) -> str:
    ratio = against(case, rival)
    return f"{ratio.median:.2f} ({ratio.least:.2f}–{ratio.most:.2f})" if ratio else "–"


def _flaws(one: Scenario) -> Iterator[str]:
    flaws = [(case.name, name, fig.flaw) for case in one.cases for name, fig in case.figures.items() if fig.flaw]
    if flaws:
        yield "\nDo not count:\n"
        yield from (f"- {case}, {system}: {flaw}" for case, system, flaw in flaws)


def _moved(one: Scenario) -> Iterator[str]:
    lines = [
        f"| {case.name} | {name} | {store} | {moved.get('rows', '–')} | {moved.get('bytes', 0):,} |"
        for case in one.cases
        for name, figure in case.figures.items()
        for store, moved in figure.moved.items()
        if not figure.flaw
    ]
    if lines:
        yield "\n<details><summary>Rows and bytes moved</summary>\n"
        yield "| case | system | store | rows | bytes |\n|---|---|---|--:|--:|"
        yield from lines
        yield "\n</details>"


def _memory(one: Scenario) -> Iterator[str]:
    if one.memory:
        yield "\n| system | process | peak memory, MB |\n|---|---|--:|"
        for system, processes in one.memory.items():
            yield from (f"| {system} | {name} | {size / 2**20:.0f} |" for name, size in processes.items())


def _met(goal: Goal) -> str:
    return {True: "yes", False: "**no**", None: "–"}[goal.met]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 or value == 0 else f"{value:.1f}" if value >= 1 else f"{value:.3f}"
