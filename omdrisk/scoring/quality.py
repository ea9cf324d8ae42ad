"""How far a score can be leant on: what was missing in a row, and what the model had never seen."""

from __future__ import annotations

import tomllib
from functools import cache, lru_cache
from importlib import resources
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.entities import Fields
from omdrisk.records.coded import Coded, joint

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt
    import pandas as pd

    from omdrisk.training import Head

    Flags = npt.NDArray[np.bool_]

NO_HISTORY = "no history"
OK = "ok"


@cache
def _expected() -> dict[str, Any]:
    text = resources.files("omdrisk.scoring").joinpath("expected.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def needed_columns(heads: Iterable[Head]) -> list[str]:
    """Return the columns that the heads' trees depend on, each once.

    A feature that no tree asks for needs nothing; nor does one whose job is to count what is missing.
    """
    needed: dict[str, None] = {}
    for head in heads:
        definitions = list(head.pipeline.catalog_)
        for place in sorted(split_features(head.text)):
            if definitions[place].kind.word != "missing":
                needed.update(dict.fromkeys(definitions[place].needs))
    return list(needed)


@lru_cache(maxsize=16)
def split_features(text: str) -> frozenset[int]:
    r"""Return the places of the features that a model in LightGBM's text splits on.

    Examples
    --------
    >>> sorted(split_features("Tree=0\nsplit_feature=4 0 4\nTree=1\nsplit_feature=2\nTree=2\n"))
    [0, 2, 4]
    """
    return frozenset(
        int(place)
        for line in text.splitlines()
        if line.startswith("split_feature=")
        for place in line.removeprefix("split_feature=").split()
    )


@lru_cache(maxsize=64)
def _expectations(used: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, list[str]]]:
    """Return which of the columns that the heads use every shipment should have, and which only some modes."""
    everywhere = [name for name in _expected()["all"] if name in used]
    everywhere += sorted(name for name in used if name.startswith("x_"))
    by_mode: dict[str, list[str]] = {}
    for mode, names in _expected()["modes"].items():
        for name in names:
            if name in used and name not in everywhere:
                by_mode.setdefault(name, []).append(mode)
    return tuple(everywhere), by_mode


def lacking(shipments: pd.DataFrame | Fields, used: Iterable[str]) -> dict[str, Flags]:
    """Say for each expected column that the heads use in which rows it is missing.

    Parameters
    ----------
    shipments
        A canonical table.
    used
        Names of the columns that the heads look at.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"transport_mode": ["1", "4"], "hs_code": ["0713", None]}, dtype="str")
    >>> found = lacking(rows, ["hs_code", "container_no", "seal_nos"])
    >>> {name: flags.tolist() for name, flags in found.items()}
    {'hs_code': [False, True], 'container_no': [True, False]}
    """
    fields = Fields.of(shipments)
    everywhere, by_mode = _expectations(tuple(used))
    found = {name: fields.absent(name) for name in everywhere}
    given = fields.text("transport_mode")
    for name, modes in by_mode.items():
        expected = [mode in modes for mode in given.texts]
        if any(expected):
            found[name] = np.array([*expected, False])[given.codes] & fields.absent(name)
    return found


def marks(missing: Mapping[str, Flags], unseen: Mapping[str, Flags], rows: int, *, history: bool) -> Coded:
    """Put the marks of each row into one text, ``ok`` where there is none.

    Examples
    --------
    >>> yes = np.array([True, False])
    >>> marks({"hs_code": yes, "packages": yes}, {"port_of_loading": yes}, 2, history=True).tolist()
    ['missing: hs_code, packages; unseen: port_of_loading', 'ok']
    """
    parts = [Coded(flags - _ONE, [("missing", name)]) for name, flags in missing.items()]
    parts += [Coded(flags - _ONE, [("unseen", name)]) for name, flags in unseen.items()]
    if not parts:
        return Coded(np.zeros(rows, dtype=np.int64), [_text((), history=history)])
    return joint(*parts).map(lambda row: _text(row, history=history))


_ONE = np.int64(1)


def _text(row: Iterable[tuple[str, str] | None], *, history: bool) -> str:
    parts = []
    for word, marked in groupby(filter(None, row), key=itemgetter(0)):
        parts.append(f"{word}: {', '.join(name for _, name in marked)}")
    if not history:
        parts.append(NO_HISTORY)
    return "; ".join(parts) or OK
