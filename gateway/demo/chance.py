"""Repeatable randomness over whole Arrow columns: the same seed gives the same columns, at C++ speed."""

import pyarrow as pa
import pyarrow.compute as pc


class Chance:
    """A stream of random columns. Each draw has its own number, so that adding one does not change the others."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._draws = 0

    def unit(self, rows: int) -> pa.DoubleArray:
        """``rows`` doubles, evenly in [0, 1)."""
        self._draws += 1
        return pc.random(rows, initializer=self._seed * 1_000 + self._draws)

    def below(self, limit: int, rows: int, *, skew: float = 1.0) -> pa.Int64Array:
        """``rows`` integers in [0, limit); a ``skew`` above 1 makes the small ones frequent."""
        drawn = self.unit(rows)
        shaped = drawn if skew == 1.0 else pc.power(drawn, skew)
        return pc.cast(pc.floor(pc.multiply(shaped, float(limit))), pa.int64())

    def pick(self, values: tuple[str, ...], rows: int, *, skew: float = 1.0) -> pa.StringArray:
        """``rows`` of the given values; a ``skew`` above 1 makes the first ones frequent."""
        return pa.array(values).take(self.below(len(values), rows, skew=skew))
