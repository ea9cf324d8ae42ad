"""`mlflow models serve` on the registered model, really started, answers with the numbers of the scorer."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import omdrisk
from omdrisk.registry import Run, register, track

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Small

PATIENCE = 240.0
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def port(small: Small, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Start the server on a free port of the loopback, and end it by its own handle."""
    root = tmp_path_factory.mktemp("serving")
    store = f"sqlite:///{root / 'mlflow.db'}"
    register(track(Run(bundle=small.bundle, params={}, metrics={}, tags={}), tracking_uri=store), tracking_uri=store)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", "models:/omdrisk/1"]
    command += ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(free), "--workers", "1"]
    environment = {**os.environ, "MLFLOW_TRACKING_URI": store, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    # mlflow starts uvicorn by its name, which an environment that is not activated does not have on its path
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    log = root / "server.log"
    with log.open("wb") as said:
        server = subprocess.Popen(
            command, stdout=said, stderr=said, env=environment, cwd=root, start_new_session=os.name != "nt"
        )
    try:
        _wait(free, server, log)
        yield free
    finally:
        _end(server)


def _wait(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    patience = time.monotonic() + PATIENCE
    while time.monotonic() < patience:
        assert server.poll() is None, log.read_text(encoding="utf-8", errors="replace")[-3000:]
        try:
            if _answer(port, "GET", "/ping", timeout=2)[0] == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(log.read_text(encoding="utf-8", errors="replace")[-3000:])


def _end(server: subprocess.Popen[bytes]) -> None:
    """End the server and the workers that it started: they are one session, made for this test."""
    import signal

    if os.name == "nt":
        server.terminate()
    else:
        os.killpg(server.pid, signal.SIGTERM)
    try:
        server.wait(15)
    except subprocess.TimeoutExpired:
        server.kill() if os.name == "nt" else os.killpg(server.pid, signal.SIGKILL)
        server.wait(15)


def asked(port: int, body: dict[str, Any]) -> list[dict[str, Any]]:
    status, text = _answer(port, "POST", "/invocations", json.dumps(body), timeout=60)
    assert status == 200, text[:2000]
    return list(json.loads(text)["predictions"])


def _answer(port: int, method: str, path: str, body: str | None = None, *, timeout: float) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_the_server_gives_the_scorer_s_numbers(small: Small, port: int) -> None:
    rows = small.incoming.head(25)
    body = json.loads(rows.to_json(orient="split", date_format="iso", date_unit="us"))
    body.pop("index")
    found = asked(port, {"dataframe_split": body})
    expected = omdrisk.load(small.bundle).score(rows)
    for head in ("drug", "wildlife"):
        for part in ("raw", "score", "percentile"):
            np.testing.assert_array_equal([one[f"{head}_{part}"] for one in found], expected[f"{head}_{part}"])
        assert [one[f"{head}_rank"] for one in found] == expected[f"{head}_rank"].tolist()
        assert [one[f"{head}_band"] for one in found] == expected[f"{head}_band"].tolist()
    assert {one["model_version"] for one in found} == set(expected["model_version"])


def test_one_shipment_with_few_fields(small: Small, port: int) -> None:
    one = {"shipment_id": "S1", "filed_at": "2023-09-15T08:00:00Z", "goods_description": "<b>tiles</b>", "packages": 3}
    found = asked(port, {"dataframe_records": [one]})
    assert 0 <= found[0]["drug_score"] <= 1
    assert "missing" in found[0]["data_quality"]
