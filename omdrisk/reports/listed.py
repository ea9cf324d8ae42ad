"""What a page and a workbook show of each shipment of a worklist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.errors import InputError
from omdrisk.explaining import chance, number, percent
from omdrisk.reports.advice import what_to_look_at
from omdrisk.reports.codes import declared_text, list_text, quality_text
from omdrisk.reports.details import Detail, Explained
from omdrisk.reports.plain import plain
from omdrisk.reports.warning import warning_text
from omdrisk.scoring.ranking import NORMAL
from omdrisk.scoring.worklist import DECLARED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from omdrisk.reports.phrases import Phrases

NEEDED = ("rank", "shipment_id", "selected_by", "selection_probability", "priority", "reasons")
OUTCOMES = ("clear", "drug", "precursor", "wildlife")
UNDECIDED = ("inconclusive", "not_performed")
IN_ROW = 220


@dataclass(frozen=True)
class Score:
    """A head's score of one shipment, as a number and in words."""

    value: float
    text: str
    band: str


@dataclass(frozen=True)
class Panel:
    """What one head says of a shipment."""

    head: str
    score: Score
    percentile: str
    detail: Detail


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
    look: list[str]
    warning: str
    listed: str


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


def listed_items(worklist: pd.DataFrame, words: Phrases, why: Explained | None = None) -> list[Item]:
    """Return the shipments of a worklist in its order, each with what is declared and why it is listed.

    Parameters
    ----------
    worklist
        As ``Scorer.worklist`` returns it.
    words
        Phrases of the language.
    why
        With it, each shipment also gets a waterfall, the reasons for and against, and what to look at.
    """
    heads = heads_of(worklist)
    return [_item(record, heads, words, {} if why is None else why.details) for record in worklist.to_dict("records")]


def _item(
    record: Mapping[Any, Any],
    heads: list[str],
    words: Phrases,
    details: Mapping[tuple[str, str], Detail],
) -> Item:
    language = words.language
    scores = [_score(record, head, language) for head in heads]
    lead = str(record.get("head") or heads[int(np.argmax([score.value for score in scores]))])
    panels = []
    for head, score in sorted(zip(heads, scores, strict=True), key=lambda pair: pair[0] != lead):
        standing = record.get(f"{head}_percentile")
        percentile = ""
        if standing is not None and np.isfinite(standing):
            percentile = words("detail", "percentile").replace("{value}", percent(standing / 100, language))
        panels.append(Panel(head, score, percentile, details.get((record["shipment_id"], head), Detail())))
    pro = panels[0].detail.pro
    why = [told.text for told in pro[:3]] if pro else [plain(record["reasons"])]
    look = what_to_look_at(lead, pro, words)
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
        look=look,
        warning=warning_text(record, language=language, grounds=[told.text for told in pro] or None, look=look),
        listed=list_text(record.get("list"), words),
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
