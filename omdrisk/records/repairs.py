"""What reading mended, counted by rule and column."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd


@dataclass
class Repairs:
    """A tally of repairs, with the first example of each."""

    counts: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)

    def add(self, rule: str, column: str, count: int, example: str) -> None:
        """Count `count` repairs of `column` under `rule`."""
        if count:
            before, first = self.counts.get((rule, column), (0, example))
            self.counts[rule, column] = (before + int(count), first)

    def frame(self) -> pd.DataFrame:
        """Return the tally as a table: rule, column, count, example."""
        rows = [(rule, column, count, example) for (rule, column), (count, example) in self.counts.items()]
        made = pd.DataFrame(rows, columns=["rule", "column", "count", "example"])
        return made.astype({"rule": "str", "column": "str", "count": "int64", "example": "str"})
