"""The compiled loops against numpy alone, and the wavelet matrix against sorting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omdrisk.history import kernels, plain
from omdrisk.history.arrays import NEVER, NO_TIME, days_before, days_between, from_limbs, limbs
from omdrisk.history.engine import KeyIndex, WaveletMatrix
from omdrisk.history.spells import Spells, Standing

seeds = st.integers(0, 2**32 - 1).map(np.random.default_rng)
few = settings(max_examples=60, deadline=None)


@pytest.fixture(params=[kernels, plain], ids=["compiled", "plain"])
def loops(request, monkeypatch):
    monkeypatch.setattr("omdrisk.history.engine.loops", request.param)
    monkeypatch.setattr("omdrisk.history.spells.loops", request.param)
    return request.param


def world_of_keys(rng, spread):
    keys = rng.integers(-spread, spread, rng.integers(0, 200))
    times = np.sort(rng.integers(0, 50, keys.size))
    return keys, times


@pytest.mark.parametrize("spread", [3, 1000, 2**63 - 1])
def test_key_index_counts_what_came_before(loops, spread):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        keys, times = world_of_keys(rng, spread)
        index = KeyIndex.build(keys, times)
        asked = np.concatenate([keys, rng.integers(-spread, spread, 20)])
        moments = rng.integers(-5, 60, asked.size)
        slots = index.slots(asked)
        counts = index.before(slots, moments) - index.starts(slots)
        expected = [
            int(((keys == key) & (times < moment)).sum()) if key else 0
            for key, moment in zip(asked, moments, strict=True)
        ]
        assert counts.tolist() == expected
        assert (index.slot_of_row >= 0).tolist() == (keys != 0).tolist()


def test_wavelet_matrix_is_sorting(loops):
    for seed, top in enumerate([1, 2, 3, 64, 65, 1000, 2**20]):
        rng = np.random.default_rng(seed)
        codes = rng.integers(0, top, 500)
        matrix = WaveletMatrix.build(codes)
        ends = np.sort(rng.integers(0, codes.size + 1, (300, 2)), axis=1)
        low, high = np.ascontiguousarray(ends[:, 0]), np.ascontiguousarray(ends[:, 1])
        nth = rng.integers(-1, 200, 300)
        limit = rng.integers(0, 2 * top, 300)
        expected = [
            int(np.sort(codes[a:b])[k]) if 0 <= k < b - a else -1 for a, b, k in zip(low, high, nth, strict=True)
        ]
        assert matrix.smallest(low, high, nth).tolist() == expected
        less = [int((codes[a:b] < top_).sum()) for a, b, top_ in zip(low, high, limit, strict=True)]
        assert matrix.less(low, high, limit).tolist() == less


def test_spells_stand_while_they_stand(loops):
    for seed in range(30):
        rng = np.random.default_rng(seed)
        size = int(rng.integers(0, 60))
        slots = rng.integers(-1, 4, size)
        begins = rng.integers(0, 40, size)
        ends = np.where(rng.random(size) < 0.5, NEVER, begins + rng.integers(1, 20, size))
        amounts = rng.integers(0, 3, size)
        found = Standing(slots, begins, ends, amounts, 10 * amounts)
        spells = Spells.build(slots, found, 4)
        if not spells.begins.size:
            continue
        asked = rng.integers(-1, 4, 100)
        until = rng.integers(-2, 65, 100)
        since = until - rng.integers(0, 40, 100)
        for start in (None, since):
            expected, latest = [], []
            for place in range(100):
                chosen = (slots == asked[place]) & (asked[place] >= 0) & (begins < until[place])
                chosen &= (ends >= until[place]) & (amounts != 0)
                latest.append(int(begins[chosen].max(initial=-1)))
                if start is not None:
                    chosen &= begins >= start[place]
                expected.append(int(amounts[chosen].sum()))
            assert spells.standing("finds", asked, start, until).tolist() == expected
            assert (spells.standing("weights", asked, start, until) // 10).tolist() == expected
            assert spells.latest(asked, until, -1).tolist() == latest


@given(seeds)
@few
def test_limbs_add_up_exactly(rng):
    numbers = rng.normal(size=50) * 10.0 ** rng.integers(-3, 15, 50)
    shuffled = rng.permutation(numbers)
    sums = [[part.sum() for part in limbs(values)] for values in (numbers, shuffled)]
    assert sums[0] == sums[1]
    total = from_limbs([np.array([part]) for part in sums[0]])[0]
    assert total == pytest.approx(float(np.sum(numbers.astype(np.longdouble))), rel=1e-12, abs=1e-9)


def test_days_reach_to_the_ends_of_time():
    ends = np.array([NO_TIME + 1, 0, NEVER])
    assert days_between(ends[2:], ends[:1])[0] == pytest.approx((2**64 - 2) / 86_400_000_000)
    assert days_before(ends, 1.0).tolist() == [NO_TIME + 1, -86_400_000_000, NEVER - 86_400_000_000]
    assert days_before(ends, None).tolist() == [NO_TIME + 1] * 3
