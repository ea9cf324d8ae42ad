"""Reading 2 million rows of 25 columns: mapped and checked, against pandas with the Arrow engine on the same file.

``python -m tests.benchmarks.reading`` prints the results; ``BENCH=small`` reads 50,000 rows.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv

TIMES = ("filed_at", "eta")
NUMBERS = ("packages", "gross_weight_kg", "net_weight_kg", "volume_m3", "invoice_value", "freight_charge")
CODES = ("hs_code", "country_of_origin", "currency", "incoterm", "transport_mode", "consignee_country")


def rows() -> int:
    """Return how many rows are read: fewer where the run only proves that it runs."""
    return 50_000 if os.environ.get("BENCH") == "small" else 2_000_000


def write_manifest(path: Path, size: int) -> None:
    """Write a manifest of `size` rows and 25 columns under canonical headers."""
    draw = np.random.default_rng(1)

    def taken(words: list[str]) -> pa.Array:
        return pa.array(words).take(pa.array(draw.integers(0, len(words), size)))

    def moments(first: str, days: int) -> pa.Array:
        seconds = draw.integers(0, days * 86_400, size).astype("timedelta64[s]")
        texts = np.datetime_as_string(np.datetime64(first, "s") + seconds)
        return pa.array([f"{text}Z" for text in texts.tolist()])

    def weights(scale: float) -> pa.Array:
        return pa.array(np.round(draw.lognormal(scale, 1.0, size), 2))

    firms = [f"CONG TY TNHH THUONG MAI {number:05} DAI PHAT" for number in range(40_000)]
    columns = {
        "shipment_id": pa.array([f"VN{number:010}" for number in range(size)]),
        "filed_at": moments("2022-01-01", 700),
        "eta": moments("2022-01-10", 700),
        "house_doc_no": pa.array([f"HBL{number:09}" for number in draw.integers(0, 10**9, size).tolist()]),
        "container_no": pa.array([f"MSCU{number:07}" for number in draw.integers(0, 10**7, size).tolist()]),
        "carrier_code": taken(["MAEU", "MSCU", "COSU", "ONEY", "HLCU"]),
        "vessel_name": taken([f"EVER {number}" for number in range(400)]),
        "voyage_flight_no": taken([f"{number:03}E" for number in range(500)]),
        "port_of_loading": taken(["CNSHA", "NGAPP", "THLCH", "MYPKG", "IDJKT", "ZADUR"]),
        "port_of_discharge": taken(["VNSGN", "VNHPH", "HKHKG", "SGSIN"]),
        "goods_description": taken([f"FROZEN FISH FILLET, GRADE {number}, IN CARTONS" for number in range(5_000)]),
        "hs_code": taken([f"{number:06}" for number in range(10_000, 960_000, 190)]),
        "country_of_origin": taken(["CN", "NG", "TH", "MY", "ID", "ZA"]),
        "packages": pa.array(draw.integers(1, 4_000, size)),
        "gross_weight_kg": weights(7.0),
        "net_weight_kg": weights(6.9),
        "volume_m3": weights(2.0),
        "invoice_value": weights(9.0),
        "freight_charge": weights(5.0),
        "currency": taken(["USD", "EUR", "CNY", "VND"]),
        "incoterm": taken(["FOB", "CIF", "EXW"]),
        "transport_mode": taken(["1", "4"]),
        "shipper_name": taken(firms),
        "consignee_name": taken(firms),
        "consignee_country": taken(["VN", "HK", "SG"]),
    }
    arrow_csv.write_csv(pa.table(columns), path)


def plain(path: Path) -> pd.DataFrame:
    """Read as pandas does with the Arrow engine, identifiers as text, and convert moments and numbers."""
    header = path.open(encoding="utf-8").readline().replace('"', "").strip().split(",")
    texts = {name: "str" for name in header if name not in (*TIMES, *NUMBERS)}
    frame = pd.read_csv(path, engine="pyarrow", dtype=texts)
    for name in TIMES:
        frame[name] = pd.to_datetime(frame[name], utc=True).dt.as_unit("us")
    return frame.astype(dict.fromkeys(NUMBERS, "float64"))


def ours(path: Path) -> pd.DataFrame:
    """Read with omdrisk: mapped, checked, repairs counted."""
    from omdrisk.records import read_shipments

    read = read_shipments(path)
    if len(read.rejected):
        raise AssertionError(f"{len(read.rejected)} rows rejected, as {read.rejected['reason'][0]}")
    return read.accepted


def _resident() -> int:
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def peak(path: Path) -> dict[str, float]:
    """Return the peak of memory while reading, over what was held before, and the size of the frame; in bytes."""
    import omdrisk.records.read  # noqa: F401 - its memory is not the reading's

    before, highest, stop = _resident(), [0], threading.Event()

    def watch() -> None:
        while not stop.wait(0.005):
            highest[0] = max(highest[0], _resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    frame = ours(path)
    stop.set()
    watcher.join()
    return {"peak": float(highest[0] - before), "frame": float(frame.memory_usage(deep=True).sum())}


def results() -> list[dict[str, object]]:
    """Measure time (medians of interleaved repeats) and memory (in a process of its own)."""
    size, repeats = rows(), 3
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "manifest.csv"
        write_manifest(path, size)
        taken: dict[str, list[float]] = {"plain": [], "ours": []}
        for _ in range(repeats):
            for name, way in (("plain", plain), ("ours", ours)):
                start = time.perf_counter()
                way(path)
                taken[name].append(time.perf_counter() - start)
        code = "import json, sys, pathlib; from tests.benchmarks.reading import peak; "
        code += "print(json.dumps(peak(pathlib.Path(sys.argv[1]))))"
        told = subprocess.run([sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True)
    memory = json.loads(told.stdout.splitlines()[-1])
    baseline, value = statistics.median(taken["plain"]), statistics.median(taken["ours"])
    share = memory["peak"] / memory["frame"]
    common = {"size": f"{size} rows x 25 columns"}
    return [
        {
            "name": "read_vs_pyarrow", "value": value, "unit": "s", "baseline": baseline, "ratio": value / baseline,
            "goal": "<= 3", "holds": value / baseline <= 3, "repeats": repeats, **common,
        },
        {
            "name": "read_memory_vs_frame", "value": memory["peak"] / 1e6, "unit": "MB",
            "baseline": memory["frame"] / 1e6, "ratio": share, "goal": "< 3", "holds": share < 3, "repeats": 1,
            **common,
        },
    ]  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(results(), indent=1))
