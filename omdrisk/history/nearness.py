"""How near single rows are to a find, read off what `hops` has found out about every entity."""

from __future__ import annotations

from typing import Any

import numpy as np

from omdrisk.compiling import compiled
from omdrisk.history.addresses import integers
from omdrisk.history.arrays import NO_TIME
from omdrisk.history.kernels import lower_bound
from omdrisk.history.tallies import slot_in


@compiled
def find_steps(near: Any, keys: Any, moments: Any, horizon: int, rows: Any, steps: Any) -> None:
    """Find how many hops it is from each row's entity to a mark, `far` if none is near; -1 where it is missing."""
    since, offsets = integers(near.since), integers(near.offsets)
    begins, ends = integers(near.begins), integers(near.ends)
    slot = -1
    for j in range(keys.size):
        if j == 0 or keys[j] != keys[j - 1]:
            slot = slot_in(near.index, keys[j])
        found = near.far if keys[j] != 0 else -1
        until = min(moments[j], horizon)
        for count in range(near.far if slot >= 0 and keys[j] != 0 else 0):
            node = count * near.nodes + slot
            inside = since[node] < until
            if offsets[node] < offsets[node + 1]:
                place = lower_bound(begins, offsets[node], offsets[node + 1], until) - 1
                inside |= place >= offsets[node] and ends[place] >= until
            if inside:
                found = count
                break
        steps[rows[j]] = found


@compiled
def read_hops(hops: Any, steps: Any, moments: Any, answers: Any) -> None:
    """Answer each question about hops from the steps of its entities."""
    for question in range(hops.size):
        asked = hops[question]
        for j in range(moments.size):
            fewest, near, known = asked.far, 0, False
            for row in range(asked.steps, asked.steps_end):
                known |= steps[row, j] >= 0
                if 0 <= steps[row, j] < asked.far:
                    near += 1
                    fewest = min(fewest, np.int64(steps[row, j]))
            answer = np.nan
            if asked.links and known:
                answer = np.float64(near)
            elif not asked.links and near:
                answer = np.float64(fewest)
            answers[asked.into, j] = answer if moments[j] != NO_TIME else np.nan
