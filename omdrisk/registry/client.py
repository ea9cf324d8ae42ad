"""The way into MLflow: quiet, offline, with its address put back afterwards and its errors in our words."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omdrisk.errors import OmdriskError

if TYPE_CHECKING:
    from collections.abc import Iterator

MODEL = "omdrisk"
ARTIFACTS = "mlartifacts"
SQLITE = "sqlite:///"
_LOUD = ("mlflow", "alembic", "alembic.runtime.migration")


def local_store(folder: str | Path) -> str:
    """Return the tracking URI of a SQLite store in `folder`, which is made if need be."""
    root = Path(folder).resolve()
    root.mkdir(parents=True, exist_ok=True)
    return f"{SQLITE}{(root / 'mlflow.db').as_posix()}"


def folder_of(tracking_uri: str) -> Path | None:
    """Return the folder of a SQLite store; None for a server.

    Examples
    --------
    >>> folder_of("http://127.0.0.1:5000") is None
    True
    """
    return Path(tracking_uri.removeprefix(SQLITE)).parent.resolve() if tracking_uri.startswith(SQLITE) else None


@contextmanager
def connected(tracking_uri: str | None) -> Iterator[Any]:
    """Lend mlflow with the tracking URI set.

    Parameters
    ----------
    tracking_uri
        Any address that MLflow knows; else ``MLFLOW_TRACKING_URI``; else a SQLite store in the working folder.

    Raises
    ------
    OmdriskError
        What MLflow refuses or cannot reach, in one line.
    """
    # no figure about its use leaves the machine
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    # a server that is not there is said in seconds
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        import mlflow
        import mlflow.pyfunc

        loggers = [logging.getLogger(name) for name in _LOUD]
        levels = [logger.level for logger in loggers]
        named = os.environ.get("MLFLOW_TRACKING_URI")
        before = mlflow.get_tracking_uri() if mlflow.is_tracking_uri_set() else None
        try:
            for logger in loggers:
                logger.setLevel(logging.ERROR)
            mlflow.set_tracking_uri(tracking_uri or named or local_store(Path.cwd()))
            yield mlflow
        except mlflow.exceptions.MlflowException as error:
            first = str(error).splitlines()[0]
            raise OmdriskError(f"MLflow at {mlflow.get_tracking_uri()}: {first}") from error
        finally:
            # mlflow also writes the environment variable, and unsets it with None
            mlflow.set_tracking_uri(None if before == named else before)
            if named is not None:
                os.environ["MLFLOW_TRACKING_URI"] = named
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


def experiment(mlflow: Any, name: str) -> str:
    """Return the id of an experiment, which is made if need be; a SQLite store keeps its files beside it."""
    found = mlflow.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    folder = folder_of(mlflow.get_tracking_uri())
    location = None if folder is None else (folder / ARTIFACTS).as_uri()
    return str(mlflow.create_experiment(name, artifact_location=location))
