"""A registered bundle gives the numbers of the scorer, however it is opened."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest

import omdrisk
from omdrisk.errors import OmdriskError
from omdrisk.registry import Run, fetch, promote, register, track

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Small


@pytest.fixture(scope="module")
def store(small: Small, tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp("registry")
    uri = f"sqlite:///{root / 'mlflow.db'}"
    run = Run(bundle=small.bundle, params={"seed": 0}, metrics={"drug/auc": 0.8}, tags={"phase": "V"})
    registered = register(track(run, tracking_uri=uri), tracking_uri=uri)
    assert registered.version == "1"
    promote("1", tracking_uri=uri)
    return uri


def test_a_fetched_bundle_is_the_bundle(small: Small, store: str, tmp_path: Path) -> None:
    folder = fetch("models:/omdrisk@champion", destination=tmp_path, tracking_uri=store)
    for path in small.bundle.rglob("*.json"):
        assert (folder / path.relative_to(small.bundle)).read_bytes() == path.read_bytes()


def test_the_model_address_loads(small: Small, store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store)
    rows = small.incoming.head(20)
    expected = omdrisk.load(small.bundle).score(rows)["drug_raw"]
    assert omdrisk.load("models:/omdrisk@champion").score(rows)["drug_raw"].tolist() == expected.tolist()


def test_pyfunc_gives_the_scorer_s_numbers(small: Small, store: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow

        mlflow.set_tracking_uri(store)
        rows = small.incoming.head(20)
        predicted = mlflow.pyfunc.load_model("models:/omdrisk@champion").predict(rows)
    expected = omdrisk.load(small.bundle).score(rows)
    np.testing.assert_array_equal(predicted["drug_raw"], expected["drug_raw"])


def test_what_is_kept_holds_no_pickle(store: str) -> None:
    from pathlib import Path

    kept = [path for path in (Path(store.removeprefix("sqlite:///")).parent).rglob("*") if path.is_file()]
    assert any(path.name == "booster.txt" for path in kept)
    assert not [path for path in kept if path.suffix in {".pkl", ".pickle", ".joblib"}]


def test_what_is_kept_names_no_trader(small: Small, store: str) -> None:
    from pathlib import Path

    kept = [path for path in (Path(store.removeprefix("sqlite:///")).parent).rglob("*") if path.is_file()]
    text = b"\n".join(path.read_bytes() for path in kept)
    names = small.world.shipments["consignee_name"].dropna().unique()
    assert not [name for name in names if len(name) > 8 and f'"{name}"'.encode() in text]


def test_an_unknown_model_is_said_in_one_line(store: str) -> None:
    with pytest.raises(OmdriskError, match="nobody"):
        fetch("models:/nobody@champion", tracking_uri=store)


def test_what_is_kept_names_no_user_and_no_script(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "officer_nguyen")
    monkeypatch.setattr("sys.argv", ["/home/officer_nguyen/secret_script.py"])
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    register(track(Run(bundle=small.bundle), tracking_uri=uri), tracking_uri=uri)
    text = b"\n".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"mlflow.source.name" in text
    assert b"officer_nguyen" not in text
    assert b"secret_script" not in text


@pytest.mark.parametrize("before", [None, "environment", "set"])
def test_the_tracking_address_is_left_as_it_was(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    import os

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow

    # so that the variable is put back after the test, whatever mlflow does to it
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "none")
    mlflow.set_tracking_uri(None)
    own = f"sqlite:///{tmp_path / 'own.db'}"
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    if before == "environment":
        monkeypatch.setenv("MLFLOW_TRACKING_URI", own)
    elif before == "set":
        mlflow.set_tracking_uri(own)
    fetch("models:/omdrisk@champion", destination=tmp_path, tracking_uri=store)
    assert mlflow.is_tracking_uri_set() == (before is not None)
    assert os.environ.get("MLFLOW_TRACKING_URI") == (own if before else None)
    if before:
        assert mlflow.get_tracking_uri() == own
    mlflow.set_tracking_uri(None)
