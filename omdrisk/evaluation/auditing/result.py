"""What an audit of a head's indicators found: tables for people, and the same for machines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from omdrisk.evaluation.auditing.sensitive import NO_LEAK

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


@dataclass(frozen=True)
class FeatureAudit:
    """What an audit of one head's indicators found.

    Attributes
    ----------
    target
        The head.
    table
        One row per definition: ``indicator`` (its name), ``id``, ``family``, ``kind``, ``words``; ``coverage`` (share
        of examined shipments that have it); ``auc`` and ``lift`` (at a tenth inspected) by itself with intervals;
        ``auc_worst_period`` and ``auc_best_period``; ``gain_share`` and ``shap_share``; ``cluster`` (those alike have
        one number, 0 is like no other); ``seconds_per_100k`` (computed alone); ``flags``.
    flags
        One row per finding: ``indicator``, ``flag``, ``seen``, and ``column`` where one is to blame.
    families
        What the head loses without each family: see `without_families`.
    facts
        On what it was made, as JSON-able values.
    """

    target: str
    table: pd.DataFrame
    flags: pd.DataFrame
    families: pd.DataFrame
    facts: Mapping[str, Any] = field(hash=False)

    @property
    def leaks(self) -> tuple[str, ...]:
        """Names of the definitions that know what they cannot know."""
        named = self.flags.loc[~self.flags["flag"].isin(NO_LEAK), "indicator"]
        return tuple(dict.fromkeys(named))

    def to_dict(self) -> dict[str, Any]:
        """Return the audit as JSON-able values; what is missing is None."""
        tables = {name: _records(getattr(self, name)) for name in ("table", "flags", "families")}
        return {"target": self.target, "facts": dict(self.facts), "leaks": list(self.leaks), **tables}

    def plot(self, metric: str = "average_precision", axes: Any = None) -> Any:
        """Draw what the head loses without each family, with intervals, and return the axes."""
        from omdrisk.evaluation.auditing.pictures import losses

        return losses(self.families, metric, axes)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rows = frame.to_dict(orient="records")
    return [{str(name): None if cell != cell else cell for name, cell in row.items()} for row in rows]  # noqa: PLR0124
