"""The parts of a recipe, each a small table of choices with its defaults."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

Calibrator = Literal["auto", "platt", "beta", "isotonic", "venn-abers"]
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
    related
        Other targets whose finds are learnt from as well, as weak finds: whoever hides one thing looks like whoever
        hides another. They train, and never count as finds where something is measured or calibrated.
    related_weight
        How much of its weight an examined shipment keeps when a related find makes it a weak find.
    """

    min_weight: float = 0.0
    sources: tuple[str, ...] = ("inspection", "case")
    rip_off: bool = True
    related: tuple[str, ...] = ()
    related_weight: float = 0.1


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
        What the later slice is judged by: ``average_precision``, ``auc``, ``binary_logloss``, or the hit rate at a
        capacity, as ``hit_rate@2%``.
    """

    most: int = 400
    fewest: int = 10
    patience: int = 50
    metric: str = "average_precision"


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
    half_lives
        Ages to choose among on the past, each phase forecast from what lay before it; 0 for no ageing. The first of
        them is kept unless another does better by more than one standard error. `half_life_days` holds where these
        are not given.
    inverse_selection
        Whether a row counts as many as it stands for: one over its `selection_probability`.
    clip
        Most that `inverse_selection` may multiply by.
    """

    half_life_days: float | None = None
    half_lives: tuple[float, ...] = ()
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
        ``platt``, ``beta``, ``isotonic``, ``venn-abers``, or ``auto`` for the simplest that is as good as any by
        cross-validated log loss.
    slices
        Most slices of time that are forecast from what lay before them, to fit the calibration on; each is as large
        as the recipe's ``split.validation``.
    clip
        Most that a row stands for where ``weights.inverse_selection`` is set. Where little was examined this decides
        between too many finds expected (low) and an estimate that rests on single rows (high).
    without
        Ways of selecting whose finds say nothing about how often there are any, as tips do not.
    """

    kind: Calibrator = "auto"
    slices: int = 4
    clip: float = 40.0
    without: tuple[str, ...] = ("intelligence",)


Range = tuple[float, ...]
_NO_RANGE = ("metric", "cuts", "share")


@dataclass(frozen=True)
class Tuning:
    """Among what, and by what, `tune` chooses.

    Parameters
    ----------
    metric
        As in `Rounds`, weighted by what a row stands for; the mean over the cuts counts.
    cuts
        Number of later slices of time, each forecast from what lay before it.
    share
        Size of a slice, as a share of the examined shipments.
    rounds, num_leaves, learning_rate, min_data_in_leaf, min_sum_hessian_in_leaf, lambda_l2, feature_fraction,
    bagging_fraction, clip, half_life_days
        Least and greatest value that is tried; a single value, or none, leaves what the recipe says.
    """

    metric: str = "average_precision"
    cuts: int = 4
    share: float = 0.15
    rounds: Range = (60.0, 500.0)
    num_leaves: Range = (4.0, 31.0)
    learning_rate: Range = (0.02, 0.1)
    min_data_in_leaf: Range = (5.0, 100.0)
    min_sum_hessian_in_leaf: Range = (0.05, 5.0)
    lambda_l2: Range = (0.5, 50.0)
    feature_fraction: Range = (0.15, 0.8)
    bagging_fraction: Range = (0.5, 1.0)
    clip: Range = ()
    half_life_days: Range = ()

    def ranges(self) -> dict[str, Range]:
        """Return the ranges that leave something to choose, by name."""
        given = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in _NO_RANGE}
        return {name: ends for name, ends in given.items() if len(ends) == 2 and ends[0] < ends[1]}


@dataclass(frozen=True)
class Provenance:
    """Where a tuned recipe comes from; empty in a recipe that people wrote.

    Parameters
    ----------
    by, as_of, seed, trials
        The tuner with its version, the moment before which everything lay, the seed, and the number of trials.
    metric, before, value
        What was compared, and its mean over the cuts for the recipe as it was given and as it was tuned. The second is
        the best of many: on data that the tuning has not seen it will be lower.
    data
        Digest of the examined shipments, their outcomes and their features.
    """

    by: str = ""
    as_of: str = ""
    seed: int = 0
    trials: int = 0
    metric: str = ""
    before: float = 0.0
    value: float = 0.0
    data: str = ""


def frozen(part: Any) -> dict[str, Any]:
    """Return a part as JSON-able values that `read_part` reads again."""
    values = {each.name: getattr(part, each.name) for each in fields(part)}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}


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
