"""The text of a fragment that can be put under further conditions: on the table it reads, or on its outputs."""

from dataclasses import dataclass

from connectors.spi import Fragment


@dataclass(frozen=True)
class Asked:
    """``text`` is the fragment as it was written; ``inside`` and ``outside`` are the conditions for certain keys.

    Those inside name the columns of the only table of a divisible fragment, those outside the outputs ``q."c0"`` ….
    """

    fragment: Fragment
    text: str
    inside: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()

    @property
    def is_keyed(self) -> bool:
        """Whether it asks for the rows with certain keys only."""
        return bool(self.inside or self.outside)

    def under(self, *ranges: str) -> str:
        """The whole text, in a divisible fragment under conditions on its table besides."""
        query = self.text
        if conditions := (*self.inside, *ranges):
            word = "AND" if self.fragment.query.args.get("where") else "WHERE"
            query = f"{query} {word} {' AND '.join(conditions)}"
        if not self.outside:
            return query
        names = ", ".join(f'"c{position}"' for position in range(len(self.fragment.columns)))
        return f"SELECT * FROM ({query}) AS q({names}) WHERE {' AND '.join(self.outside)}"
