"""How far a score can be leant on: what was missing in a row, and what the model had never seen."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.entities import Fields

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


def split_features(text: str) -> set[int]:
    r"""Return the places of the features that a model in LightGBM's text splits on.

    Examples
    --------
    >>> sorted(split_features("Tree=0\nsplit_feature=4 0 4\nTree=1\nsplit_feature=2\nTree=2\n"))
    [0, 2, 4]
    """
    return {
        int(place)
        for line in text.splitlines()
        if line.startswith("split_feature=")
        for place in line.removeprefix("split_feature=").split()
    }


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
    wanted = set(used)
    everywhere = np.ones(len(fields), dtype=bool)
    expected: dict[str, Flags] = {
        name: everywhere for name in (*_expected()["all"], *sorted(wanted)) if name in wanted and _for_all(name)
    }
    modes = fields.text("transport_mode")
    for code, names in _expected()["modes"].items():
        if code not in modes.texts:
            continue
        here = modes.codes == modes.texts.index(code)
        for name in names:
            if name in wanted and name not in _expected()["all"]:
                expected[name] = expected[name] | here if name in expected else here
    return {name: should & fields.absent(name) for name, should in expected.items()}


def _for_all(name: str) -> bool:
    return name in _expected()["all"] or name.startswith("x_")


def marks(missing: Mapping[str, Flags], unseen: Mapping[str, Flags], rows: int, *, history: bool) -> list[str]:
    """Put the marks of each row into one text, ``ok`` where there is none.

    Examples
    --------
    >>> yes = np.array([True, False])
    >>> marks({"hs_code": yes, "packages": yes}, {"port_of_loading": yes}, 2, history=True)
    ['missing: hs_code, packages; unseen: port_of_loading', 'ok']
    """
    found = [("missing", name, flags) for name, flags in missing.items()]
    found += [("unseen", name, flags) for name, flags in unseen.items()]
    if not found:
        return [OK if history else NO_HISTORY] * rows
    packed = np.packbits(np.column_stack([flags for _, _, flags in found]), axis=1)
    patterns, which = np.unique(packed, axis=0, return_inverse=True)
    on = np.unpackbits(patterns, axis=1, count=len(found)).astype(bool)
    texts = [_pattern([mark[:2] for mark, here in zip(found, row, strict=True) if here], history=history) for row in on]
    return [texts[at] for at in which.ravel().tolist()]


def _pattern(marks: list[tuple[str, str]], *, history: bool) -> str:
    parts = []
    for word in ("missing", "unseen"):
        names = [name for mark, name in marks if mark == word]
        if names:
            parts.append(f"{word}: {', '.join(names)}")
    if not history:
        parts.append(NO_HISTORY)
    return "; ".join(parts) or OK
