"""The officers' rule score: points for each rule that holds, the baseline that a head has to beat."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from omdrisk.errors import DefinitionError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt
    import pandas as pd

    Floats = npt.NDArray[np.float64]

TESTS = ("above", "below", "equals", "missing")


@dataclass(frozen=True)
class Rule:
    """Points for a feature that lies above, below or at a value, or has none.

    Examples
    --------
    >>> import pandas as pd
    >>> Rule("consignee_first_seen", points=2, below=90).holds(pd.Series([3.0, 400.0, np.nan])).tolist()
    [True, False, False]
    """

    feature: str
    points: float
    above: float | None = None
    below: float | None = None
    equals: float | None = None
    missing: bool | None = None
    targets: tuple[str, ...] = ()
    why: str = ""

    def holds(self, values: pd.Series) -> npt.NDArray[np.bool_]:
        """Tell for each shipment whether the rule holds; a missing value is neither above nor below."""
        held = np.ones(len(values), dtype=bool)
        numbers = values.to_numpy(dtype=np.float64)
        with np.errstate(invalid="ignore"):
            if self.above is not None:
                held &= numbers > self.above
            if self.below is not None:
                held &= numbers < self.below
            if self.equals is not None:
                held &= numbers == self.equals
        if self.missing is not None:
            held &= np.isnan(numbers) == self.missing
        return held


def read_rules(target: str | None = None, path: str | Path | None = None) -> tuple[Rule, ...]:
    """Read rules from a TOML file.

    Parameters
    ----------
    target
        Only the rules for this target; None for all.
    path
        The file; None for the shipped ``models/rules.toml``.

    Raises
    ------
    DefinitionError
        If the file is not there, or a rule lacks feature, points or a test, or says something unknown.

    Examples
    --------
    >>> {target for rule in read_rules("drug") for target in rule.targets} >= {"drug"}
    True
    """
    if path is None:
        from omdrisk.resources import definitions

        path = definitions("models") / "rules.toml"
    try:
        entries = tomllib.loads(Path(path).read_text(encoding="utf-8")).get("rule", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DefinitionError(f"{path}: cannot be read as rules: {error}") from error
    rules = tuple(_rule(entry, f"{path}: rule {number}") for number, entry in enumerate(entries, start=1))
    return tuple(rule for rule in rules if target is None or not rule.targets or target in rule.targets)


def _rule(entry: dict[str, Any], place: str) -> Rule:
    known = [each.name for each in fields(Rule)]
    for key in entry:
        if key not in known:
            raise DefinitionError(f"{place}: {key!r} is unknown. {did_you_mean(key, known)}")
    for key in ("feature", "points"):
        if key not in entry:
            raise DefinitionError(f"{place}: {key!r} is missing")
    if not any(test in entry for test in TESTS):
        raise DefinitionError(f"{place}: give one of {', '.join(TESTS)}")
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    return Rule(**values)


def rule_score(features: pd.DataFrame, rules: Iterable[Rule]) -> Floats:
    """Return the points of each shipment, shape (rows,).

    Raises
    ------
    DefinitionError
        If a rule speaks of a feature that is not there.

    Examples
    --------
    >>> import pandas as pd
    >>> features = pd.DataFrame({"detour": [2.0, 1.0], "vague_description": [0.9, 0.8]})
    >>> rule_score(features, [Rule("detour", 2, above=1.5), Rule("vague_description", 1, above=0.5)]).tolist()
    [3.0, 1.0]
    """
    total = np.zeros(len(features))
    for rule in rules:
        if rule.feature not in features.columns:
            raise DefinitionError(
                f"a rule speaks of the feature {rule.feature!r}, which is not there. "
                f"{did_you_mean(rule.feature, [str(name) for name in features.columns])}"
            )
        total += rule.points * rule.holds(features[rule.feature])
    return cast("Floats", total)
