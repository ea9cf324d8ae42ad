"""Writers that are killed, and readers beside a writer; run as a program, for it forks."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

import omdrisk.history.past
import omdrisk.history.store
from omdrisk.history import Finds, History, Shipments

SECRET = "a secret of the agency"  # noqa: S105
START = pd.Timestamp("2024-01-01", tz="UTC")
BATCH = 50


def batch(number: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return shipments all on one lane, and outcomes of half of them."""
    rng = np.random.default_rng(number)
    shipments = pd.DataFrame(
        {
            "shipment_id": [f"{number}-{place}" for place in range(BATCH)],
            "filed_at": START + pd.to_timedelta(rng.integers(0, 2000, BATCH), unit="h"),
            "x_lane": "SGSIN>VNSGN",
        }
    )
    outcomes = shipments[["shipment_id"]].iloc[::2].assign(target="drug", outcome=1.0, known_at=START)
    return shipments, outcomes


def change(history: History, number: int) -> None:
    """Make the change with this number: shipments, then their outcomes."""
    shipments, outcomes = batch(number // 2)
    if number % 2:
        history.record(outcomes)
    else:
        history.observe(shipments)


def asked() -> pd.DataFrame:
    """Return one row that asks about the lane, long after."""
    return pd.DataFrame({"shipment_id": ["Q"], "filed_at": [START + pd.Timedelta("999D")], "x_lane": ["SGSIN>VNSGN"]})


def die(work) -> int:
    """Run `work` in a fork that never returns."""
    child = os.fork()
    if not child:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return child


def kill(folder: Path, rounds: int, seed: int) -> None:
    """Kill a writer again and again; what is left must be a state that it went through."""
    dice = random.Random(seed)  # noqa: S311
    History.create(folder, keys=["x_lane"], secret=SECRET)
    memory = History.from_tables(batch(0)[0].iloc[:0], keys=["x_lane"], secret=SECRET.encode())
    states = [memory.version]
    at = unfinished = 0

    def write() -> None:
        history = History.open(folder, SECRET)
        for number in range(at, at + 1000):
            change(history, number)
            history.ask([Finds(("x_lane",), "drug"), Shipments(("x_lane",), 30)], asked())
            if number % 7 == 3:
                history.compact()

    for _ in range(rounds):
        child = die(write)
        time.sleep(dice.uniform(0, 0.12))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        history = History.open(folder, SECRET)
        told = history.verify()
        while history.version not in states:
            assert len(states) < at + 1000
            change(memory, len(states) - 1)
            states.append(memory.version)
        now = states.index(history.version)
        assert now >= at, (now, at)
        assert told["shipments"] == BATCH * ((now + 1) // 2)
        at, unfinished = now, unfinished + bool(told["unfinished"])
    print(f"{rounds} kills, {at} changes, {unfinished} interrupted while files were written")


def beside(folder: Path, changes: int) -> None:
    """Let two processes read while a third writes; each reader sees whole changes, in order, to the last."""
    History.create(folder, keys=["x_lane"], secret=SECRET)
    late, questions = asked(), [Shipments(("x_lane",)), Finds(("x_lane",), "drug")]

    def read() -> None:
        history = History.open(folder, SECRET)
        last = (0.0, 0.0)
        patience = time.monotonic() + 60
        while last != (BATCH * changes / 2, BATCH * changes / 4):
            answers = history.ask(questions, late)
            now = tuple(answers[question][0] for question in questions)
            assert now >= last
            assert now[0] % BATCH == 0
            assert now[1] % (BATCH / 2) == 0
            assert now[1] in (now[0] / 2, now[0] / 2 - BATCH / 2)
            assert time.monotonic() < patience
            last = now

    def write() -> None:
        history = History.open(folder, SECRET)
        for number in range(changes):
            change(history, number)
            if number % 9 == 5:
                history.compact()

    children = [die(read), die(read), die(write)]
    ends = [os.waitpid(child, 0)[1] for child in children]
    assert ends == [0, 0, 0], ends
    print("both readers saw every state whole")


if __name__ == "__main__":
    omdrisk.history.store.SHELVED = 100
    omdrisk.history.past.SMALL = 120
    what, where, count = sys.argv[1:]
    if what == "kill":
        kill(Path(where), int(count), seed=int(count))
    else:
        beside(Path(where), int(count))
