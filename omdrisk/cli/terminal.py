"""What the commands share: tables in and out, dates, progress, and output for machines."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from omdrisk.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

    from omdrisk.records import ReadResult

# what users' files hold is text: neither markup nor emoji codes in it act
console = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)
screen = Console(highlight=False, markup=False, emoji=False, width=None if sys.stdout.isatty() else 120)
MOST_REASONS = 10

Json = Annotated[
    Path | None, typer.Option("--json", help="Write the result as JSON to this file ('-' for the screen).")
]
Format = Annotated[str | None, typer.Option("--format", help="Format map: a name (kcs, cencomm, ...) or a TOML file.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same result.")]
HistoryFolder = Annotated[Path | None, typer.Option("--history", help="Folder of the agency's history store.")]


@contextmanager
def share_read() -> Iterator[Callable[[int, float], None]]:
    """Show how much of the files has been read; the call it yields takes the rows so far and the share of the whole."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(bar_width=30), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("reading", total=1.0)
        yield lambda rows, share: progress.update(task, description=f"{rows:,} rows", completed=share)


def read(
    kind: str,
    paths: Sequence[Path],
    format: str | None,  # noqa: A002
    *,
    rejects: Path | None = None,
    progress: Callable[[int, float], None] | None = None,
) -> ReadResult:
    """Read files of one canonical table and say on standard error what was rejected and repaired."""
    from omdrisk import records

    readers: dict[str, Callable[..., ReadResult]] = {
        "shipments": records.read_shipments,
        "cases": records.read_cases,
        "inspections": records.read_inspections,
    }
    if kind not in readers:
        raise InputError(f"there is no table {kind!r}. Choose shipments, cases or inspections.")
    result = readers[kind](list(paths), format=format, progress=progress)
    say_rejected(result.rejected, rejects)
    return result


def say_rejected(rejected: pd.DataFrame, rejects: Path | None = None, *, option: str = "--rejects FILE") -> None:
    """Say on standard error which rows were rejected and why, and keep them in a file, or say which option does."""
    from omdrisk import records

    for line in _rejected_lines(rejected):
        console.print(line, style="yellow")
    if rejects is not None:
        records.write_rejects(rejected, rejects)
    elif len(rejected):
        console.print(f"  {option} keeps rejected rows, to be mended and read again", style="yellow")


def _rejected_lines(rejected: pd.DataFrame) -> Iterator[str]:
    """Say of each kind of reason how many rows it took, and the first of them."""
    import pandas as pd

    kinds = rejected["reason"].str.replace(r"'[^']*'", "...", regex=True) if len(rejected) else pd.Series(dtype="str")
    counts = kinds.value_counts(sort=False)
    for kind, count in counts.head(MOST_REASONS).items():
        first = rejected.loc[(kinds == kind).to_numpy()].iloc[0]
        more = f" (and {count - 1:,} more rows like it)" if count > 1 else ""
        yield f"{Path(first['file']).name} row {first['row']}: {first['reason']}{more}"
    if len(counts) > MOST_REASONS:
        yield f"and {len(counts) - MOST_REASONS:,} other kinds of reasons"


NEEDED = {
    "read --out": ("shipment_id",),
    "link": ("shipment_id", "target", "outcome", "known_at"),
}


def load_table(path: Path, what: str, needed: Sequence[str] | None = None) -> pd.DataFrame:
    """Read a Parquet file that another command wrote, and check that it holds what is needed."""
    import pandas as pd

    if not path.is_file():
        raise InputError(f"{path}: no such file. `omdrisk {what}` writes one.")
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a Parquet file ({error}). `omdrisk {what}` writes one.") from error
    lacking = [name for name in needed or NEEDED[what] if name not in frame.columns]
    if lacking:
        raise InputError(f"{path}: has no column {', '.join(lacking)}. Give the file that `omdrisk {what}` wrote.")
    return frame


def ending(path: Path, known: Sequence[str]) -> None:
    """Refuse a file name that no writer serves, before any work is done for it."""
    if path.suffix not in known:
        raise InputError(f"{path}: unknown ending {path.suffix!r}. Use {', '.join(known)}.")


TABLES = (".parquet", ".csv", ".json")


def save_table(frame: pd.DataFrame, path: Path, *, for_excel: bool = False) -> None:
    """Write a frame by the ending of its name: .parquet, .csv or .json.

    A CSV `for_excel` is for people: no formula in it acts. Any other CSV is for reading again, and holds each cell as
    it is.
    """
    from omdrisk.reports import write_csv

    ending(path, TABLES)

    def write_text(to: Path) -> None:
        if for_excel:
            write_csv(frame, to)
        else:
            frame.to_csv(to, index=False, encoding="utf-8", lineterminator="\n")

    writers: dict[str, Callable[[Path], Any]] = {
        ".parquet": lambda to: frame.to_parquet(to, index=False),
        ".csv": write_text,
        ".json": lambda to: frame.to_json(to, orient="records", date_format="iso", force_ascii=False, indent=1),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    writers[path.suffix](partial)
    partial.replace(path)


def emit(result: dict[str, Any], to: Path | None) -> None:
    """Write `result` as JSON to a file, or to the screen for ``-``."""
    if to is None:
        return
    text = json.dumps(result, ensure_ascii=False, indent=1, default=str)
    if str(to) == "-":
        sys.stdout.write(text + "\n")
        return
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(text + "\n", encoding="utf-8")


@contextmanager
def steps() -> Iterator[Callable[[str], None]]:
    """Show what is being done, with the time it takes; each call names the next step and ticks off the last."""
    columns = (
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=12),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        current: list[Any] = []

        def finish() -> None:
            if current:
                progress.update(current.pop(), total=1, completed=1)

        def begin(description: str) -> None:
            finish()
            current.append(progress.add_task(description, total=None))
            if not console.is_terminal:
                console.print(f"… {description}")

        yield begin
        finish()


def moment(text: str) -> pd.Timestamp:
    """Read a date or time as UTC.

    Examples
    --------
    >>> moment("2023-04-15")
    Timestamp('2023-04-15 00:00:00+0000', tz='UTC')
    """
    import pandas as pd

    try:
        stamp = pd.Timestamp(text)
    except ValueError:
        raise InputError(f"{text!r} is not a date. Write it as 2023-04-15.") from None
    return stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
