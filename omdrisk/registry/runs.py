"""MLflow runs: what one training or one promotion leaves behind."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.errors import InputError
from omdrisk.registry.client import MODEL, connected
from omdrisk.registry.client import experiment as experiment_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

LOADER = "omdrisk.registry.loader"
KEY, ADDRESS = "omdrisk.key", "omdrisk.model_uri"
_LONGEST = 6000
_MEASURES = re.compile(r"value|low|high|seconds|score|metric.*")


@dataclass(frozen=True)
class Run:
    """What one training leaves behind.

    Parameters
    ----------
    bundle
        The bundle folder.
    params, metrics, tags
        What was set, what was measured, and what to find it by. Any name of a metric may be given, see `metric_key`.
    plots
        Files (PNG, HTML, JSON) kept with the run.
    datasets
        Name -> what is known of a table that was used: ``digest``, ``rows``, and anything else that is short.
    trials
        One row per tuning trial, kept as runs below this one: columns called ``value``, ``low``, ``high``,
        ``seconds`` or ``metric...`` as metrics, all others as parameters.
    texts
        Name of a file -> the values in it, kept as JSON.
    key
        A digest of all that went in. A finished run of the same key is found again instead of made anew, and an
        unfinished one, which only a killed process leaves, is marked as killed.
    """

    bundle: Path
    params: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    plots: Sequence[Path] = ()
    datasets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    trials: pd.DataFrame | None = None
    texts: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None


@dataclass(frozen=True)
class Registered:
    """Where a run and its model ended up."""

    run_id: str
    model_uri: str
    version: str | None


def track(run: Run, *, experiment: str = MODEL, tracking_uri: str | None = None, name: str | None = None) -> Registered:
    """Log `run` with its bundle as a pyfunc model and return where it is.

    Beside what is given, the run keeps the frozen recipe and catalog of each head, and the version of the bundle.

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
    with connected(tracking_uri) as mlflow:
        experiment_id = experiment_of(mlflow, experiment)
        done = _found(mlflow, experiment_id, run.key)
        if done is not None:
            return done
        anonymous = _anonymous()
        keyed = {} if run.key is None else {KEY: run.key}
        with mlflow.start_run(experiment_id=experiment_id, run_name=name, tags=anonymous | keyed) as active:
            run_id = active.info.run_id
            _log(mlflow, run_id, run)
            if run.trials is not None:
                _log_trials(mlflow, run.trials, experiment_id, anonymous)
            info = _log_model(mlflow, run)
            mlflow.set_tag(ADDRESS, info.model_uri)
        return Registered(run_id=run_id, model_uri=info.model_uri, version=None)


def metric_key(name: str) -> str:
    """Return a name that MLflow takes for a metric.

    Examples
    --------
    >>> metric_key("drug/IV/VN/hit_rate@2%")
    'drug/IV/VN/hit_rate_at_2_percent'
    """
    spelled = name.replace("@", "_at_").replace("%", "_percent")
    return re.sub(r"[^\w\-. :/]", "_", spelled)


def metrics_of(table: pd.DataFrame, *, by: Sequence[str], head: str) -> dict[str, float]:
    """Return the metrics of a long table, each with the ends of its interval.

    Parameters
    ----------
    table
        Columns ``metric``, ``value``, ``low``, ``high``, and those of `by`.
    by
        What goes before the name of the metric: phase, administration.
    head
        The head, which goes before all.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"phase": ["IV"], "metric": ["auc"], "value": [0.8], "low": [0.7], "high": [0.9]})
    >>> metrics_of(table, by=["phase"], head="drug")
    {'drug/IV/auc': 0.8, 'drug/IV/auc_low': 0.7, 'drug/IV/auc_high': 0.9}
    """
    told: dict[str, float] = {}
    for row in table.to_dict("records"):
        name = "/".join([head, *(str(row[each]) for each in by), str(row["metric"])])
        for end, value in (("", row["value"]), ("_low", row["low"]), ("_high", row["high"])):
            if np.isfinite(value):
                told[metric_key(name + end)] = float(value)
    return told


def _log(mlflow: Any, run_id: str, run: Run) -> None:
    contents = _frozen(run.bundle)
    mlflow.log_params({key: str(value)[:_LONGEST] for key, value in run.params.items()})
    mlflow.log_metrics({metric_key(key): float(value) for key, value in run.metrics.items()})
    mlflow.set_tags({"omdrisk.bundle": contents.pop("version"), **{key: str(value) for key, value in run.tags.items()}})
    for file, values in {**contents, **run.texts}.items():
        mlflow.log_dict(values, file)
    if run.datasets:
        mlflow.log_dict({key: dict(value) for key, value in run.datasets.items()}, "datasets.json")
        mlflow.MlflowClient().log_inputs(run_id, [_dataset(name, told) for name, told in run.datasets.items()])
    for plot in run.plots:
        mlflow.log_artifact(str(plot), artifact_path="plots")


def _frozen(bundle: Path) -> dict[str, Any]:
    """Return the bundle's version, and the frozen recipe and catalog of each head under the name of its file."""
    from omdrisk.bundle import read_bundle

    opened = read_bundle(bundle)
    told: dict[str, Any] = {"version": opened.version}
    for head in opened.heads:
        told[f"recipes/{head.target}.json"] = head.recipe.to_dict()
        told[f"catalogs/{head.target}.json"] = head.pipeline.catalog_.to_dict()
    return told


def _dataset(name: str, told: Mapping[str, Any]) -> Any:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    profile = json.dumps({key: value for key, value in told.items() if key != "digest"}, default=str)
    digest = str(told.get("digest") or hashlib.sha256(profile.encode()).hexdigest())[:36]
    source = json.dumps({"name": str(told.get("file", name))})
    dataset = Dataset(name=name, digest=digest, source_type="local", source=source, schema=None, profile=profile)
    return DatasetInput(dataset, [InputTag("mlflow.data.context", str(told.get("context", "training")))])


def _log_trials(mlflow: Any, trials: pd.DataFrame, experiment_id: str, anonymous: Mapping[str, str]) -> None:
    for at, row in enumerate(trials.to_dict("records")):
        number = row.get("number", row.get("trial", at))
        with mlflow.start_run(experiment_id=experiment_id, run_name=f"trial {number}", nested=True, tags=anonymous):
            for name, value in row.items():
                if isinstance(value, float) and not np.isfinite(value):
                    continue
                if _MEASURES.fullmatch(str(name)) and isinstance(value, int | float):
                    mlflow.log_metric(metric_key(str(name)), float(value))
                elif not isinstance(value, dict):
                    mlflow.log_param(metric_key(str(name)), str(value)[:_LONGEST])
                else:
                    mlflow.log_params({metric_key(f"{name}.{key}"): str(one) for key, one in value.items()})


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
        tags=_anonymous(),
        signature=signature(predictor.predict(rows), sorted(name for name in needed if name.startswith("x_"))),
        input_example=rows,
        pip_requirements=_requirements(),
    )


def _requirements() -> list[str]:
    from importlib.metadata import version

    pinned = ("omdrisk", "lightgbm", "numpy", "pandas", "pyarrow", "scikit-learn", "numba")
    return [f"{name}=={version(name)}" for name in pinned]


def _anonymous() -> dict[str, str]:
    """In place of who ran what on which machine, which mlflow would note down."""
    return {"mlflow.user": MODEL, "mlflow.source.name": MODEL}


def _found(mlflow: Any, experiment_id: str, key: str | None) -> Registered | None:
    if key is None:
        return None
    client = mlflow.MlflowClient()
    for run in client.search_runs([experiment_id], f"tags.`{KEY}` = '{key}'"):
        address = run.data.tags.get(ADDRESS)
        if run.info.status == "FINISHED" and address:
            return Registered(run_id=run.info.run_id, model_uri=address, version=None)
        if run.info.status == "RUNNING":
            client.set_terminated(run.info.run_id, status="KILLED")
    return None


def note(
    run_id: str, *, texts: Mapping[str, Any] | None = None, files: Sequence[Path] = (), tracking_uri: str | None = None
) -> None:
    """Add to a run what came later: values as JSON files, and files such as a report or a model card."""
    with connected(tracking_uri) as mlflow, tempfile.TemporaryDirectory() as scratch:
        client = mlflow.MlflowClient()
        for name, values in (texts or {}).items():
            path = Path(scratch) / Path(name).name
            path.write_text(json.dumps(values, ensure_ascii=False, indent=1, default=str), encoding="utf-8")
            client.log_artifact(run_id, str(path), str(Path(name).parent) if "/" in name else None)
        for file in files:
            client.log_artifact(run_id, str(file), "reports")
