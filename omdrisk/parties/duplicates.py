"""Traders that may be one under several names, in a large table: probabilities for a person, and never a merge.

The model is that of Fellegi and Sunter (1969) as splink reckons it. How often a field agrees by chance is estimated
from random pairs of the table itself; how often it agrees in two rows of one trader is set by hand, for estimating it
too (by expectation maximisation) gave other answers from sample to sample, and none where a field was seldom filled.
"""

from __future__ import annotations

import logging
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from omdrisk.errors import InputError
from omdrisk.parties.addresses import address_keys, phone_keys
from omdrisk.parties.names import latin_form, latin_together
from omdrisk.parties.near import generic_words
from omdrisk.parties.numbers import UNKNOWN_COUNTRY, official_numbers
from omdrisk.parties.uniques import by_unique

if TYPE_CHECKING:
    from collections.abc import Iterator

FIELDS: Final = ("name", "country", "tax_id", "address", "phone")
"""Columns of a table of traders; all but the name may be missing."""
FEWEST: Final = 100
"""Fewest traders from which the model can be estimated."""
_RANDOM_PAIRS: Final = 1e6
_BLOCKS: Final = ("rare", "start", "number", "phone", "address")
_TOLD: Final = ("name", "number", "address", "phone")
_START: Final = 5
_RECALL: Final = 0.7
"""Share of true pairs that agree on name, number or telephone exactly: a judgement."""
_SAME_TRADER: Final[dict[str, list[float]]] = {
    "name": [0.6, 0.15, 0.12, 0.08, 0.05],
    "number": [0.95, 0.05],
    "address": [0.6, 0.15, 0.15, 0.1],
    "phone": [0.8, 0.2],
}
"""How often the fields of two rows of one trader agree, from exactly to hardly: a judgement."""


@dataclass(frozen=True)
class Duplicates:
    """Traders that may be one.

    Attributes
    ----------
    pairs
        ``left`` and ``right`` (labels of the index), ``left_name``, ``right_name``, ``country``, ``probability``
        (0 to 1) and ``evidence``; the surest first.
    groups
        ``group`` (a number), ``row`` (label of the index) and ``name``: pairs joined where they share a trader. A group
        is a list to look through, not a trader: two of its rows may be joined by a third alone.
    """

    pairs: pd.DataFrame
    groups: pd.DataFrame


def _prepared(parties: pd.DataFrame) -> pd.DataFrame:
    def column(name: str) -> pd.Series:
        missing = pd.Series(np.nan, index=parties.index, dtype="str")
        return parties[name].astype("str") if name in parties.columns else missing

    names, countries = column("name"), column("country").fillna(UNKNOWN_COUNTRY)
    forms = by_unique(names, latin_form)
    told = pd.DataFrame(
        {
            "unique_id": np.arange(len(parties)),
            "name": forms.to_numpy(),
            "country": countries.to_numpy(),
            "number": official_numbers(column("tax_id"), countries).to_numpy(),
            "address": address_keys(column("address")).to_numpy(),
            "phone": phone_keys(column("phone")).to_numpy(),
            "start": by_unique(names, latin_together).str[:_START].to_numpy(),
        }
    )
    words = Counter(word for form in forms.dropna().tolist() for word in set(form.split()))
    generic = generic_words()

    def rare(form: str) -> str:
        own = [word for word in form.split() if word not in generic] or form.split()
        return min(own, key=lambda word: (words[word], word), default="")

    told["rare"] = by_unique(forms, rare).to_numpy()
    return told[told["name"].notna()].reset_index(drop=True)


def _settings() -> Any:
    import splink.comparison_library as compare
    from splink import SettingsCreator, block_on

    def judged(comparison: Any, name: str, *, common: bool = False) -> Any:
        if common:
            return comparison.configure(m_probabilities=_SAME_TRADER[name], term_frequency_adjustments=True)
        return comparison.configure(m_probabilities=_SAME_TRADER[name])

    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            judged(compare.JaroWinklerAtThresholds("name", [0.95, 0.88, 0.8]), "name", common=True),
            judged(compare.ExactMatch("number"), "number"),
            judged(compare.JaroWinklerAtThresholds("address", [0.95, 0.85]), "address"),
            judged(compare.ExactMatch("phone"), "phone"),
        ],
        blocking_rules_to_generate_predictions=[block_on("country", name) for name in _BLOCKS],
        retain_intermediate_calculation_columns=False,
        retain_matching_columns=False,
    )


def _estimated(linker: Any, table: pd.DataFrame, seed: int) -> None:
    from splink import block_on

    filled = [name for name in ("number", "phone") if table[name].notna().any()]
    # two rows of one name in one country are nearly always one trader
    sure = [block_on("country", name) for name in ("name", *filled)]
    linker.training.estimate_probability_two_random_records_match(sure, recall=_RECALL)
    linker.training.estimate_u_using_random_sampling(max_pairs=_RANDOM_PAIRS, seed=seed)


def _evidence(left: dict[Any, Any], right: dict[Any, Any]) -> str:
    said = []
    for name in _TOLD:
        one, other = left[name], right[name]
        if isinstance(one, str) and isinstance(other, str):
            said.append(f"{'same' if one == other else 'other'} {name}")
    return ", ".join(said)


def find_duplicates(parties: pd.DataFrame, *, at_least: float = 0.9, seed: int = 0) -> Duplicates:
    """Return pairs of traders that may be one, with their probability. Nothing is merged.

    Parameters
    ----------
    parties
        One row for each trader as written: ``name`` and, as far as they are known, ``country``, ``tax_id``,
        ``address``, ``phone`` (texts). At least `FEWEST` rows, or nothing can be estimated. Only rows of one country
        are compared, and of these such as share an uncommon word, the beginning of the name, the number, the
        telephone or the address.
    at_least
        Least probability, 0 to 1.
    seed
        Seed of the random pairs; the same rows and seed give the same answer.

    Raises
    ------
    InputError
        If splink is not installed, the names are missing, or there are too few rows.

    Notes
    -----
    Fellegi, I. and Sunter, A. (1969), A Theory for Record Linkage, JASA 64; Linacre, R. and others (2022), Splink: free
    software for probabilistic record linkage at scale.
    """
    if "name" not in parties.columns:
        raise InputError(f"the table of traders has no column 'name'; it may have {', '.join(FIELDS)}.")
    if not 0 <= at_least <= 1:
        raise InputError(f"at_least = {at_least} is no probability; it lies between 0 and 1.")
    table = _prepared(parties)
    if len(table) < FEWEST:
        raise InputError(
            f"{len(table)} named traders are too few to estimate a model from; it needs {FEWEST}. "
            "near_matches compares names without one."
        )
    pairs = _predicted(table, at_least, seed)
    rows = table.set_index("unique_id").to_dict("index")
    names, labels = parties["name"].to_numpy(), parties.index
    told = [
        {
            "left": labels[one],
            "right": labels[other],
            "left_name": names[one],
            "right_name": names[other],
            "country": rows[one]["country"],
            "probability": round(probability, 4),
            "evidence": _evidence(rows[one], rows[other]),
        }
        for one, other, probability in pairs
    ]
    made = pd.DataFrame(
        told, columns=["left", "right", "left_name", "right_name", "country", "probability", "evidence"]
    )
    grouped = [
        {"group": number, "row": labels[place], "name": names[place]}
        for number, places in enumerate(_joined(pairs))
        for place in places
    ]
    return Duplicates(made, pd.DataFrame(grouped, columns=["group", "row", "name"]))


def _predicted(table: pd.DataFrame, at_least: float, seed: int) -> list[tuple[int, int, float]]:
    try:
        import duckdb
        import pyarrow as pa
        from splink import DuckDBAPI, Linker
    except ImportError as error:
        raise InputError(
            "splink is not installed, which looks for duplicates in large tables. Install it with "
            "`pip install omdrisk[link]`; near matches of a few thousand names need only omdrisk.parties.near_matches."
        ) from error
    connection = duckdb.connect(":memory:")
    try:
        # several threads would draw other pairs from run to run
        connection.execute("SET threads TO 1")
        connection.execute("SET enable_progress_bar = false")
        database = DuckDBAPI(connection)
        linker: Any = Linker(database.register(pa.Table.from_pandas(table)), _settings(), log_level=logging.ERROR)
        _estimated(linker, table, seed)
        found = linker.inference.predict(threshold_match_probability=at_least).as_pandas_dataframe()
    finally:
        connection.close()
    ends = found[["unique_id_l", "unique_id_r"]].to_numpy(dtype=np.int64)
    told = [
        (int(min(pair)), int(max(pair)), float(probability))
        for pair, probability in zip(ends.tolist(), found["match_probability"].tolist(), strict=True)
        if math.isfinite(probability)
    ]
    return sorted(told, key=lambda pair: (-round(pair[2], 4), pair[0], pair[1]))


def _joined(pairs: list[tuple[int, int, float]]) -> Iterator[list[int]]:
    first: dict[int, int] = {}

    def root(place: int) -> int:
        while first.setdefault(place, place) != place:
            place = first[place]
        return place

    for one, other, _ in pairs:
        low, high = sorted((root(one), root(other)))
        first[high] = low
    groups: dict[int, list[int]] = {}
    for place in sorted(first):
        groups.setdefault(root(place), []).append(place)
    yield from groups.values()
