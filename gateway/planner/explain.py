"""A plan for people and for programs: what runs where, what moved, and why the rest stayed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gateway.planner.plan import InPlaceScan, Moved, Plan, RemoteFragment, Weighed


@dataclass(frozen=True)
class Measured:
    """What a run of the plan showed, for EXPLAIN ANALYZE.

    ``milliseconds`` are those of the residual, ``reads`` what DuckDB read of files in place.
    """

    moved: Mapping[str, Moved]
    rows: int
    milliseconds: float
    reads: tuple[str, ...] = ()

    @classmethod
    def of(cls, moved: Sequence[Moved], rows: int, milliseconds: float, reads: tuple[str, ...] = ()) -> "Measured":
        """Index the leaves' figures by name."""
        return cls({leaf.name: leaf for leaf in moved}, rows, milliseconds, reads)


def as_lines(plan: Plan, measured: Measured | None = None) -> Iterator[str]:
    """The plan as text, line by line."""
    for remote in plan.fragments:
        yield f"fragment {remote.name} in {_place(remote)}{_expected(remote)}{_figures(remote.name, measured)}"
        yield f"    {remote.native}"
        yield from (f"    keys: {told}" for told in _keys(plan, remote, measured))
    for scan in plan.scans:
        yield f"scan {scan.name} in place in {_place(scan)}{_figures(scan.name, measured)}"
    result = f" · {measured.rows} rows, {measured.milliseconds:.1f} ms" if measured else ""
    yield f"residual in DuckDB{result}"
    yield f"    {plan.residual}"
    yield from (f"    reads in place: {told}" for told in (measured.reads if measured else ()))
    if plan.twin and not plan.twin.sampled:
        yield f"verified: {plan.twin.decided.told}"
    if plan.weighed:
        yield f"pushed by cost: {' instead of '.join(map(_weighed, plan.weighed))}"
    if plan.reasons:
        yield "stayed with DuckDB"
    for reason in plan.reasons:
        yield f"    {reason.clause} — {reason.why}"


def as_json(plan: Plan, measured: Measured | None = None) -> str:
    """The plan as one JSON object; keys are stable."""
    document: dict[str, Any] = {
        "pushdown": plan.pushdown,
        "fragments": [
            {
                **_leaf(remote, measured),
                "text": remote.native,
                "keys": _keys(plan, remote, measured),
                "estimate": asdict(remote.estimate) if remote.estimate else None,
            }
            for remote in plan.fragments
        ],
        "scans": [_leaf(scan, measured) for scan in plan.scans],
        "residual": {"text": plan.residual, "streamed": plan.streamed},
        "stayed": [{"clause": reason.clause, "why": reason.why} for reason in plan.reasons],
        "weighed": [{"pushed": one.pushed, "milliseconds": round(one.milliseconds)} for one in plan.weighed],
        "columns": [{"name": output.name, "type": output.type} for output in plan.outputs],
    }
    if measured:
        document["residual"] |= {"rows": measured.rows, "milliseconds": round(measured.milliseconds, 1)}
        document["residual"]["reads"] = list(measured.reads)
    return json.dumps(document, ensure_ascii=False, indent=2)


def _keys(plan: Plan, remote: RemoteFragment, measured: Measured | None) -> list[str]:
    """What restricts a fragment: as planned, or as it went."""
    if measured and remote.name in measured.moved:
        return list(measured.moved[remote.name].keys)
    return [
        f"{remote.name}.{keys.column} ← {keys.source}.{keys.key}, at most {keys.limit}"
        for keys in plan.keys
        if keys.into == remote.name
    ]


def _weighed(one: Weighed) -> str:
    return f"{one.pushed} (about {one.milliseconds:.0f} ms)"


def _place(leaf: RemoteFragment | InPlaceScan) -> str:
    return f"store {leaf.origin.store} · {', '.join(leaf.origin.addresses)}"


def _expected(remote: RemoteFragment) -> str:
    known = remote.estimate
    return f" · estimated {known.rows} rows, {known.bytes} bytes ({known.source})" if known else ""


def _figures(name: str, measured: Measured | None) -> str:
    if measured is None or name not in measured.moved:
        return ""
    leaf = measured.moved[name]
    if leaf.how == "in place":
        return f" · {leaf.rows} rows and {leaf.bytes} bytes on file, snapshot {leaf.snapshot}"
    return f" · {leaf.how}: {leaf.rows} rows, {leaf.bytes} bytes, {leaf.milliseconds:.1f} ms, snapshot {leaf.snapshot}"


def _leaf(leaf: RemoteFragment | InPlaceScan, measured: Measured | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": leaf.name,
        "store": leaf.origin.store,
        "datasets": list(leaf.origin.addresses),
        "products": list(leaf.origin.products),
    }
    if measured and (moved := measured.moved.get(leaf.name)):
        told |= {"how": moved.how, "rows": moved.rows, "bytes": moved.bytes, "snapshot": moved.snapshot}
        told["milliseconds"] = round(moved.milliseconds, 1)
    return told
