from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from omdrisk.errors import DefinitionError
from omdrisk.features import Definition, Kind, View, register
from omdrisk.features.arguments import argument, column
from omdrisk.features.kinds import Count, _registered, kinds


@dataclass(frozen=True)
class TextLength(Kind):
    """Number of letters of a text."""

    word: ClassVar[str] = "text_length"
    column: str = argument(column)

    @property
    def inputs(self):
        return (self.column,)

    def compute(self, view):
        cells = view.column(self.column)
        return cells.spread([len(cell) for cell in cells.texts])


@pytest.fixture
def registry():
    before = dict(_registered)
    yield
    _registered.clear()
    _registered.update(before)


@pytest.mark.usefixtures("registry")
def test_a_new_kind_is_a_word_of_the_catalog():
    register(TextLength)
    spec = {"id": "X", "kind": "text_length", "column": "seal_nos", "targets": ["drug"], "why": "-"}
    definition = Definition.read("length", "f", spec | {"reason": {"en": "{value}"}})
    frame = pd.DataFrame({"seal_nos": ["abc", None]})
    np.testing.assert_array_equal(definition.values(View(frame)), [3.0, np.nan])


@pytest.mark.usefixtures("registry")
def test_a_word_is_taken_once():
    class Other(Count):
        pass

    with pytest.raises(DefinitionError, match="kind 'count' is already taken by Count"):
        register(Other)
    assert register(Count) is Count
    with pytest.raises(DefinitionError, match="is not a subclass"):
        register(dict)


@pytest.mark.usefixtures("registry")
def test_entry_points(monkeypatch):
    from omdrisk.features.kinds import _load_entry_points

    class Entry:
        name = "text_length"

        @staticmethod
        def load():
            return TextLength

    monkeypatch.setattr(
        "omdrisk.features.kinds.entry_points", lambda group: [Entry] if group == "omdrisk.kinds" else []
    )
    _load_entry_points.cache_clear()
    assert kinds()["text_length"] is TextLength


def test_every_kind_says_what_it_is():
    for word, kind in kinds().items():
        assert kind.word == word
        assert ">>> " in kind.__doc__
        assert kind.__dataclass_params__.frozen


def test_the_vocabulary_is_light():
    code = (
        "import sys, omdrisk.features.kinds as k; k.kinds()['count'];"
        "heavy = {'sklearn', 'numba', 'lightgbm', 'scipy', 'rapidfuzz', 'stdnum', 'airportsdata', 'shap'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
