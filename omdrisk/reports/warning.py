"""The text of a warning message, for a person to paste into CENcomm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from omdrisk.explaining import chance
from omdrisk.reports.codes import declared_text
from omdrisk.reports.phrases import Phrases
from omdrisk.reports.plain import plain
from omdrisk.scoring.ranking import NORMAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

#: What a warning says of the consignment, in the order of CENcomm's message; no party among them, since CEN is
#: non-nominal.
FIELDS: Final = (
    "office",
    "direction",
    "transport_mode",
    "vessel_name",
    "voyage_flight_no",
    "container_no",
    "seal_nos",
    "master_doc_no",
    "house_doc_no",
    "port_of_loading",
    "transhipment_ports",
    "port_of_discharge",
    "country_of_departure",
    "country_of_destination",
    "country_of_origin",
    "eta",
    "goods_description",
    "hs_code",
    "packages",
    "package_type",
    "gross_weight_kg",
)
LONGEST: Final = 400


def warning_text(
    shipment: Mapping[Any, Any] | pd.Series,
    *,
    language: str = "en",
    grounds: Sequence[str] | None = None,
    look: Sequence[str] = (),
) -> str:
    """Write the warning of one listed shipment as plain text.

    It holds no names or addresses of parties, since CENcomm is non-nominal; each value is one line in which nothing
    acts. Read it before it is sent: a description or a reference may itself hold a name.

    Parameters
    ----------
    shipment
        A row of the worklist, as a mapping or a Series.
    language
        ``en``, ``vi`` or ``zh``.
    grounds
        Reasons in words; without them those of the worklist.
    look
        What to look at.

    Examples
    --------
    >>> row = {"shipment_id": "VN1", "drug_score": 0.21, "drug_band": "high", "goods_description": "=cmd tiles",
    ...        "consignee_name": "Dai Phat", "reasons": "Shipper first seen 3 days ago"}
    >>> print(warning_text(row))
    WARNING
    Reference: VN1
    Suspected: Drugs
    Assessment: Drugs: band high, score 21% (model –)
    Goods: =cmd tiles
    Grounds:
    - Shipper first seen 3 days ago
    Please control the shipment and answer with a feedback message under the same reference, whatever is found.
    This text holds no names of persons or firms.
    """
    words = Phrases(language)
    row = dict(shipment.items()) if not isinstance(shipment, Mapping) else shipment
    heads = [str(name).removesuffix("_score") for name in row if str(name).endswith("_score")]
    scored = row.get("scored_at")
    lines = [words("warning", "title"), _line(words("warning", "reference"), plain(row.get("shipment_id"), LONGEST))]
    lines += [_line(words("warning", "date"), declared_text("scored_at", scored, words)[:10])]
    lines += [_line(words("warning", "country"), plain(row.get("country_of_report"), LONGEST))]
    lines += [_line(words("warning", "suspected"), ", ".join(_suspected(row, heads, words)))]
    lines += [_line(words("warning", "assessment"), "; ".join(_assessed(row, head, words) for head in heads))]
    lines += [_line(words.column(name), _short(declared_text(name, row.get(name), words))) for name in FIELDS]
    told = [row.get("reasons")] if grounds is None else grounds
    for title, texts in (("grounds", told), ("look", look)):
        shown = [_short(plain(text)) for text in texts]
        if any(shown):
            lines += [f"{words('warning', title)}:", *(f"- {text}" for text in shown if text)]
    lines += [words("warning", "request"), words("warning", "no_names")]
    return "\n".join(line for line in lines if line)


def _line(label: str, value: str) -> str:
    return f"{label}: {value}" if value else ""


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _suspected(row: Mapping[Any, Any], heads: Sequence[str], words: Phrases) -> list[str]:
    """Name the targets above their normal band; where there is none, the one that leads."""
    above = [head for head in heads if plain(row.get(f"{head}_band")) not in ("", NORMAL)]
    lead = row.get("head")
    return [words.target(head) for head in above or ([str(lead)] if lead in heads else heads[:1])]


def _assessed(row: Mapping[Any, Any], head: str, words: Phrases) -> str:
    band = plain(row.get(f"{head}_band"), 40) or NORMAL
    parts = {
        "{target}": words.target(head),
        "{band}": words("bands", band, band),
        "{score}": chance(float(row[f"{head}_score"]), words.language),
        "{model}": plain(row.get("model_version"), 12) or "–",
    }
    text = words("warning", "score")
    for mark, part in parts.items():
        text = text.replace(mark, part)
    return text
