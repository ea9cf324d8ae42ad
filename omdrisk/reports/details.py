"""What the heads say of each listed shipment: waterfalls, and reasons for and against."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from omdrisk.errors import InputError
from omdrisk.explaining import BASE, chance, percent
from omdrisk.records import as_table
from omdrisk.reports.plain import plain
from omdrisk.reports.waterfall import Waterfall, waterfall

if TYPE_CHECKING:
    import pandas as pd

    from omdrisk.reports.phrases import Phrases
    from omdrisk.scoring import Scorer

Key = tuple[str, str]


@dataclass(frozen=True)
class Told:
    """A reason in words, its share in the score, and what would be without it."""

    text: str
    share: str
    hint: str = ""
    indicator: str = ""
    family: str = ""


@dataclass(frozen=True)
class Detail:
    """What one head says of one shipment."""

    waterfall: Waterfall | None = None
    pro: list[Told] = field(default_factory=list)
    contra: list[Told] = field(default_factory=list)


@dataclass(frozen=True)
class Explained:
    """A worklist's reasons, as the table of `Scorer.explain`, and the details by shipment and head."""

    reasons: pd.DataFrame
    details: dict[Key, Detail]


def explained(
    worklist: pd.DataFrame,
    heads: list[str],
    words: Phrases,
    *,
    scorer: Scorer | None,
    shipments: Any,
    top: int = 5,
    against: int = 3,
) -> Explained | None:
    """Explain a worklist, if what it was made with is at hand.

    Raises
    ------
    InputError
        If a listed shipment is not among `shipments`.
    """
    if scorer is None or shipments is None or not len(worklist):
        return None
    rows = matching_rows(worklist, shipments)
    reasons = scorer.explain(rows, top=top, against=against, language=words.language)
    told: dict[tuple[str, str, str], list[Told]] = {}
    for one in reasons.to_dict("records"):
        share = percent(one["share"], words.language, 0)
        text = Told(plain(one["text"]), share, plain(one["hint"]), one["indicator"], one["family"])
        told.setdefault((one["shipment_id"], one["head"], one["direction"]), []).append(text)
    details = {
        (name, head): Detail(fall, told.get((name, head, "for"), []), told.get((name, head, "against"), []))
        for head in heads
        for name, fall in zip(worklist["shipment_id"], _falls(worklist, rows, head, scorer, words), strict=True)
    }
    return Explained(reasons, details)


def matching_rows(worklist: pd.DataFrame, shipments: Any) -> pd.DataFrame:
    """Return the rows of `shipments` that the worklist lists, in its order.

    Raises
    ------
    InputError
        If a listed shipment is not among them.
    """
    canonical = as_table(shipments, "shipments")
    if canonical.index.is_unique and worklist.index.isin(canonical.index).all():
        rows = canonical.loc[worklist.index]
        if rows["shipment_id"].tolist() == worklist["shipment_id"].tolist():
            return rows
    by_id = canonical.drop_duplicates("shipment_id").set_index("shipment_id", drop=False)
    lost = [name for name in worklist["shipment_id"] if name not in by_id.index]
    if lost:
        raise InputError(f"shipment {plain(lost[0], 60)!r} is on the worklist but not among the shipments given.")
    return by_id.loc[worklist["shipment_id"].tolist()].reset_index(drop=True)


def _falls(worklist: pd.DataFrame, rows: pd.DataFrame, head: str, scorer: Scorer, words: Phrases) -> list[Waterfall]:
    """Return the waterfall of each row for one head, by family of indicators."""
    parts = scorer.contributions(rows, head=head, group="family")
    base = float(parts[BASE].iloc[0])
    start = chance(float(scorer.heads[head].probability(parts[BASE].to_numpy()[:1])[0]), words.language)
    families = [name for name in parts.columns if name != BASE]
    labels = [words("families", name, name[:1].upper() + name[1:]) for name in families]
    return [
        waterfall(
            words.target(head),
            list(zip(labels, amounts, strict=True)),
            base,
            (start, chance(float(score), words.language)),
            words,
        )
        for amounts, score in zip(parts[families].to_numpy().tolist(), worklist[f"{head}_score"], strict=True)
    ]
