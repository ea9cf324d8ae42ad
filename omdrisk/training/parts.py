"""The parts of a recipe, each a small table of choices with its defaults, and the reader that checks them."""

from __future__ import annotations

import datetime as dt
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from omdrisk.errors import DefinitionError, did_you_mean

Calibrator = Literal["auto", "platt", "beta", "isotonic"]
Stopping = Literal["average_precision", "auc", "binary_logloss"]
Block = Literal["day", "party"]
Fairness = Literal["warn", "refuse"]


@dataclass(frozen=True)
class Features:
    """Which definitions of the catalog the head may see.

    Parameters
    ----------
    families
        File stems of the catalog; of them, the definitions that serve the target.
    names
        Single definitions, whatever targets they name.
    exclude
        Families or definitions left out again.
    """

    families: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True)
class Label:
    """Which outcomes count as labels.

    Parameters
    ----------
    min_weight
        Outcomes of less weight are left out (an x-ray-only clear weighs 0.3).
    sources
        Sources that are trusted: ``inspection``, ``case``.
    rip_off
        Whether finds of the rip-on/rip-off kind are labels: their parties are innocent, the route is not.
    """

    min_weight: float = 0.0
    sources: tuple[str, ...] = ("inspection", "case")
    rip_off: bool = True


@dataclass(frozen=True)
class Rounds:
    """How many trees.

    Parameters
    ----------
    most
        Upper limit, and the number used where nothing can be stopped early.
    fewest
        Lower limit.
    patience
        Rounds without a better `metric` on the later slice before training stops; 0 never stops early.
    metric
        What the later slice is judged by.
    """

    most: int = 400
    fewest: int = 10
    patience: int = 50
    metric: Stopping = "average_precision"


@dataclass(frozen=True)
class Split:
    """Where time is cut.

    Parameters
    ----------
    validation
        The later slice of the training rows, for early stopping and calibration: a share of the rows (0 to 1).
    past_until, future_from, future_until
        The given past and future of a data set that comes with them, for `holdout`.
    """

    validation: float = 0.2
    past_until: str | None = None
    future_from: str | None = None
    future_until: str | None = None


@dataclass(frozen=True)
class Weights:
    """How much a training row counts.

    Parameters
    ----------
    half_life_days
        Age at which a row counts half; None for no ageing.
    inverse_selection
        Whether a row counts as many as it stands for: one over its `selection_probability`.
    clip
        Most that `inverse_selection` may multiply by.
    """

    half_life_days: float | None = None
    inverse_selection: bool = False
    clip: float = 20.0


@dataclass(frozen=True)
class Gate:
    """What a new head must show before it may replace the one in use.

    Parameters
    ----------
    metric
        Name of the metric, as in the tables of `backtest`: ``average_precision``, ``hit_rate@2%``.
    margin
        The lower end of the interval of its lead may not fall below this: above 0 a least gain, at 0 no loss, below 0
        the loss that is put up with.
    finds
        Fewest finds among the shipments that both are compared on.
    calibration
        What was expected over what was found, or its inverse, may not be shown to lie beyond this; None to not ask.
    coverage
        Least share of the latest shipments that come from administrations and by modes of which the head has learnt.
    sensitive
        Largest share of all contributions that one sensitive feature may hold without a warning.
    fairness
        Whether a warning about fairness is only shown (``warn``) or holds the head back (``refuse``).
    """

    metric: str = "average_precision"
    margin: float = 0.0
    finds: int = 10
    calibration: float | None = 3.0
    coverage: float = 0.9
    sensitive: float = 0.2
    fairness: Fairness = "warn"


@dataclass(frozen=True)
class Report:
    """How results are told.

    Parameters
    ----------
    shares
        Inspection capacities, as shares of all shipments.
    seen_by
        Columns (or entities) whose values together make a token: test rows whose token was seen in training and
        novel ones are reported apart.
    block
        What is drawn together in the bootstrap: the ``day`` of filing or the ``party`` (consignee).
    resamples
        Bootstrap resamples.
    phases
        Whether the data lie in phases of the operation, which the facts of a head then name.
    """

    shares: tuple[float, ...] = (0.01, 0.02, 0.05, 0.1)
    seen_by: tuple[str, ...] = ()
    block: Block = "day"
    resamples: int = 400
    phases: bool = False


@dataclass(frozen=True)
class Prior:
    """How strongly rates lean on the overall rate.

    Parameters
    ----------
    prior
        Number of imagined examinations at the overall rate, in place of what the definitions say; None to leave
        them as they are.
    """

    prior: float | None = None


@dataclass(frozen=True)
class Calibrate:
    """How raw scores become probabilities.

    Parameters
    ----------
    kind
        ``platt``, ``beta``, ``isotonic``, or ``auto`` for the simplest that is as good as any by cross-validated log
        loss.
    """

    kind: Calibrator = "auto"


@dataclass(frozen=True)
class LightGBM:
    """Parameters of LightGBM by its own names; what is not given keeps LightGBM's default."""

    num_leaves: int = 31
    max_depth: int = -1
    learning_rate: float = 0.05
    min_data_in_leaf: int = 20
    min_sum_hessian_in_leaf: float = 1e-3
    lambda_l1: float = 0.0
    lambda_l2: float = 0.0
    min_gain_to_split: float = 0.0
    path_smooth: float = 0.0
    feature_fraction: float = 1.0
    feature_fraction_bynode: float = 1.0
    bagging_fraction: float = 1.0
    bagging_freq: int = 0
    extra_trees: bool = False
    max_bin: int = 255
    min_data_in_bin: int = 3
    cat_smooth: float = 10.0
    cat_l2: float = 10.0
    max_cat_threshold: int = 32
    max_cat_to_onehot: int = 4
    min_data_per_group: int = 100
    scale_pos_weight: float = 1.0

    def chosen(self) -> dict[str, Any]:
        """Return the parameters that differ from LightGBM's defaults."""
        return {
            each.name: getattr(self, each.name) for each in fields(self) if getattr(self, each.name) != each.default
        } | {"learning_rate": self.learning_rate}


def read_part(cls: type[Any], values: object, place: str) -> Any:
    """Return a part from a TOML table, refusing what it does not know.

    Parameters
    ----------
    cls
        One of the dataclasses above.
    values
        The TOML table.
    place
        File and table for the error message.

    Raises
    ------
    DefinitionError
        If a key is unknown, missing or of the wrong type; the message names file, table and key.

    Examples
    --------
    >>> read_part(Rounds, {"most": 100}, "models/drug.toml [rounds]").most
    100
    >>> read_part(Rounds, {"mots": 100}, "models/drug.toml [rounds]")
    Traceback (most recent call last):
    omdrisk.errors.DefinitionError: models/drug.toml [rounds]: 'mots' is unknown. Did you mean 'most'?
    """
    if not isinstance(values, dict):
        raise DefinitionError(f"{place}: must be a table of keys, not {values!r}")
    known: dict[str, Field[Any]] = {each.name: each for each in fields(cls)}
    hints = get_type_hints(cls)
    for key in values:
        if key not in known:
            raise DefinitionError(f"{place}: {key!r} is unknown. {did_you_mean(str(key), known)}")
    for name, each in known.items():
        if name not in values and each.default is MISSING and each.default_factory is MISSING:
            raise DefinitionError(f"{place}: {name!r} is missing")
    return cls(**{key: _value(hints[key], value, f"{place}: {key!r}") for key, value in values.items()})


def _value(hint: Any, value: Any, place: str) -> Any:
    if isinstance(value, dt.date):
        value = value.isoformat()
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise DefinitionError(f"{place} is {value!r}. {did_you_mean(str(value), get_args(hint))}")
        return value
    if get_origin(hint) is tuple:
        if not isinstance(value, (list, tuple)):
            raise DefinitionError(f"{place} must be a list, not {value!r}")
        return tuple(_value(get_args(hint)[0], item, place) for item in value)
    kinds = get_args(hint) or (hint,)
    if value is None and type(None) in kinds:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and float in kinds:
        return float(value)
    plain = tuple(kind for kind in kinds if isinstance(kind, type))
    if isinstance(value, plain) and not (isinstance(value, bool) and bool not in plain):
        return value
    wanted = " or ".join(kind.__name__ for kind in plain if kind is not type(None))
    raise DefinitionError(f"{place} must be {_ARTICLE.get(wanted, wanted)}, not {value!r}")


_ARTICLE = {"str": "a text", "float": "a number", "int": "a whole number", "bool": "true or false"}


def frozen(part: Any) -> dict[str, Any]:
    """Return a part as JSON-able values that `read_part` reads again."""
    values = {each.name: getattr(part, each.name) for each in fields(part)}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}


def share(value: float, place: str, *, low: float = 0.0, high: float = 1.0) -> None:
    """Raise unless `value` lies between `low` and `high`, both excluded."""
    if not low < value < high:
        raise DefinitionError(f"{place} must lie between {low:g} and {high:g}, not {value:g}")


def moment(value: str | None, place: str) -> None:
    """Raise unless `value` is a date or None."""
    if value is None:
        return
    try:
        dt.datetime.fromisoformat(value)
    except ValueError:
        raise DefinitionError(f"{place} must be a date such as 2023-04-15, not {value!r}") from None


__all__ = [
    "Calibrate",
    "Features",
    "Gate",
    "Label",
    "LightGBM",
    "Prior",
    "Report",
    "Rounds",
    "Split",
    "Weights",
    "frozen",
    "moment",
    "read_part",
    "share",
]
