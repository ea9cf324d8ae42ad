"""What to do about what moved. The words for each code are the reports'."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

# what is said first: a gap in the data explains much of what else moves
ORDER = ("missing", "feature", "unseen", "score", "base_rate", "calibration")
NAMED = 5


@dataclass(frozen=True)
class Advice:
    """One thing to do.

    Parameters
    ----------
    code
        ``missing``, ``feature``, ``unseen``, ``score``, ``base_rate``, ``calibration``, or ``nothing``.
    verdict
        ``act``, ``watch`` or ``steady``.
    names
        What moved, the most moved first.
    where
        Administrations in which it moved most.
    since
        First day of the first week that showed it.
    """

    code: str
    verdict: str
    names: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    since: str = ""

    def to_dict(self) -> Mapping[str, object]:
        """Return the advice as JSON-able values."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in vars(self).items()}


def advise(table: pd.DataFrame) -> tuple[Advice, ...]:
    """Return what to do about a table of signals by week, the most urgent first.

    Examples
    --------
    >>> import pandas as pd
    >>> week = pd.Timestamp("2023-05-01", tz="UTC")
    >>> rows = {"week": week, "kind": "missing", "name": "hs_code", "ratio": 4.0, "where": "LA", "verdict": "act"}
    >>> advise(pd.DataFrame([rows]))[0]
    Advice(code='missing', verdict='act', names=('hs_code',), where=('LA',), since='2023-05-01')
    """
    moved = table[table["verdict"] != "steady"]
    told = []
    for kind in ORDER:
        part = moved[moved["kind"] == kind]
        if not len(part):
            continue
        acting = part[part["verdict"] == "act"]
        shown = acting if len(acting) else part
        names = shown.groupby("name")["ratio"].max().sort_values(ascending=False)
        where = shown.loc[shown["where"].ne(""), "where"].value_counts()
        told.append(
            Advice(
                code=kind,
                verdict="act" if len(acting) else "watch",
                names=tuple(map(str, names.index[:NAMED])),
                where=tuple(map(str, where.index[:3])),
                since=str(shown["week"].min().date()),
            )
        )
    told.sort(key=lambda one: one.verdict != "act")
    return tuple(told) or (Advice("nothing", "steady"),)
