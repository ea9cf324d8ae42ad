"""What a page and a workbook show of each shipment of a worklist."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.errors import InputError
from omdrisk.explaining import BASE, chance, number, percent
from omdrisk.records import as_table
from omdrisk.records.schema import table
from omdrisk.reports.plain import plain
from omdrisk.reports.waterfall import Waterfall, waterfall
from omdrisk.scoring.ranking import NORMAL
from omdrisk.scoring.worklist import DECLARED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from omdrisk.reports.phrases import Phrases
    from omdrisk.scoring import Scorer

NEEDED = ("rank", "shipment_id", "selected_by", "selection_probability", "priority", "reasons")
OUTCOMES = ("clear", "drug", "precursor", "wildlife")
UNDECIDED = ("inconclusive", "not_performed")
IN_ROW = 220
#: Columns whose codes are told in words, and the phrases for them.
CODED = {"transport_mode": "modes", "direction": "directions"}
MANY = frozenset(name for name, column in table("shipments").columns.items() if column.many)


@dataclass(frozen=True)
class Score:
    """A head's score of one shipment, as a number and in words."""

    value: float
    text: str
    band: str


@dataclass(frozen=True)
class Told:
    """A reason in words and its share in the score."""

    text: str
    share: str


@dataclass(frozen=True)
class Panel:
    """What one head says of a shipment."""

    head: str
    score: Score
    percentile: str
    waterfall: Waterfall | None = None
    pro: list[Told] = field(default_factory=list)
    contra: list[Told] = field(default_factory=list)


@dataclass(frozen=True)
class Item:
    """One shipment of the list, ready to be shown; every text is plain."""

    rank: int
    shipment_id: str
    filed: str
    mode: str
    shipper: str
    consignee: str
    goods: str
    route: str
    selected_by: str
    priority: str
    probability: str
    quality: str
    bands: str
    scores: list[Score]
    why: list[str]
    declared: list[tuple[str, str]]
    panels: list[Panel]


def heads_of(worklist: pd.DataFrame) -> list[str]:
    """Return the heads whose scores a worklist holds.

    Raises
    ------
    InputError
        If the table is not a worklist.
    """
    lacking = [name for name in NEEDED if name not in worklist.columns]
    heads = [name.removesuffix("_score") for name in worklist.columns if name.endswith("_score")]
    if lacking or not heads:
        raise InputError(
            f"this table is not a worklist: it has no column {', '.join(lacking) or '<head>_score'}. "
            "Make one with scorer.worklist(shipments)."
        )
    return heads


def outcome_codes(heads: Sequence[str]) -> list[str]:
    """Return the outcomes that an officer can choose, as they are written into the feedback file."""
    return list(dict.fromkeys((*OUTCOMES, *heads, *UNDECIDED)))


def listed_items(
    worklist: pd.DataFrame,
    words: Phrases,
    *,
    scorer: Scorer | None = None,
    shipments: Any = None,
    top: int = 5,
    against: int = 3,
) -> list[Item]:
    """Return the shipments of a worklist in its order, each with what is declared and why it is listed.

    Parameters
    ----------
    worklist
        As ``Scorer.worklist`` returns it.
    words
        Phrases of the language.
    scorer, shipments
        With both, each shipment also gets a waterfall and the reasons for and against.
    top, against
        How many reasons of each direction.
    """
    heads = heads_of(worklist)
    detail = _details(worklist, words, scorer, shipments, top=top, against=against)
    return [_item(record, heads, words, detail) for record in worklist.to_dict("records")]


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


def _details(
    worklist: pd.DataFrame, words: Phrases, scorer: Scorer | None, shipments: Any, *, top: int, against: int
) -> dict[str, dict[str, tuple[Waterfall, list[Told], list[Told]]]]:
    if scorer is None or shipments is None or not len(worklist):
        return {}
    rows = matching_rows(worklist, shipments)
    reasons = scorer.explain(rows, top=top, against=against, language=words.language)
    told: dict[tuple[str, str, str], list[Told]] = {}
    for one in reasons.to_dict("records"):
        text = Told(plain(one["text"]), percent(one["share"], words.language, 0))
        told.setdefault((one["shipment_id"], one["head"], one["direction"]), []).append(text)
    found: dict[str, dict[str, tuple[Waterfall, list[Told], list[Told]]]] = {}
    for head in heads_of(worklist):
        parts = scorer.contributions(rows, head=head, group="family")
        starts = scorer.heads[head].probability(parts[BASE].to_numpy())
        families = [name for name in parts.columns if name != BASE]
        labels = [words("families", name, name[:1].upper() + name[1:]) for name in families]
        scores = worklist[f"{head}_score"].to_numpy()
        for at, shipment_id in enumerate(worklist["shipment_id"]):
            amounts = parts[families].iloc[at].tolist()
            ends = chance(float(starts[at]), words.language), chance(float(scores[at]), words.language)
            fall = waterfall(
                words.target(head),
                list(zip(labels, amounts, strict=True)),
                float(parts[BASE].iloc[at]),
                ends,
                words,
            )
            found.setdefault(shipment_id, {})[head] = (
                fall,
                told.get((shipment_id, head, "for"), []),
                told.get((shipment_id, head, "against"), []),
            )
    return found


def _item(
    record: Mapping[Any, Any],
    heads: list[str],
    words: Phrases,
    detail: dict[str, dict[str, tuple[Waterfall, list[Told], list[Told]]]],
) -> Item:
    language = words.language
    scores = [_score(record, head, language) for head in heads]
    lead = str(record.get("head") or heads[int(np.argmax([score.value for score in scores]))])
    known = detail.get(record["shipment_id"], {})
    panels = []
    for head, score in sorted(zip(heads, scores, strict=True), key=lambda pair: pair[0] != lead):
        standing = record.get(f"{head}_percentile")
        percentile = ""
        if standing is not None and np.isfinite(standing):
            percentile = words("detail", "percentile").replace("{value}", percent(standing / 100, language))
        panels.append(Panel(head, score, percentile, *known.get(head, ())))
    why = [told.text for told in panels[0].pro[:3]] if panels[0].pro else [plain(record["reasons"])]
    declared = [
        (words.column(name), text)
        for name in DECLARED
        if name in record and (text := declared_text(name, record[name], words))
    ]
    return Item(
        rank=int(record["rank"]),
        shipment_id=plain(record["shipment_id"], 200),
        filed=declared_text("filed_at", record.get("filed_at"), words),
        mode=declared_text("transport_mode", record.get("transport_mode"), words),
        shipper=plain(record.get("shipper_name"), IN_ROW),
        consignee=plain(record.get("consignee_name"), IN_ROW),
        goods=plain(record.get("goods_description"), IN_ROW),
        route=_route(record),
        selected_by=plain(record["selected_by"], 40),
        priority=number(float(record["priority"]), language),
        probability=words("detail", "probability").replace(
            "{value}", percent(float(record["selection_probability"]), language)
        ),
        quality=quality_text(record.get("data_quality"), words),
        bands=" ".join(dict.fromkeys(score.band for score in scores)),
        scores=scores,
        why=[text for text in why if text],
        declared=declared,
        panels=panels,
    )


def _score(record: Mapping[Any, Any], head: str, language: str) -> Score:
    value = float(record[f"{head}_score"])
    return Score(value, chance(value, language), plain(record.get(f"{head}_band")) or NORMAL)


def _route(record: Mapping[Any, Any]) -> str:
    ends = [
        plain(record.get(port), 40) or plain(record.get(country), 40)
        for port, country in (
            ("port_of_loading", "country_of_departure"),
            ("port_of_discharge", "country_of_destination"),
        )
    ]
    return " → ".join(end or "–" for end in ends) if any(ends) else ""


def declared_text(name: str, value: Any, words: Phrases) -> str:
    """Write a declared value as text in the report's language; empty where it is missing."""
    if value is None or value is pd.NA or value is pd.NaT or value != value:  # noqa: PLR0124
        return ""
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d %H:%M") if value != value.normalize() else value.strftime("%Y-%m-%d")
    if isinstance(value, float):
        return number(value, words.language)
    if name in CODED:
        return words(CODED[name], str(value), plain(value, 40))
    return plain(value).replace(";", ", ") if name in MANY else plain(value)


def quality_text(value: Any, words: Phrases) -> str:
    """Put the marks of data quality into the report's language; column names become their headings."""
    text = plain(value)
    if text in {"", "ok"}:
        return words("quality", "ok") if text else ""
    told = []
    for part in text.split("; "):
        mark, _, names = part.partition(": ")
        columns = ", ".join(words.column(name) for name in names.split(", ")) if names else ""
        phrase = words("quality", mark.replace(" ", "_"), mark)
        told.append(f"{phrase}: {columns}" if columns else phrase)
    return "; ".join(told)
