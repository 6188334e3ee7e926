"""What does not change from day to day: labels, artists, albums, songs, listeners, and what a play earns."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa

from gateway.demo import words

TODAY = date(2026, 10, 29)
"""The demo's today: plays end with the day before, so every run tells the same story."""


@dataclass(frozen=True)
class World:
    """The reference data as Arrow tables whose columns are those of the contracts. Ids count from 1 in row order."""

    labels: pa.Table
    artists: pa.Table
    albums: pa.Table
    songs: pa.Table
    listeners: pa.Table
    rates: pa.Table


def make_world(scale: float, seed: int) -> World:
    """Make the world for ``scale`` million plays: at 1.0 8,000 songs and 50,000 listeners."""
    chance = random.Random(seed)
    songs = max(200, round(8_000 * scale))
    albums = max(40, songs // 10)
    artists = max(20, songs // 25)
    album_rows = _albums(chance, albums, artists)
    return World(
        labels=_labels(),
        artists=_artists(chance, artists),
        albums=album_rows,
        songs=_songs(chance, songs, album_rows),
        listeners=_listeners(chance, max(500, round(50_000 * scale))),
        rates=_rates(chance),
    )


def _labels() -> pa.Table:
    names, countries, founded = zip(*words.LABELS, strict=True)
    return pa.table(
        {
            "label_id": pa.array(range(1, len(names) + 1), pa.int32()),
            "name": names,
            "country": countries,
            "founded": pa.array(founded, pa.int16()),
        }
    )


def _artists(chance: random.Random, rows: int) -> pa.Table:
    pairs = [(adjective, noun) for noun in words.NOUNS for adjective in words.ADJECTIVES]
    chance.shuffle(pairs)
    names = [f"The {pairs[row % len(pairs)][0]} {pairs[row % len(pairs)][1]}s" for row in range(rows)]
    formed = [_day(chance, date(1960, 1, 1), date(2024, 1, 1)) if chance.random() < 0.8 else None for _ in range(rows)]
    return pa.table(
        {
            "artist_id": pa.array(range(1, rows + 1), pa.int64()),
            "name": [name if row < len(pairs) else f"{name} {row // len(pairs) + 1}" for row, name in enumerate(names)],
            "country": chance.choices(words.COUNTRIES, k=rows),
            "genre": chance.choices(words.GENRES, k=rows),
            "formed_on": pa.array(formed, pa.date32()),
        }
    )


def _albums(chance: random.Random, rows: int, artists: int) -> pa.Table:
    return pa.table(
        {
            "album_id": pa.array(range(1, rows + 1), pa.int64()),
            "artist_id": pa.array([row % artists + 1 for row in range(rows)], pa.int64()),
            "label_id": pa.array(chance.choices(range(1, len(words.LABELS) + 1), k=rows), pa.int32()),
            "title": [f"{chance.choice(words.ADJECTIVES)} {chance.choice(words.NOUNS)}" for _ in range(rows)],
            "released_on": pa.array([_day(chance, date(1995, 1, 1), date(2026, 9, 1)) for _ in range(rows)]),
        }
    )


def _songs(chance: random.Random, rows: int, albums: pa.Table) -> pa.Table:
    on = pa.array([row % albums.num_rows for row in range(rows)], pa.int64())
    titles = [chance.choice(words.ADJECTIVES) + " " + chance.choice(words.NOUNS) for _ in range(rows)]
    return pa.table(
        {
            "song_id": pa.array(range(1, rows + 1), pa.int64()),
            "album_id": albums["album_id"].take(on),
            "artist_id": albums["artist_id"].take(on),
            "label_id": albums["label_id"].take(on),
            "title": [title + chance.choice(words.ENDINGS) for title in titles],
            "isrc": [f"{chance.choice(words.COUNTRIES)}HGA26{row:05d}" for row in range(rows)],
            "duration_ms": pa.array([1_000 * chance.randrange(90, 420) for _ in range(rows)], pa.int32()),
            "explicit": [chance.random() < 0.15 for _ in range(rows)],
        }
    )


def _listeners(chance: random.Random, rows: int) -> pa.Table:
    first = chance.choices(words.FIRST_NAMES, k=rows)
    last = chance.choices(words.LAST_NAMES, k=rows)
    emails = [f"{one}.{two}.{row}@example.com".lower() for row, (one, two) in enumerate(zip(first, last, strict=True))]
    weights = range(len(words.COUNTRIES), 0, -1)
    return pa.table(
        {
            "listener_id": pa.array(range(1, rows + 1), pa.int64()),
            "email": emails,
            "display_name": pa.array([name if chance.random() < 0.7 else None for name in first], pa.utf8()),
            "birth_date": pa.array([_day(chance, date(1946, 1, 1), date(2010, 1, 1)) for _ in range(rows)]),
            "country": chance.choices(words.COUNTRIES, weights, k=rows),
            "subscription": chance.choices(words.SUBSCRIPTIONS, (5, 4, 1), k=rows),
            "joined_on": pa.array([_day(chance, date(2015, 1, 1), date(2026, 9, 30)) for _ in range(rows)]),
            "newsletter": [chance.random() < 0.4 for _ in range(rows)],
        }
    )


def _rates(chance: random.Random) -> pa.Table:
    pairs = [(label, country) for label in range(1, len(words.LABELS) + 1) for country in words.COUNTRIES]
    return pa.table(
        {
            "label_id": pa.array([label for label, _ in pairs], pa.int32()),
            "country": [country for _, country in pairs],
            "per_play": pa.array([Decimal(chance.randrange(1_200, 6_500)).scaleb(-6) for _ in pairs], _RATE),
            "agreed_on": pa.array([_day(chance, date(2024, 1, 1), date(2026, 6, 1)) for _ in pairs]),
        }
    )


_RATE = pa.decimal128(12, 6)


def _day(chance: random.Random, start: date, end: date) -> date:
    return start + timedelta(days=chance.randrange((end - start).days))
