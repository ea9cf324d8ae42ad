"""One small world for all tests of the simulation."""

from __future__ import annotations

import pytest

from omdrisk.simulation import World, simulate


@pytest.fixture(scope="session")
def world() -> World:
    return simulate(seed=4, shipments=8_000)
