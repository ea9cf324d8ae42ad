"""The files of a world, as agencies hold them: untidy, but such that every good row can be read and every bad one told.

shipments/    one file for each administration and period; those of VN in the layout ``vn-emanifest`` (text or Excel
              with a title on top, Vietnamese headers, local time, decimal commas, parties in one cell), others
              canonical
cases/        the common system's list in the layout ``cencomm``
inspections/  one canonical file for each administration
truth/        what no agency knows; keep it away from whatever trains or scores
phases.csv    start and end of the phases
written.json  rows and bad rows of each file
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

from omdrisk.errors import InputError
from omdrisk.records.schema import table as canonical
from omdrisk.simulation.clock import Clock
from omdrisk.simulation.layouts import cencomm_cells, emanifest_cells, write_sheet, write_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from omdrisk.simulation.world import World

BAD_SHARE: Final = 0.0002
BAD_KINDS: Final = ("date", "weight", "country", "twice")
SHEET_ROWS: Final = 3_000
E_MANIFEST: Final = "VN"


def write_world(world: World, folder: str | Path) -> dict[str, list[Path]]:
    """Write a world.

    A few rows are bad on purpose (a date that is none, a negative weight, a country that is none, a reference that is
    there twice). They are additional rows: readers must reject just these, and nothing else is lost.

    Parameters
    ----------
    world
        The world to write.
    folder
        Where to write it; made if it is not there.

    Returns
    -------
    dict
        The paths written, under ``shipments``, ``cases``, ``inspections`` (the name of a file tells its layout:
        ``vn-emanifest``, ``cencomm``, else canonical), ``truth`` (Parquet), ``phases`` (CSV) and ``written`` (JSON: for
        each file its table, layout, rows and how many of them are bad; and the sums).

    Raises
    ------
    InputError
        If `folder` cannot be written.
    """
    root = Path(folder)
    try:
        for name in ("shipments", "cases", "inspections", "truth"):
            (root / name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{root}: cannot be written ({error.strerror}). Choose another folder.") from None
    notes: list[dict[str, Any]] = []
    paths = {
        "shipments": list(_shipments(world, root, notes)),
        "cases": [_cases(world, root, notes)],
        "inspections": list(_inspections(world, root, notes)),
        "truth": [root / "truth" / "truth.parquet"],
        "phases": [root / "phases.csv"],
        "written": [root / "written.json"],
    }
    world.truth.to_parquet(paths["truth"][0], index=False)
    phases = world.phases.assign(start=moment_texts(world.phases["start"]), end=moment_texts(world.phases["end"]))
    _write(phases, paths["phases"][0])
    summary = {name: sum(int(note[name]) for note in notes) for name in ("rows", "bad")}
    text = json.dumps({"seed": world.seed, **summary, "files": notes}, indent=1)
    paths["written"][0].write_text(text + "\n", encoding="utf-8")
    return paths


def _shipments(world: World, root: Path, notes: list[dict[str, Any]]) -> Iterator[Path]:
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([world.seed, 20_180_901])))
    parts = list(_by_office_and_period(world))
    bad_rows = max(len(BAD_KINDS), round(len(world.shipments) * BAD_SHARE))
    bad_in = np.bincount(np.arange(bad_rows) * 7 % len(parts), minlength=len(parts)).tolist()
    turn = 0
    for (code, period, rows), bad in zip(parts, bad_in, strict=True):
        table = world.shipments.iloc[rows].reset_index(drop=True)
        kinds = [BAD_KINDS[(turn + step) % len(BAD_KINDS)] for step in range(bad)]
        turn += bad
        folder = root / "shipments"
        if code == E_MANIFEST:
            zone = float(world.parameters["administrations"][code]["zone"])
            cells = _with_bad(rng, emanifest_cells(table, zone), kinds, _spoil_emanifest)
            sheet = len(cells) <= SHEET_ROWS
            path = folder / f"{code}-{period}.vn-emanifest.{'xlsx' if sheet else 'csv'}"
            (write_sheet if sheet else write_text)(cells, path)
        else:
            path = folder / f"{code}-{period}.csv"
            cells = _with_bad(rng, _cells(table, "shipments"), kinds, _spoil_canonical)
            _write(cells, path)
        yield _noted(notes, root, path, "shipments", len(cells), bad)


def _by_office_and_period(world: World) -> Iterator[tuple[str, str, NDArray[np.int64]]]:
    clock = Clock(world.parameters["phases"])
    filed = world.shipments["filed_at"].dt.tz_localize(None).to_numpy(dtype="datetime64[us]").astype(np.int64)
    period = clock.period(filed)
    office = world.shipments["country_of_report"].to_numpy(dtype=object)
    for code in world.parameters["administrations"]:
        for number, name in enumerate(clock.names):
            rows = np.flatnonzero((office == code) & (period == number))
            if len(rows):
                yield code, name, rows


def _cases(world: World, root: Path, notes: list[dict[str, Any]]) -> Path:
    cells = cencomm_cells(world.cases)
    undated = cells.head(1).assign(**{"Case ID": "C-UNDATED", "Date of Seizure": "31/02/2021"})
    path = root / "cases" / "cases.cencomm.csv"
    _write(pd.concat([cells, undated], ignore_index=True), path)
    return _noted(notes, root, path, "cases", len(cells) + len(undated), len(undated))


def _inspections(world: World, root: Path, notes: list[dict[str, Any]]) -> Iterator[Path]:
    office = world.inspections["inspection_id"].str[1:3]
    for number, code in enumerate(sorted(office.unique())):
        cells = _cells(world.inspections[office == code].reset_index(drop=True), "inspections")
        impossible = cells.head(0 if number else 1).assign(
            inspection_id=f"I{code}IMPOSSIBLE", selection_probability="1.7"
        )
        path = root / "inspections" / f"{code}-inspections.csv"
        _write(pd.concat([cells, impossible], ignore_index=True), path)
        yield _noted(notes, root, path, "inspections", len(cells) + len(impossible), len(impossible))


def _noted(notes: list[dict[str, Any]], root: Path, path: Path, kind: str, rows: int, bad: int) -> Path:
    layout = next((name for name in ("vn-emanifest", "cencomm") if name in path.name), "canonical")
    name = path.relative_to(root).as_posix()
    notes.append({"file": name, "table": kind, "format": layout, "rows": rows, "bad": bad})
    return path


def _spoil_canonical(kind: str, number: int) -> dict[str, str]:
    spoilt = {
        "date": {"filed_at": "2021-02-31T10:00:00Z"},
        "weight": {"gross_weight_kg": "-120"},
        "country": {"consignee_country": "ZZ"},
    }.get(kind)
    return {} if spoilt is None else {"shipment_id": f"BAD{number:05d}", **spoilt}


def _spoil_emanifest(kind: str, number: int) -> dict[str, str]:
    spoilt = {
        "date": {"Ngày khai báo": "31/02/2021 10:00:00"},
        "weight": {"Tổng trọng lượng": "-120,5"},
        "country": {"Nước người nhận": "ZZ"},
    }.get(kind)
    return {} if spoilt is None else {"Số khai báo": f"BAD{number:05d}", **spoilt}


def _with_bad(
    rng: np.random.Generator, cells: pd.DataFrame, kinds: list[str], spoil: Callable[[str, int], dict[str, str]]
) -> pd.DataFrame:
    """Add a spoilt copy of some row for each kind of fault; one that is there twice is a copy and no more."""
    copies = [
        cells.iloc[[int(rng.integers(0, len(cells)))]].assign(**spoil(kind, int(rng.integers(0, 99_999))))
        for kind in kinds
    ]
    return pd.concat([cells, *copies], ignore_index=True) if copies else cells


def _cells(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the table as texts, without the columns that are all missing."""
    made: dict[str, Any] = {}
    for column in canonical(name).columns.values():
        values = table[column.name]
        if column.required or values.notna().any():
            made[column.name] = _texts(values, column.type)
    return pd.DataFrame(made)


def _texts(values: pd.Series, kind: str) -> Any:
    if kind == "time":
        return moment_texts(values)
    if kind == "flag":
        return values.map({True: "true", False: "false"}).astype("str")
    if kind in ("number", "count"):
        return pd.array(pa.array(values.to_numpy(), from_pandas=True).cast(pa.large_string()), dtype="str")
    return values


def moment_texts(values: pd.Series) -> Any:
    """Return moments as ISO 8601 texts in UTC, to the second.

    Examples
    --------
    >>> list(moment_texts(pd.Series(pd.to_datetime(["2023-04-15T08:30:00Z"]))))
    ['2023-04-15T08:30:00Z']
    """
    texts = np.datetime_as_string(values.dt.tz_localize(None).to_numpy(dtype="datetime64[s]")).astype(object) + "Z"
    texts[values.isna().to_numpy()] = None
    return pd.array(texts, dtype="str")


def _write(cells: pd.DataFrame, path: Path) -> None:
    pa_csv.write_csv(pa.Table.from_pandas(cells, preserve_index=False), path)
