"""The one Typer application that every command joins."""

from __future__ import annotations

from typing import Annotated

import typer

import omdrisk

app = typer.Typer(
    name="omdrisk",
    help="Risk targeting for customs: read, link, train, score, explain, and work the list.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"omdrisk {omdrisk.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version and stop.")
    ] = False,
) -> None:
    """Add `--debug` to any command for a traceback instead of one line."""


from omdrisk.cli import (  # noqa: E402  (each adds its commands to `app`)
    audit,  # noqa: F401
    data,  # noqa: F401
    demo,  # noqa: F401
    drifting,  # noqa: F401
    features,  # noqa: F401
    files,  # noqa: F401
    history,  # noqa: F401
    models,  # noqa: F401
    observe,  # noqa: F401
    parties,  # noqa: F401
    phase,  # noqa: F401
    policies,  # noqa: F401
    tables,  # noqa: F401
    unit,  # noqa: F401
    watch,  # noqa: F401
)
