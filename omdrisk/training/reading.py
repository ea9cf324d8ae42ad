"""Tables of TOML read into frozen dataclasses, refusing what these do not know."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import MISSING, Field, fields
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from omdrisk.errors import DefinitionError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def read_part(cls: type[Any], values: object, place: str) -> Any:
    """Return a part from a TOML table, refusing what it does not know.

    Parameters
    ----------
    cls
        One of the dataclasses of `omdrisk.training.parts`.
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
    >>> from omdrisk.training.parts import Rounds
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


def toml_of(recipe: Any, parts: Mapping[str, type[Any]]) -> str:
    """Return a recipe as TOML: what is said by itself, then a table for each part, all without what is default."""
    lines = [f"{each.name} = {json.dumps(getattr(recipe, each.name))}" for each in _said(recipe, parts)]
    for name in parts:
        part = getattr(recipe, name)
        said = [f"{each.name} = {json.dumps(getattr(part, each.name), ensure_ascii=False)}" for each in _said(part)]
        lines += ["", f"[{name}]", *said] if said else []
    return "\n".join(lines) + "\n"


def _said(part: Any, without: Iterable[str] = ()) -> list[Field[Any]]:
    given = [each for each in fields(part) if each.name not in without]
    return [each for each in given if getattr(part, each.name) not in (each.default, None)]
