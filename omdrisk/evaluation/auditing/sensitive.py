"""Indicators that speak of countries: a record of where people looked as much as of where contraband came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from omdrisk.features import Catalog

#: Above this share of all that moves a head's scores one country indicator needs a decision.
MUCH = 0.1
COUNTRIES = frozenset({"origin", "loading_country", "discharge_country", "lane"})
RATING = frozenset({"rate", "finds", "days_since_find", "category"})
MARKED, LEANING, UNMARKED = "sensitive", "leans on a country", "not marked sensitive"
#: Flags that are no leaks.
NO_LEAK = (MARKED, LEANING, UNMARKED)


def sensitive_features(catalog: Catalog, shap_share: pd.Series) -> Iterator[tuple[str, str, str]]:
    """Yield feature, flag and what was seen, for definitions that speak of countries."""
    for definition in catalog:
        share = float(shap_share[definition.name])
        if definition.sensitive:
            yield definition.name, MARKED, f"speaks of countries, and makes {share:.1%} of what moves the score"
            if share > MUCH:
                yield (
                    definition.name,
                    LEANING,
                    f"more than {MUCH:.0%} of what moves the score: decide on it, and measure without",
                )
        elif definition.kind.word in RATING and any(_is_country(name) for name in definition.kind.inputs):
            yield definition.name, UNMARKED, "rates a country and is not marked as sensitive in its definition"


def _is_country(name: str) -> bool:
    return name in COUNTRIES or name.endswith("_country") or name.startswith("country_of_")
