"""The questions of the tour."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from gateway.demo.world import TODAY

LAST_WEEK = TODAY - timedelta(days=7)

ROYALTIES = f"""\
SELECT label.name AS label, who.country, count(*) AS plays, sum(rate.per_play) AS royalties_due
FROM play.events.plays AS play
JOIN listeners.profiles AS who ON who.listener_id = play.listener_id
JOIN artists.catalog.songs AS song ON song.song_id = play.song_id
JOIN artists.catalog.labels AS label ON label.label_id = song.label_id
JOIN payments.royalties.rates AS rate ON rate.label_id = label.label_id AND rate.country = who.country
WHERE play.played_at >= TIMESTAMP '{LAST_WEEK} 00:00:00'
GROUP BY label.name, who.country
ORDER BY royalties_due DESC, label, who.country"""
"""The headline: three domains' data in Kafka, Parquet and two PostgreSQL databases, one question."""


@dataclass(frozen=True)
class Question:
    """One stop of the tour: why it is asked, the statement, and its parameters."""

    title: str
    sql: str
    parameters: tuple[Any, ...] = ()


QUESTIONS = (
    Question(
        "One store: which labels were there before the compact disc? PostgreSQL filters by itself.",
        "SELECT name, country, founded\nFROM artists.catalog.labels\nWHERE founded < 1982\nORDER BY founded",
    ),
    Question(
        "An aggregate over a Kafka topic: what do people listen on?",
        "SELECT device, count(*) AS plays, sum(ms_played) // 3600000 AS hours\n"
        "FROM play.events.plays\nGROUP BY device\nORDER BY plays DESC",
    ),
    Question(
        "A top-N over Parquet: the best days of September.",
        "SELECT day, sum(plays) AS plays, count(DISTINCT song_id) AS songs\n"
        "FROM play.history.daily_plays\nWHERE month = '2026-09'\nGROUP BY day\nORDER BY plays DESC, day\nLIMIT 5",
    ),
    Question(
        "With parameters: what is a label owed, and is it paid?",
        "SELECT period, plays, amount, status, paid_on\n"
        "FROM payments.royalties.statements\nWHERE label_id = ? AND amount > ?\nORDER BY period",
        (2, 1),
    ),
    Question(
        "Across three stores: the plays of the last week by label and country, with the royalties due.",
        ROYALTIES + "\nLIMIT 8",
    ),
    Question(
        "Trust: do the plays that were paid for agree with the plays that were counted? One row says so.",
        "WITH counted AS (\n"
        "  SELECT song.label_id, daily.month AS period, sum(daily.plays) AS plays\n"
        "  FROM play.history AS daily JOIN artists.catalog.songs AS song ON song.song_id = daily.song_id\n"
        "  GROUP BY song.label_id, daily.month)\n"
        "SELECT count(*) AS statements, count(*) FILTER (WHERE counted.plays = paid.plays) AS in_agreement\n"
        "FROM payments.royalties.statements AS paid\n"
        "JOIN counted ON counted.label_id = paid.label_id AND counted.period = paid.period",
    ),
)

MISTYPED = Question(
    "And when something is wrong, it says what: an address with a typing error.",
    "SELECT count(*) FROM artists.catalog.song",
)
