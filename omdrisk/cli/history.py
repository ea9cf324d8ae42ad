"""The keeper's commands: look into a history, check it, tidy it, hand it out, and make it forget."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from omdrisk.cli.app import app
from omdrisk.cli.terminal import Json, emit, moment, screen, steps
from omdrisk.errors import InputError

if TYPE_CHECKING:
    from omdrisk.history import History

keeper = typer.Typer(help="Keep the history: look, check, tidy, hand out, forget.", no_args_is_help=True)
app.add_typer(keeper, name="history")

Folder = Annotated[Path, typer.Argument(help="Folder of the agency's history store.", show_default=False)]


def _open(folder: Path) -> History:
    from omdrisk.history import History

    return History.open(folder)


def _say(told: dict[str, object]) -> None:
    width = max(len(name) for name in told)
    for name, value in told.items():
        text = f"{value:,}" if isinstance(value, int) else value
        text = ", ".join(map(str, value)) if isinstance(value, tuple | list) else text
        screen.print(f"{name.replace('_', ' '):<{width}}  {'-' if text in (None, '') else text}")


def _tell(told: dict[str, object], json_to: Path | None) -> None:
    emit(told, json_to)
    if str(json_to) != "-":
        _say(told)


@keeper.command()
def info(folder: Folder, json_to: Json = None) -> None:
    """Say how much is known, from when to when, and what was forgotten."""
    _tell(_open(folder).info(), json_to)


@keeper.command()
def verify(folder: Folder, json_to: Json = None) -> None:
    """Read every byte of the store and check it; a damaged file is named, and the exit code is 2."""
    with steps() as begin:
        begin("reading every byte")
        told = _open(folder).verify()
    _tell({**told, "sound": True}, json_to)


@keeper.command()
def compact(folder: Folder, json_to: Json = None) -> None:
    """Bring all parts of the store into one, so that questions are answered fastest: once a night is enough."""
    with steps() as begin:
        begin("bringing parts together")
        history = _open(folder)
        before = history.info()
        history.compact()
        after = history.info()
    _tell({"parts_before": before["parts"], "parts": after["parts"], "shipments": after["shipments"]}, json_to)


@keeper.command()
def export(
    folder: Folder,
    out: Annotated[Path, typer.Option(help="A new or empty folder for shipments.parquet and outcomes.parquet.")],
    json_to: Json = None,
) -> None:
    """Write all that is known to Parquet: keyed hashes and moments, no names."""
    with steps() as begin:
        begin("writing Parquet")
        written = _open(folder).export(out)
    _tell({"written": [str(path) for path in written]}, json_to)


@keeper.command()
def forget(
    folder: Folder,
    before: Annotated[
        str | None, typer.Option(metavar="DATE", help="Forget what was filed before this date (UTC).")
    ] = None,
    party: Annotated[str | None, typer.Option(metavar="NAME", help="Forget every shipment of this trader.")] = None,
    country: Annotated[str | None, typer.Option(help="The trader's country, as ISO 3166 code: VN.")] = None,
    tax_id: Annotated[str | None, typer.Option(help="The trader's tax number.")] = None,
    key: Annotated[
        str | None, typer.Option(help="Forget by a key itself: an address, telephone or name as an entity holds it.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; it cannot be undone.")] = False,
    json_to: Json = None,
) -> None:
    """Forget for good, by age or everything of one party; `verify` shows how much was forgotten.

    A trader is found by tax number, and by name and country where a shipment came without the number. Traders
    are known under their normalised names, as the indicators know them.
    """
    limit = moment(before) if before is not None else None
    keys = _keys(party, country, tax_id, key)
    if (limit is None) == (not keys):
        raise InputError("forget what? Give either --before DATE, or --party NAME with --country and --tax-id.")
    history = _open(folder)
    what = f"what was filed before {before}" if limit is not None else f"every shipment of {', '.join(keys)}"
    if not yes:
        if not sys.stdin.isatty():
            raise InputError(f"to forget {what} cannot be undone. Add --yes if that is meant.")
        typer.confirm(f"Forget {what} for good? {folder} holds {len(history):,} shipments", abort=True)
    with steps() as begin:
        begin(f"forgetting {what}")
        counts = history.forget(before=limit) if limit is not None else history.forget(party=keys)
    _tell({**counts, "left": len(history)}, json_to)


def _keys(party: str | None, country: str | None, tax_id: str | None, key: str | None) -> list[str]:
    """Return every key that the indicators may know a trader by."""
    from omdrisk.parties.keys import party_key

    if country is not None and party is None and tax_id is None:
        raise InputError("--country says where a trader is, not who. Add --party NAME or --tax-id NUMBER.")
    keys = [party_key(party, country, tax_id), party_key(party, country, None)]
    if (party or tax_id) and not any(keys):
        raise InputError(
            f"{party or tax_id!r} names no trader (as 'TO ORDER' does not). Give the name or number itself."
        )
    return list(dict.fromkeys(found for found in (*keys, key) if found))
