"""Outcomes that come back from officers: two columns suffice, ``shipment_id`` and ``outcome``."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from omdrisk.errors import InputError
from omdrisk.records import ReadResult, read_format, read_inspections
from omdrisk.records.checks import shown
from omdrisk.records.format_map import header_key
from omdrisk.records.headers import accepted_headers, assign, known_headers
from omdrisk.records.mapping import section_of
from omdrisk.records.repairs import Repairs
from omdrisk.records.results import rejects
from omdrisk.records.sources import Bad, read_parts, without_reject_columns
from omdrisk.records.sources.encodings import LAST_RESORT
from omdrisk.records.texts import as_text
from omdrisk.scoring.outcome_words import known_targets, outcome_of
from omdrisk.training.moments import utc

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from os import PathLike

NEEDED: Final = ("shipment_id", "outcome")
#: What the worklist knows of how a shipment was chosen, and the inspections table keeps.
CHOSEN: Final = ("selected_by", "selection_probability", "model_version")
#: What tells two looks at one shipment apart: rows alike in these must not differ in their outcome.
_ONE_LOOK: Final = ("shipment_id", "inspection_id", "known_at", "method")
_GUARDED: Final = re.compile(r"'(?=\s*[=+\-@\t\r\n＝＋－＠])")
_HEADER_BYTES: Final = 4096


def is_feedback(path: str | PathLike[str]) -> bool:
    """Say whether a text file holds outcomes of shipments without references of inspections, as officers write them."""
    try:
        with Path(path).open("rb") as file:
            start = file.readline(_HEADER_BYTES).decode("utf-8-sig", errors="replace")
    except OSError:
        return False
    headers = {header_key(cell) for cell in re.split(r"[,;\t|]", start)}
    return headers.issuperset(NEEDED) and "inspection_id" not in headers


def read_worklist(path: str | PathLike[str]) -> pd.DataFrame:
    """Read a worklist that was written as CSV, all cells as texts and what a spreadsheet was guarded from undone.

    Raises
    ------
    InputError
        If the file cannot be read or is no worklist.
    """
    return _with_ids(_sheet(Path(path)).table, str(path))


def read_feedback(
    path: str | PathLike[str],
    known_at: str | datetime | pd.Timestamp,
    worklist: pd.DataFrame | str | PathLike[str] | None = None,
    *,
    target: str | None = None,
    targets: Sequence[str] = (),
) -> ReadResult:
    r"""Read outcomes that came back: what a worklist's page exports, or a table that officers filled in.

    Parameters
    ----------
    path
        A CSV file (comma, semicolon, tab) in UTF-8, or a workbook, with the columns ``shipment_id``, ``outcome``, and
        any other of the inspections table.
    known_at
        When rows without a ``known_at`` of their own could first have been used: in UTC where it names no zone.
    worklist
        The worklist they belong to, or its CSV file: outcomes then keep how each shipment was chosen and with what
        probability, which is what estimates without bias need.
    target
        What ``found``, ``yes`` and ``1`` mean, where the file does not say it.
    targets
        Targets that may be named beside drug, precursor, wildlife and the heads of the worklist.

    Returns
    -------
    ReadResult
        ``accepted`` is an inspections table for `Scorer.record` and `omdrisk.link`. ``rejected`` names every other row
        with its reason: no outcome, a word that is neither clear nor a known target, a shipment that is said to be two
        things (all rows that say so), a row that is there twice. The reference of an inspection is made of what its
        row says, so that a file gives the same ones under any name.

    Raises
    ------
    InputError
        If the file cannot be read, is not UTF-8, or lacks one of the two columns.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "outcomes.csv"
    >>> _ = file.write_text("shipment_id,outcome\nVN1,drug\nVN2,No\nVN3,drugs\n")
    >>> read = read_feedback(file, "2023-05-02")
    >>> read.accepted[["shipment_id", "outcome"]].to_dict("list")
    {'shipment_id': ['VN1', 'VN2'], 'outcome': ['drug', 'clear']}
    >>> read.rejected[["row", "reason"]].to_dict("list")["row"]
    [4]
    """
    file = Path(path)
    moment = utc(known_at, "known_at").isoformat()
    chosen = _chosen(worklist)
    known = known_targets(map(str, chosen.columns), [*targets, *([target] if target else [])])
    sheet = _sheet(file)
    table, repairs = sheet.table, sheet.repairs
    lacking = [name for name in NEEDED if name not in table]
    if lacking:
        raise InputError(f"{file}: has no column {' and no '.join(lacking)}. Two columns suffice: {','.join(NEEDED)}.")
    told = [outcome_of(cell, target, known) for cell in table["outcome"]]
    reasons = {row: why for row, (_, why) in zip(table.index, told, strict=True) if why}
    reasons |= dict.fromkeys(table.index[table["shipment_id"].eq("")], "shipment_id: is empty, and a row needs it")
    meant = table.assign(outcome=[word for word, _ in told]).drop(index=list(reasons))
    _note(repairs, "translated", "outcome", table["outcome"][meant.index], meant["outcome"])
    odd = _contradictions(meant) | _repeated(meant)
    good = meant.drop(index=list(odd))
    read = read_inspections(_completed(good, moment, chosen).reset_index(drop=True))
    unread = zip(good.index[read.rejected["row"] - 1], read.rejected["reason"], strict=True)
    left_out = [
        (str(file), row, why, dict(sheet.cells.loc[row])) for row, why in (reasons | odd | dict(unread)).items()
    ]
    left_out += [(str(file), one.row, one.reason, dict(one.cells)) for one in sheet.bad]
    return ReadResult(
        read.accepted,
        rejects(sorted(left_out, key=lambda one: one[1])),
        pd.concat([repairs.frame(), read.repairs], ignore_index=True),
        read.missing,
        "inspections",
    )


def _chosen(worklist: pd.DataFrame | str | PathLike[str] | None) -> pd.DataFrame:
    if worklist is None:
        return pd.DataFrame({"shipment_id": []})
    return _with_ids(worklist, "worklist") if isinstance(worklist, pd.DataFrame) else read_worklist(worklist)


def _with_ids(worklist: pd.DataFrame, name: str) -> pd.DataFrame:
    if "shipment_id" not in worklist:
        raise InputError(f"{name}: has no column shipment_id. Give what scorer.worklist or `omdrisk worklist` made.")
    return worklist


@dataclass(frozen=True)
class _Sheet:
    """A file as texts, by the number of the row: its cells as they are, and under canonical names without guards."""

    cells: pd.DataFrame
    table: pd.DataFrame
    bad: tuple[Bad, ...]
    repairs: Repairs


def _sheet(path: Path) -> _Sheet:
    form = read_format(None)
    section = section_of(form, "inspections")
    parts = [
        without_reject_columns(part) for part in read_parts(path, form, known_headers(form, section, "inspections"))
    ]
    repairs = Repairs()
    for rule, count, example in (found for part in parts for found in part.found):
        if LAST_RESORT in rule:
            raise InputError(f"{path} is not UTF-8. Save it as CSV UTF-8.")
        repairs.add(rule, "", count, example)
    cells = pd.concat(
        [
            pd.DataFrame(
                dict(zip(part.headers, map(_column, part.columns), strict=True)), index=part.rows, dtype="object"
            )
            for part in parts
        ]
    ).fillna("")
    names = {
        header: name for name, header in assign(cells.columns, accepted_headers(form, section, "inspections")).items()
    }
    table = cells.rename(columns=names)
    for name in table:
        bare = table[name].map(_bare)
        _note(repairs, "guard against formulas undone", str(name), table[name], bare)
        table[name] = bare
    return _Sheet(cells, table, tuple(one for part in parts for one in part.bad), repairs)


def _column(texts: Any) -> list[str | None]:
    return list(texts.to_pylist())


def _bare(cell: str) -> str:
    return cell[1:].strip() if _GUARDED.match(cell) else cell


def _note(repairs: Repairs, rule: str, column: str, before: pd.Series, after: pd.Series) -> None:
    changed = before.ne(after)
    if changed.any():
        repairs.add(rule, column, int(changed.sum()), str(before[changed].iloc[0]))


def _contradictions(table: pd.DataFrame) -> dict[int, str]:
    """Return the rows that say different things of one look at one shipment, each with what another row says."""
    look = [name for name in _ONE_LOOK if name in table]
    differ = table[table.groupby(look, sort=False)["outcome"].transform("nunique").gt(1)]
    told: dict[int, str] = {}
    for _, rows in differ.groupby(look, sort=False):
        for row, outcome in zip(rows.index, rows["outcome"], strict=True):
            other = rows[rows["outcome"].ne(outcome)].iloc[0]
            told[int(row)] = (
                f"outcome: {shown(other['shipment_id'])} is {shown(outcome)} here "
                f"and {shown(other['outcome'])} in row {other.name}; keep one of them"
            )
    return told


def _repeated(table: pd.DataFrame) -> dict[int, str]:
    """Return the rows that say what an earlier row says, cell by cell."""
    firsts: dict[tuple[str, ...], int] = {}
    told: dict[int, str] = {}
    for row, cells in zip(table.index, table.itertuples(index=False, name=None), strict=True):
        first = firsts.setdefault(cells, int(row))
        if first != row:
            told[int(row)] = f"the row says the same as row {first}"
    return told


def _completed(table: pd.DataFrame, moment: str, chosen: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with references and moments, and with how each shipment was chosen, where they lack it."""
    keys = [f"feedback {cells['shipment_id']} {_digest(cells)}" for cells in table.to_dict("records")]
    made = _filled(table, "inspection_id", pd.Series(keys, index=table.index, dtype="object"))
    made = _filled(made, "known_at", pd.Series(moment, index=table.index, dtype="object"))
    known = chosen.drop_duplicates("shipment_id").set_index("shipment_id")
    for name in (name for name in CHOSEN if name in known):
        values = as_text(known[name]).fillna("")
        made = _filled(made, name, table["shipment_id"].map(values).fillna(""))
    return made


def _filled(table: pd.DataFrame, name: str, values: pd.Series) -> pd.DataFrame:
    return table.assign(**{name: table[name].where(table[name].ne(""), values) if name in table else values})


def _digest(cells: dict[Any, str]) -> str:
    said = json.dumps(sorted((str(name), cell) for name, cell in cells.items() if cell))
    return hashlib.sha256(said.encode()).hexdigest()[:12]
