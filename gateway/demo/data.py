"""All of the demo's data, made once from a scale and a seed."""

from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from gateway.demo.events import MONTHS, make_daily_plays, make_plays, make_statements
from gateway.demo.world import World, make_world

SEED = 2026


@dataclass(frozen=True)
class DemoData:
    """The datasets of the mesh as Arrow tables; ``daily_plays`` by the first day of its month."""

    world: World
    plays: pa.Table
    daily_plays: dict[date, pa.Table]
    statements: pa.Table


def make_data(scale: float, seed: int = SEED) -> DemoData:
    """Make everything for ``scale`` million plays. The same arguments give the same data."""
    world = make_world(scale, seed)
    history = {month: make_daily_plays(world, month, scale, seed) for month in MONTHS}
    return DemoData(world, make_plays(world, scale, seed), history, make_statements(world, history))
