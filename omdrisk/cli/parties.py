"""Commands about traders: which of a large table may be one under several names."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from omdrisk.cli.app import app
from omdrisk.cli.terminal import TABLES, Json, Seed, console, emit, ending, load_table, save_table, steps

parties = typer.Typer(help="Names and numbers of traders.", no_args_is_help=True)
app.add_typer(parties, name="parties")


@parties.callback()
def _root() -> None:
    """Names and numbers of traders."""


@parties.command()
def duplicates(
    file: Annotated[Path, typer.Argument(help="Canonical shipments (.parquet) as `omdrisk read --out` writes them.")],
    out: Annotated[Path, typer.Option(help="Pairs to look through (.csv, .parquet, .json).")] = Path("pairs.csv"),
    party: Annotated[
        list[str] | None, typer.Option(help="shipper, consignee, ...; may be given several times. All if not said.")
    ] = None,
    groups: Annotated[
        Path | None, typer.Option(help="The same as groups: rows that some chain of pairs joins.")
    ] = None,
    at_least: Annotated[float, typer.Option(min=0, max=1, help="Least probability of a pair that is listed.")] = 0.9,
    seed: Seed = 0,
    json_to: Json = None,
) -> None:
    """List traders that may be one under several names, with a probability: for a person to decide, never merged.

    Needs splink: `pip install omdrisk[link]`.
    """
    from omdrisk.parties.duplicates import find_duplicates
    from omdrisk.parties.listing import ROLES, parties_of

    for path in filter(None, (out, groups)):
        ending(path, TABLES)
    with steps() as step:
        step("reading")
        shipments = load_table(file, "read --out", ("shipment_id",))
        traders = parties_of(shipments, party or ROLES)
        step(f"comparing {len(traders):,} traders as written")
        found = find_duplicates(traders, at_least=at_least, seed=seed)
        save_table(found.pairs, out, for_excel=True)
        if groups is not None:
            save_table(found.groups, groups, for_excel=True)
    count = found.groups["group"].nunique()
    console.print(
        f"{len(traders):,} traders as written; {len(found.pairs):,} pairs of probability {at_least:g} or more, in "
        f"{count:,} groups, in {out}. Nothing was merged."
    )
    emit({"traders": len(traders), "pairs": len(found.pairs), "groups": count, "out": str(out)}, json_to)
