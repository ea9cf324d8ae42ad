"""The parameters of the world: `world.toml`, a level of difficulty, and the caller's own changes, in that order."""

from __future__ import annotations

import copy
import tomllib
from functools import cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omdrisk.errors import DefinitionError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

REPLACED = frozenset(
    {"modes", "directions", "languages", "hs_digits", "currencies", "links", "drugs", "precursors", "methods"}
)
"""Tables that are taken as a whole, because their keys are the caller's to choose."""

ANSWERS = ("corridors", "moves")
"""What a network that leaves its corridor may take."""


@cache
def _file() -> str:
    return resources.files("omdrisk.simulation").joinpath("world.toml").read_text(encoding="utf-8")


def levels() -> tuple[str, ...]:
    """Names of the levels of difficulty.

    Examples
    --------
    >>> levels()
    ('default', 'easy', 'hard')
    """
    return tuple(sorted(tomllib.loads(_file())["levels"]))


def read_parameters(changes: str | Path | Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the parameters of the world as nested dictionaries.

    Parameters
    ----------
    changes
        None for the default world; the name of a level (``"easy"``, ``"default"``, ``"hard"``); the path of a TOML
        file; or a mapping. File and mapping hold only what differs, in the form of ``world.toml``; their key ``level``
        starts from a level. Lists (phases, corridors, species) and tables of shares are replaced as a whole.

    Raises
    ------
    DefinitionError
        A level, key or file that does not exist, or a value of another type than the one it replaces.

    Examples
    --------
    >>> read_parameters({"level": "hard", "totals": {"drug": 0.004}})["totals"]["drug"]
    0.004
    >>> read_parameters({"totals": {"drugs": 0.004}})
    Traceback (most recent call last):
    ...
    omdrisk.errors.DefinitionError: parameters: 'drugs' is unknown in [totals]. Did you mean 'drug'?
    """
    parameters = tomllib.loads(_file())
    known = parameters.pop("levels")
    level, own, where = _changes(changes, known)
    if level not in known:
        raise DefinitionError(f"{where}: level {level!r} is unknown. {did_you_mean(level, known)}")
    _merge(parameters, known[level], f"world.toml [levels.{level}]", "")
    _merge(parameters, own, where, "")
    _check(parameters, where)
    return parameters


def _changes(
    changes: str | Path | Mapping[str, Any] | None, known: Mapping[str, Any]
) -> tuple[str, dict[str, Any], str]:
    if changes is None:
        return "default", {}, "parameters"
    if isinstance(changes, str) and (changes in known or not changes.endswith(".toml")):
        return changes, {}, "parameters"
    if isinstance(changes, str | Path):
        path = Path(changes)
        try:
            own = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise DefinitionError(f"{path}: no such file; name a TOML file or one of {', '.join(known)}.") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise DefinitionError(f"{path}: not a TOML file ({error}).") from None
        return str(own.pop("level", "default")), own, str(path)
    own = copy.deepcopy(dict(changes))
    return str(own.pop("level", "default")), own, "parameters"


def _merge(base: dict[str, Any], changes: Mapping[str, Any], where: str, place: str) -> None:
    for key, value in changes.items():
        if key not in base:
            inside = f"[{place}]" if place else "the world"
            raise DefinitionError(f"{where}: {key!r} is unknown in {inside}. {did_you_mean(key, base)}")
        old = base[key]
        number = isinstance(old, int | float) and isinstance(value, int | float)
        if not number and type(old) is not type(value) and not (isinstance(old, dict) and hasattr(value, "items")):
            name = f"{place}.{key}" if place else key
            raise DefinitionError(f"{where}: {name} must be a {type(old).__name__}, not {value!r}.")
        if isinstance(old, dict) and key not in REPLACED:
            _merge(old, value, where, f"{place}.{key}" if place else key)
        else:
            base[key] = copy.deepcopy(value)


def _check(parameters: Mapping[str, Any], where: str) -> None:
    phases = parameters["phases"]
    if not phases:
        raise DefinitionError(f"{where}: a world needs at least one phase.")
    for before, after in pairwise(phases):
        if before["end"] >= after["start"]:
            raise DefinitionError(f"{where}: phase {after['name']} starts before phase {before['name']} has ended.")
    if sum(phase["share"] for phase in phases) > 1:
        raise DefinitionError(f"{where}: the shares of the phases add up to more than 1.")
    answers = parameters["adaptation"]["answers"]
    if answers not in ANSWERS:
        raise DefinitionError(f"{where}: adaptation.answers {answers!r} is unknown. {did_you_mean(answers, ANSWERS)}")
    names = [phase["name"] for phase in phases]
    for code, administration in parameters["administrations"].items():
        if administration["joined"] not in names:
            raise DefinitionError(
                f"{where}: administrations.{code}.joined names phase {administration['joined']!r}. "
                f"{did_you_mean(administration['joined'], names)}"
            )
