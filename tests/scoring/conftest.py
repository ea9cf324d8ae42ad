from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from omdrisk.bundle import read_bundle, save_bundle
from omdrisk.scoring import Scorer
from tests.scoring.tiny import NOW, Tiny, tiny

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def world() -> Tiny:
    return tiny()


@pytest.fixture(scope="session")
def folder(world: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two heads as a bundle on disk."""
    path = tmp_path_factory.mktemp("tiny") / "bundle"
    save_bundle(world.heads, path)
    return path


@pytest.fixture(scope="session")
def scorer(world: Tiny, folder: Path) -> Scorer:
    return Scorer(read_bundle(folder), world.history, clock=lambda: NOW)


@pytest.fixture(scope="session")
def alone(folder: Path) -> Scorer:
    """A scorer without a history."""
    return Scorer(read_bundle(folder), clock=lambda: NOW)
