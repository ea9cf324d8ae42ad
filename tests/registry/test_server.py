"""Against a real server: files go through it, the numbers are the scorer's, and nothing about this machine is kept."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import omdrisk
from omdrisk.errors import OmdriskError
from omdrisk.registry import Run, promote, register, track, under
from tests.registry.server import free_port, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Small

pytestmark = pytest.mark.skipif(os.name == "nt", reason="ends a group of processes")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("server")) as address:
        yield address


@pytest.fixture(scope="module")
def run_id(small: Small, server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    plot = tmp_path_factory.mktemp("plots") / "hits.png"
    plot.write_bytes(b"\x89PNG")
    run = Run(
        bundle=small.bundle,
        params={"seed": 0},
        metrics={"drug/IV/hit_rate@2%": 0.31},
        plots=[plot],
        datasets={"shipments": {"digest": "ab" * 16, "rows": 12_000}},
        trials=pd.DataFrame({"number": [0, 1], "num_leaves": [7, 15], "value": [0.4, 0.5]}),
        texts={"model-card.json": {"title": "Model card"}},
        key="the one and only",
    )
    tracked = track(run, tracking_uri=server)
    assert track(run, tracking_uri=server) == tracked
    first = register(tracked, tracking_uri=server)
    assert register(tracked, tracking_uri=server) == first
    promote(str(first.version), tracking_uri=server)
    return tracked.run_id


def test_the_address_loads_and_scores_as_the_bundle(
    small: Small, server: str, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    rows = small.incoming.head(25)
    expected = omdrisk.load(small.bundle).score(rows)
    told = omdrisk.load("models:/omdrisk@champion").score(rows)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow

        predicted = mlflow.pyfunc.load_model("models:/omdrisk@champion").predict(rows)
    for name in ("drug_raw", "drug_score", "wildlife_raw", "wildlife_percentile"):
        np.testing.assert_array_equal(told[name], expected[name])
        np.testing.assert_array_equal(predicted[name], expected[name])


def test_everything_went_through_the_server(server: str, run_id: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow

        client = mlflow.MlflowClient(tracking_uri=server)
        run = client.get_run(run_id)
        assert run.info.artifact_uri.startswith("mlflow-artifacts:/")
        folders = [item.path for item in client.list_artifacts(run_id)]
        plots = [item.path for item in client.list_artifacts(run_id, "plots")]
        below = client.search_runs([run.info.experiment_id], f"tags.`mlflow.parentRunId` = '{run_id}'")
    assert {"plots", "recipes", "catalogs", "datasets.json", "model-card.json"} <= set(folders)
    assert plots == ["plots/hits.png"]
    assert sorted(each.data.params["num_leaves"] for each in below) == ["15", "7"]
    assert run.data.metrics == {"drug/IV/hit_rate_at_2_percent": 0.31}
    assert run.inputs.dataset_inputs[0].dataset.digest == "ab" * 16


def test_the_registered_model_is_data_with_a_signature_and_pins(server: str, run_id: str, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow

        mlflow.set_tracking_uri(server)
        folder = mlflow.artifacts.download_artifacts("models:/omdrisk@champion", dst_path=str(tmp_path))
        model = mlflow.models.Model.load(folder)
        mlflow.set_tracking_uri(None)
    pinned = (tmp_path / "requirements.txt").read_text().split()
    assert all("==" in line for line in pinned)
    assert f"omdrisk=={omdrisk.__version__}" in pinned
    flavour = model.flavors["python_function"]
    assert flavour["loader_module"] == "omdrisk.registry.loader"
    assert not flavour.get("code")
    assert not [path for path in tmp_path.rglob("*") if path.suffix in {".pkl", ".pickle", ".joblib", ".py"}]
    types = {column.name: str(column.type) for column in model.signature.inputs}
    assert types["goods_description"] == types["hs_code"] == "DataType.string"
    assert {"drug_score", "wildlife_score"} <= set(model.signature.outputs.input_names())
    assert model.saved_input_example_info is not None


def test_the_champion_is_what_the_registry_says(server: str, run_id: str) -> None:
    found = under(tracking_uri=server)
    assert found is not None
    assert (found.number, found.run_id) == ("1", run_id)
    assert under("challenger", tracking_uri=server) is None
    assert under(model="nobody", tracking_uri=server) is None


def test_no_server_is_said_in_one_line(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(OmdriskError, match=r"MLflow at http://127\.0\.0\.1:\d+: .*"):
        track(Run(bundle=small.bundle), tracking_uri=f"http://127.0.0.1:{free_port()}")
