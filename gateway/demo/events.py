"""What happens every day: plays, their daily counts, and the statements that labels get for them."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pyarrow as pa
import pyarrow.compute as pc

from gateway.demo import words
from gateway.demo.chance import Chance
from gateway.demo.world import TODAY, World

MONTHS = (date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1))
"""The complete months in the history; the topic holds what came after."""

_DAYS = 28
_DAY_MS = 86_400_000


def make_plays(world: World, scale: float, seed: int) -> pa.Table:
    """``scale`` million plays over the four weeks before :data:`TODAY`, in the order in which they happened."""
    chance = Chance(seed)
    rows = round(1_000_000 * scale)
    songs = chance.below(world.songs.num_rows, rows, skew=3.0)
    listeners = chance.below(world.listeners.num_rows, rows, skew=1.5)
    start = int(datetime.combine(TODAY - timedelta(days=_DAYS), datetime.min.time(), UTC).timestamp() * 1000)
    # Players tell time to the half second and length to the second; it also lets the embedded broker hold a million.
    elapsed = _rounded(pc.multiply(_counting(rows), _DAYS * _DAY_MS // rows), 500)
    # People skip: three plays in ten end somewhere within the song.
    length = world.songs["duration_ms"].combine_chunks().take(songs)
    heard = pc.if_else(pc.less(chance.unit(rows), 0.7), 1.0, chance.unit(rows))
    shuffle = chance.unit(rows)
    return pa.table(
        {
            "play_id": pc.add(_counting(rows), 1),
            "listener_id": pc.add(listeners, 1),
            "song_id": pc.add(songs, 1),
            "played_at": pc.cast(pc.add(elapsed, start), pa.timestamp("ms")),
            "device": chance.pick(words.DEVICES, rows, skew=1.7),
            "ms_played": pc.cast(
                _rounded(pc.cast(pc.floor(pc.multiply(length, heard)), pa.int64()), 1_000), pa.int32()
            ),
            "shuffled": pc.if_else(pc.greater(shuffle, 0.9), None, pc.less(shuffle, 0.3)),
        }
    )


def make_daily_plays(world: World, month: date, scale: float, seed: int) -> pa.Table:
    """The plays of one month, counted by day, song and country; without the partition's column ``month``."""
    chance = Chance(seed + month.month)
    rows = round(400_000 * scale)
    days = (_next_month(month) - month).days
    songs = chance.below(world.songs.num_rows, rows, skew=3.0)
    listeners = chance.below(world.listeners.num_rows, rows, skew=1.5)
    first = (month - date(1970, 1, 1)).days
    single = pa.table(
        {
            "day": pc.cast(pc.cast(pc.add(chance.below(days, rows), first), pa.int32()), pa.date32()),
            "song_id": pc.add(songs, 1),
            "country": world.listeners["country"].combine_chunks().take(listeners),
            "ms_played": pc.cast(world.songs["duration_ms"].combine_chunks().take(songs), pa.int64()),
        }
    )
    counted = single.group_by(["day", "song_id", "country"]).aggregate([([], "count_all"), ("ms_played", "sum")])
    named = counted.rename_columns({"count_all": "plays", "ms_played_sum": "ms_played"})
    ordered = named.sort_by([("day", "ascending"), ("song_id", "ascending"), ("country", "ascending")])
    return ordered.select(["day", "song_id", "country", "plays", "ms_played"])


def make_statements(world: World, history: dict[date, pa.Table]) -> pa.Table:
    """One statement per label and month of the history: its plays, and what they earn at the rates in force."""
    rates = {(row["label_id"], row["country"]): row["per_play"] for row in world.rates.select(range(3)).to_pylist()}
    rows = [
        (month, label, plays, amount)
        for month, counted in history.items()
        for label, (plays, amount) in sorted(_earned(world, counted, rates).items())
    ]
    issued = [datetime.combine(_next_month(month) + timedelta(days=3), datetime.min.time(), UTC) for month, *_ in rows]
    states = [_state(month, label) for month, label, *_ in rows]
    paid = [
        when.date() + timedelta(days=14) if state == "paid" else None
        for when, state in zip(issued, states, strict=True)
    ]
    return pa.table(
        {
            "statement_id": pa.array(range(1, len(rows) + 1), pa.int64()),
            "label_id": pa.array([label for _, label, _, _ in rows], pa.int32()),
            "period": [f"{month:%Y-%m}" for month, *_ in rows],
            "plays": pa.array([plays for _, _, plays, _ in rows], pa.int64()),
            "amount": pa.array([amount for *_, amount in rows], pa.decimal128(14, 2)),
            "status": states,
            "issued_at": pa.array(issued, pa.timestamp("us", tz="UTC")),
            "paid_on": pa.array(paid, pa.date32()),
        }
    )


def _state(month: date, label: int) -> str:
    """Old months are paid; the last one is still on its way for most labels."""
    return "paid" if month != MONTHS[-1] else ("paid", "approved", "open")[label % 3]


def _earned(world: World, counted: pa.Table, rates: dict[tuple[int, str], Decimal]) -> dict[int, tuple[int, Decimal]]:
    labels = world.songs["label_id"].combine_chunks().take(pc.subtract(counted["song_id"].combine_chunks(), 1))
    by = counted.append_column("label_id", labels).group_by(["label_id", "country"]).aggregate([("plays", "sum")])
    totals: dict[int, tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
    for row in by.to_pylist():
        plays, amount = totals[row["label_id"]]
        earned = row["plays_sum"] * rates[row["label_id"], row["country"]]
        totals[row["label_id"]] = (plays + row["plays_sum"], amount + earned)
    cent = Decimal("0.01")
    return {label: (plays, amount.quantize(cent, ROUND_HALF_UP)) for label, (plays, amount) in totals.items()}


def _counting(rows: int) -> pa.Int64Array:
    return pc.subtract(pc.cumulative_sum(pa.repeat(pa.scalar(1, pa.int64()), rows)), 1)


def _rounded(column: pa.Int64Array, unit: int) -> pa.Int64Array:
    return pc.multiply(pc.divide(column, unit), unit)


def _next_month(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)
