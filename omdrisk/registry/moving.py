"""A SQLite store that was moved: MLflow writes absolute addresses, and this puts them right."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from omdrisk.errors import InputError
from omdrisk.registry.client import ARTIFACTS

# the columns in which MLflow 3 keeps where files are
_ADDRESSES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


def relocate(folder: str | Path) -> int:
    """Let a store's addresses point to where the store lies now, and return how many were changed.

    MLflow keeps the place of each run's files as an absolute address, so a store whose folder was moved, or copied to
    another machine, loses its models. The files of a store lie in ``mlartifacts`` beside ``mlflow.db``: every address
    that ends in a path below a folder of that name is made to point to the one that is there now. All are changed, or,
    if anything fails, none. A store behind ``mlflow server`` keeps ``mlflow-artifacts:/`` addresses, which move with it
    and are left as they are.

    Parameters
    ----------
    folder
        The folder that holds ``mlflow.db`` and ``mlartifacts``.

    Raises
    ------
    InputError
        If one of them is not there, or the database is of another make.

    Examples
    --------
    >>> relocate("nowhere")
    Traceback (most recent call last):
    omdrisk.errors.InputError: nowhere: holds no mlflow.db. Name the folder of the store.
    """
    root = Path(folder)
    database = root / "mlflow.db"
    if not database.is_file():
        raise InputError(f"{folder}: holds no mlflow.db. Name the folder of the store.")
    if not (root / ARTIFACTS).is_dir():
        raise InputError(f"{folder}: holds no {ARTIFACTS} beside mlflow.db. Bring it, too, and try again.")
    here = (root / ARTIFACTS).resolve().as_uri()
    try:
        with closing(sqlite3.connect(database)) as connection, connection:
            return sum(_point(connection, table, column, here) for table, column in _ADDRESSES)
    except sqlite3.Error as error:
        raise InputError(f"{database}: not a store of MLflow 3 ({error}); nothing was changed.") from error


def _point(connection: sqlite3.Connection, table: str, column: str, here: str) -> int:
    rows = connection.execute(f"SELECT rowid, {column} FROM {table} WHERE {column} LIKE 'file:%'").fetchall()
    changed = 0
    for rowid, address in rows:
        _, mark, rest = str(address).partition(f"/{ARTIFACTS}")
        new = here + rest
        if mark and new != address and (not rest or rest.startswith("/")):
            connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (new, rowid))
            changed += 1
    return changed
