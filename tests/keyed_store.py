"""A store that really leaves out what a key hint lets it leave out, and believes itself as large as a test says."""

from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from connectors.spi import Estimate
from tests.duck_store import DuckStore, Rows


@dataclass
class KeyedStore(DuckStore):
    """``rows`` is what it tells of every fragment; ``hinted`` keeps (fragment's text, column, keys)."""

    rows: int = 1_000_000
    hinted: list[tuple[str, str, pa.Array]] = field(default_factory=list)

    def estimate(self, fragment):
        return Estimate(self.rows, self.rows * 10, "test")

    def open(self, fragment, snapshot, hints, call):
        found = pa.Table.from_batches(super().open(fragment, snapshot, hints, call).batches, fragment.schema)
        for column, keys in hints.keys.items():
            assert keys.type == fragment.schema.field(column).type
            assert keys.null_count == 0
            found = found.filter(pc.is_in(found.column(column), keys))
            self.hinted.append((fragment.text, column, keys))
        return Rows(fragment.schema, found.to_batches())
