"""A recipe: everything that is chosen about a head, in one TOML file that an officer can review."""

# ruff: noqa: RUF009 - the parts are frozen, so they may be shared as defaults

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omdrisk.errors import DefinitionError, did_you_mean
from omdrisk.training.capacity import known_metric
from omdrisk.training.parts import (
    Calibrate,
    Features,
    Gate,
    Label,
    LightGBM,
    Prior,
    Provenance,
    Report,
    Rounds,
    Split,
    Tuning,
    Weights,
    frozen,
)
from omdrisk.training.reading import moment, read_part, share, toml_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omdrisk.features import Catalog

_PARTS: dict[str, type[Any]] = {
    "features": Features,
    "label": Label,
    "lightgbm": LightGBM,
    "rounds": Rounds,
    "calibration": Calibrate,
    "split": Split,
    "weights": Weights,
    "history": Prior,
    "gate": Gate,
    "report": Report,
    "tuning": Tuning,
    "provenance": Provenance,
}


@dataclass(frozen=True)
class Recipe:
    """What is chosen about a head.

    Parameters
    ----------
    target
        Name of the target, as in the outcomes: ``drug``, ``wildlife``, or any other.
    monotone
        Whether the directions that the catalog states are kept.
    threads
        Threads of LightGBM. The sums of a histogram depend on how it was divided, so another number may give another
        bundle; up to some ten thousand examined shipments more than one hardly helps.
    features, label, lightgbm, rounds, calibration, split, weights, history, gate, report, tuning, provenance
        The tables of the file; see `omdrisk.training.parts`.

    Examples
    --------
    >>> recipe = Recipe.from_dict({"target": "drug", "features": {"families": ["parties"]}})
    >>> recipe.rounds.metric
    'average_precision'
    >>> Recipe.from_dict(recipe.to_dict()) == recipe
    True
    """

    target: str
    monotone: bool = True
    threads: int = 1
    features: Features = Features()
    label: Label = Label()
    lightgbm: LightGBM = LightGBM()
    rounds: Rounds = Rounds()
    calibration: Calibrate = Calibrate()
    split: Split = Split()
    weights: Weights = Weights()
    history: Prior = Prior()
    gate: Gate = Gate()
    report: Report = Report()
    tuning: Tuning = Tuning()
    provenance: Provenance = Provenance()

    @classmethod
    def read(cls, path: str | Path) -> Recipe:
        """Read a recipe from a TOML file.

        Raises
        ------
        DefinitionError
            If the file is not there, is not TOML, or says something unknown; the message names file and key.
        """
        path = Path(path)
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise DefinitionError(f"{path}: no such recipe. `omdrisk init` writes some to start from.") from None
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise DefinitionError(f"{path}: is not a recipe in TOML: {error}") from error
        return cls.from_dict(values, str(path))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], place: str = "recipe") -> Recipe:
        """Return the recipe that a TOML file or :meth:`to_dict` says.

        Raises
        ------
        DefinitionError
            If a key is unknown, missing or wrong.
        """
        known = [each.name for each in fields(cls)]
        for key in values:
            if key not in known:
                raise DefinitionError(f"{place}: {key!r} is unknown. {did_you_mean(key, known)}")
        parts = {key: read_part(part, values[key], f"{place} [{key}]") for key, part in _PARTS.items() if key in values}
        plain = {key: value for key, value in values.items() if key not in _PARTS}
        if not isinstance(plain.get("target"), str) or not plain["target"]:
            raise DefinitionError(f"{place}: 'target' must name the target, as target = \"drug\"")
        for key, kind, wanted in (("monotone", bool, "true or false"), ("threads", int, "a whole number")):
            if key in plain and type(plain[key]) is not kind:
                raise DefinitionError(f"{place}: {key!r} must be {wanted}, not {plain[key]!r}")
        recipe = cls(**plain, **parts)
        recipe._check(place)
        return recipe

    def _check(self, place: str) -> None:
        for table in ("rounds", "tuning"):
            known_metric(getattr(self, table).metric, f"{place} [{table}]: 'metric'")
        if not (self.features.families or self.features.names):
            raise DefinitionError(f"{place} [features]: give 'families' or 'names'; a head needs features")
        if self.threads < 1:
            raise DefinitionError(f"{place}: 'threads' must be at least 1, not {self.threads}")
        share(self.split.validation, f"{place} [split]: 'validation'")
        for name in ("past_until", "future_from", "future_until"):
            moment(getattr(self.split, name), f"{place} [split]: {name!r}")
        if self.split.past_until and self.split.future_from and self.split.future_from < self.split.past_until:
            raise DefinitionError(f"{place} [split]: 'future_from' lies before 'past_until'")
        for each in self.report.shares:
            share(each, f"{place} [report]: 'shares'")
        self._check_numbers(place)

    def _check_numbers(self, place: str) -> None:
        if not 1 <= self.rounds.fewest <= self.rounds.most:
            raise DefinitionError(f"{place} [rounds]: 'fewest' must be at least 1 and at most 'most'")
        if self.weights.half_life_days is not None and self.weights.half_life_days <= 0:
            raise DefinitionError(f"{place} [weights]: 'half_life_days' must be above 0")
        if any(each < 0 for each in self.weights.half_lives):
            raise DefinitionError(f"{place} [weights]: 'half_lives' must be 0 (no ageing) or more")
        if self.weights.clip < 1:
            raise DefinitionError(f"{place} [weights]: 'clip' must be at least 1")
        if not 0 < self.label.related_weight <= 1:
            raise DefinitionError(f"{place} [label]: 'related_weight' must be above 0 and at most 1")
        if self.calibration.slices < 1 or self.tuning.cuts < 1:
            raise DefinitionError(f"{place}: 'slices' of [calibration] and 'cuts' of [tuning] must be at least 1")
        share(self.tuning.share, f"{place} [tuning]: 'share'")

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe as JSON-able values, from which :meth:`from_dict` makes an equal one."""
        plain = {"target": self.target, "monotone": self.monotone, "threads": self.threads}
        return plain | {name: frozen(getattr(self, name)) for name in _PARTS}

    def to_toml(self) -> str:
        """Return the recipe as TOML that :meth:`read` reads; what equals its default is left out.

        Examples
        --------
        >>> print(Recipe("drug", features=Features(families=("route",))).to_toml())
        target = "drug"
        <BLANKLINE>
        [features]
        families = ["route"]
        <BLANKLINE>
        """
        return toml_of(self, _PARTS)

    def replace(self, **parts: Any) -> Recipe:
        """Return a copy with other parts.

        Examples
        --------
        >>> recipe = Recipe("drug", features=Features(families=("route",)))
        >>> recipe.replace(target="wildlife").target
        'wildlife'
        """
        changed = replace(self, **parts)
        changed._check("recipe")  # noqa: SLF001  (its own class)
        return changed

    def choose(self, catalog: Catalog) -> Catalog:
        """Return the definitions of `catalog` that the recipe names, with its prior for rates.

        Raises
        ------
        DefinitionError
            If a name is neither a family nor a definition, or nothing is left.
        """
        from omdrisk.features import Catalog

        for name in self.features.exclude:
            catalog.only([name])
        wanted = set(catalog.only([*self.features.families, *self.features.names]))
        chosen = [
            definition.name
            for definition in catalog
            if definition in wanted
            and (definition.name in self.features.names or self.target in definition.targets)
            and not {definition.name, definition.family} & set(self.features.exclude)
        ]
        if not chosen:
            raise DefinitionError(
                f"the recipe for {self.target!r} leaves no feature: none of the definitions of "
                f"{', '.join(self.features.families)} has {self.target!r} among its targets"
            )
        catalog = catalog.only(chosen)
        if self.history.prior is None:
            return catalog
        values = catalog.to_dict()
        for definition in values["definitions"]:
            if definition["kind"] == "rate":
                definition["prior"] = self.history.prior
        return Catalog.from_dict(values)
