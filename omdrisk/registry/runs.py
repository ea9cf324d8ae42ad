"""MLflow runs and registered versions of bundles."""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omdrisk.errors import InputError, OmdriskError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mlflow import MlflowClient

MODEL = "omdrisk"
LOADER = "omdrisk.registry.loader"
# in place of who ran what on which machine, which mlflow would note down
_ANONYMOUS = {"mlflow.user": MODEL, "mlflow.source.name": MODEL}


@dataclass(frozen=True)
class Run:
    """What one training leaves behind.

    Parameters
    ----------
    bundle
        The bundle folder.
    params, metrics, tags
        What was set, what was measured, and what to find it by. Metric names may hold ``/``.
    plots
        Files (PNG, HTML, JSON) kept with the run.
    datasets
        Name -> digest and row count of the tables that were used.
    """

    bundle: Path
    params: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    plots: Sequence[Path] = ()
    datasets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Registered:
    """Where a run and its model ended up."""

    run_id: str
    model_uri: str
    version: str | None


def local_store(folder: str | Path) -> str:
    """Return the tracking URI of a SQLite store in `folder`, which is made if need be."""
    root = Path(folder).resolve()
    root.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{(root / 'mlflow.db').as_posix()}"


def track(run: Run, *, experiment: str = MODEL, tracking_uri: str | None = None, name: str | None = None) -> Registered:
    """Log `run` with its bundle as a pyfunc model and return where it is.

    Parameters
    ----------
    run
        What to keep.
    experiment
        Name of the MLflow experiment, made if need be.
    tracking_uri
        An MLflow tracking URI; else ``MLFLOW_TRACKING_URI``; else a SQLite store in the working folder.
    name
        Name of the run.

    Raises
    ------
    InputError
        If the bundle is not there.
    OmdriskError
        If the tracking store cannot be reached.
    """
    if not (Path(run.bundle) / "manifest.json").is_file():
        raise InputError(f"{run.bundle}: not a bundle. Write one with omdrisk.save_bundle or `omdrisk train`.")
    with _mlflow(tracking_uri) as mlflow:
        experiment_id = _experiment(mlflow, experiment)
        with mlflow.start_run(experiment_id=experiment_id, run_name=name, tags=_ANONYMOUS) as active:
            mlflow.log_params({key: str(value)[:6000] for key, value in run.params.items()})
            mlflow.log_metrics({key: float(value) for key, value in run.metrics.items()})
            mlflow.set_tags({key: str(value) for key, value in run.tags.items()})
            if run.datasets:
                mlflow.log_dict({key: dict(value) for key, value in run.datasets.items()}, "datasets.json")
            for plot in run.plots:
                mlflow.log_artifact(str(plot), artifact_path="plots")
            info = _log_model(mlflow, run)
            return Registered(run_id=active.info.run_id, model_uri=info.model_uri, version=None)


def register(tracked: Registered, *, model: str = MODEL, tracking_uri: str | None = None) -> Registered:
    """Register the model of a tracked run as the next version of `model`; no alias is moved."""
    with _mlflow(tracking_uri) as mlflow:
        version = mlflow.register_model(tracked.model_uri, model)
        return Registered(
            run_id=tracked.run_id,
            model_uri=f"models:/{model}/{version.version}",
            version=str(version.version),
        )


def promote(version: str, *, model: str = MODEL, alias: str = "champion", tracking_uri: str | None = None) -> None:
    """Let `alias` point to `version` of `model`, in one step of the registry."""
    with _mlflow(tracking_uri) as mlflow:
        client: MlflowClient = mlflow.MlflowClient()
        client.set_registered_model_alias(model, alias, version)


def fetch(uri: str, *, destination: str | Path | None = None, tracking_uri: str | None = None) -> Path:
    """Download the bundle behind an MLflow model URI and return its folder.

    Raises
    ------
    OmdriskError
        If there is no such model, alias or version, or it does not hold a bundle.
    """
    with _mlflow(tracking_uri) as mlflow:
        where = Path(
            mlflow.artifacts.download_artifacts(uri, dst_path=None if destination is None else str(destination))
        )
    found = sorted(where.rglob("manifest.json"))
    if not found:
        raise InputError(f"{uri}: this model holds no omdrisk bundle. Register one with `omdrisk register`.")
    return found[0].parent


def _log_model(mlflow: Any, run: Run) -> Any:
    from omdrisk.registry.loader import _load_pyfunc
    from omdrisk.registry.signature import example, signature

    rows = example()
    predictor = _load_pyfunc(str(run.bundle))
    needed = {name for head in predictor.scorer.heads.values() for name in head.pipeline.catalog_.needs}
    return mlflow.pyfunc.log_model(
        name="bundle",
        loader_module=LOADER,
        data_path=str(run.bundle),
        tags=_ANONYMOUS,
        signature=signature(predictor.predict(rows), sorted(name for name in needed if name.startswith("x_"))),
        input_example=rows,
        pip_requirements=_requirements(),
    )


def _requirements() -> list[str]:
    from importlib.metadata import version

    pinned = ("omdrisk", "lightgbm", "numpy", "pandas", "pyarrow", "scikit-learn", "numba")
    return [f"{name}=={version(name)}" for name in pinned]


def _experiment(mlflow: Any, name: str) -> str:
    found = mlflow.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    uri = mlflow.get_tracking_uri()
    location = None
    if uri.startswith("sqlite:///"):
        location = (Path(uri.removeprefix("sqlite:///")).parent / "mlartifacts").resolve().as_uri()
    return str(mlflow.create_experiment(name, artifact_location=location))


@contextmanager
def _mlflow(tracking_uri: str | None) -> Iterator[Any]:
    """Lend mlflow with the tracking URI set, quiet, and give its own errors our face."""
    import os

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow
        import mlflow.pyfunc

        loggers = [logging.getLogger(name) for name in ("mlflow", "alembic", "alembic.runtime.migration")]
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
