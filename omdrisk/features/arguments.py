"""What an argument of a kind may be: each reader checks one TOML value and returns it in its frozen form."""

from __future__ import annotations

from dataclasses import MISSING, field
from typing import TYPE_CHECKING, Any

from omdrisk.entities import ENTITIES, NUMBERS, columns_of
from omdrisk.errors import DefinitionError, did_you_mean
from omdrisk.records.schema import table

if TYPE_CHECKING:
    from collections.abc import Callable

#: Columns that are filled only after the decision time: a feature of them would be a leak.
AFTER_FILING = frozenset({"ata"})


def argument(read: Callable[[object], Any], default: Any = MISSING) -> Any:
    """Declare one argument of a kind: a dataclass field with the reader that checks it.

    Examples
    --------
    >>> from dataclasses import dataclass, fields
    >>> @dataclass(frozen=True)
    ... class Example:
    ...     days: float = argument(positive, default=30.0)
    >>> fields(Example)[0].metadata["read"](7)
    7.0
    """
    if default is MISSING:
        return field(metadata={"read": read})
    return field(default=default, metadata={"read": read})


def text(value: object) -> str:
    """Read a non-empty string."""
    if isinstance(value, str) and value:
        return value
    raise DefinitionError(f"must be a text, not {value!r}")


def texts(value: object) -> tuple[str, ...]:
    """Read a non-empty list of different strings.

    Examples
    --------
    >>> texts(["a", "b"])
    ('a', 'b')
    """
    if not isinstance(value, (list, tuple)) or not value or not all(isinstance(v, str) and v for v in value):
        raise DefinitionError(f"must be a list of texts, not {value!r}")
    if len(set(value)) < len(value):
        raise DefinitionError(f"names something twice: {value!r}")
    return tuple(value)


def text_or_texts(value: object) -> tuple[str, ...]:
    """Read a string, or a list of strings.

    Examples
    --------
    >>> text_or_texts("shipper")
    ('shipper',)
    """
    return texts([value]) if isinstance(value, str) else texts(value)


def flag(value: object) -> bool:
    """Read true or false."""
    if isinstance(value, bool):
        return value
    raise DefinitionError(f"must be true or false, not {value!r}")


def positive(value: object) -> float:
    """Read a number above zero."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < float("inf"):
        return float(value)
    raise DefinitionError(f"must be a number above 0, not {value!r}")


def positive_or_none(value: object) -> float | None:
    """Read a number above zero; None where nothing is said."""
    return None if value is None else positive(value)


def whole(value: object) -> int:
    """Read a whole number above zero."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise DefinitionError(f"must be a whole number above 0, not {value!r}")


def one_of(*choices: str) -> Callable[[object], str]:
    """Return a reader of one word out of `choices`.

    Examples
    --------
    >>> one_of("hour", "month")("hours")
    Traceback (most recent call last):
        ...
    omdrisk.errors.DefinitionError: 'hours' is unknown. Did you mean 'hour'?
    """

    def read(value: object) -> str:
        word = text(value)
        if word not in choices:
            raise DefinitionError(f"{word!r} is unknown. {did_you_mean(word, choices)}")
        return word

    return read


def entity_name(value: object) -> str:
    """Read the name of an entity: a party, a part of one, another derived entity, or any column.

    Raises
    ------
    DefinitionError
        If no entity has the name, or its columns are filled only after the decision time.

    Examples
    --------
    >>> entity_name("consigne")
    Traceback (most recent call last):
        ...
    omdrisk.errors.DefinitionError: entity 'consigne' is unknown. Did you mean 'consignee'?
    """
    name = text(value)
    columns = table("shipments").columns
    if name not in ENTITIES and name not in columns and not name.startswith("x_"):
        raise DefinitionError(f"entity {name!r} is unknown. {did_you_mean(name, {*ENTITIES, *columns})}")
    return _known_at_filing(name)


def entity_names(value: object) -> tuple[str, ...]:
    """Read a list of entity names (or one name)."""
    return tuple(entity_name(name) for name in text_or_texts(value))


def number_name(value: object) -> str:
    """Read the name of a number: a numeric column, a number derived from some, or an agency's own column.

    Examples
    --------
    >>> number_name("value_per_kilo")
    Traceback (most recent call last):
        ...
    omdrisk.errors.DefinitionError: number 'value_per_kilo' is unknown. Did you mean 'value_per_kg'?
    """
    name = text(value)
    if name not in NUMBERS and not name.startswith("x_"):
        raise DefinitionError(f"number {name!r} is unknown. {did_you_mean(name, NUMBERS)}")
    return _known_at_filing(name)


def _known_at_filing(name: str) -> str:
    if AFTER_FILING.intersection(columns_of(name)):
        raise DefinitionError(f"{name!r} is known only after filing: it can never be a feature")
    return name


def groups(value: object) -> tuple[tuple[str, ...], ...]:
    """Read a list of lists of entity names, from narrow to wide."""
    if not isinstance(value, (list, tuple)) or not value or not all(isinstance(v, (list, tuple)) for v in value):
        raise DefinitionError(f"must be a list of lists of entity names, from narrow to wide, not {value!r}")
    return tuple(entity_names(group) for group in value)


def column(value: object) -> str:
    """Read the name of a canonical column, or of a column that an agency added (``x_...``).

    Examples
    --------
    >>> column("goods_descriptoin")
    Traceback (most recent call last):
        ...
    omdrisk.errors.DefinitionError: column 'goods_descriptoin' is unknown. Did you mean 'goods_description'?
    """
    name = text(value)
    columns = table("shipments").columns
    if name not in columns and not name.startswith("x_"):
        raise DefinitionError(f"column {name!r} is unknown. {did_you_mean(name, columns)}")
    return _known_at_filing(name)


def columns(value: object) -> tuple[str, ...]:
    """Read a list of column names."""
    return tuple(column(name) for name in text_or_texts(value))


def time_column(value: object) -> str:
    """Read the name of a column that holds times."""
    name = column(value)
    declared = table("shipments").columns
    if name in declared and declared[name].type != "time":
        times = [key for key, entry in declared.items() if entry.type == "time" and key not in AFTER_FILING]
        raise DefinitionError(f"column {name!r} holds no times. {did_you_mean(name, times)}")
    return name
