"""Equal questions are one object: a shipment is asked two hundred, each of them many times a key of a dictionary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

_MADE: dict[tuple[Any, ...], Any] = {}


class _OneOfEach(type):
    if not TYPE_CHECKING:  # a checker takes the arguments of ``__init__``

        def __call__(cls, *arguments: Any, **named: Any) -> Any:
            made = super().__call__(*arguments, **named)
            return _MADE.setdefault((cls, *vars(made).values()), made)


class OneOfEach(metaclass=_OneOfEach):
    """Base of frozen dataclasses without ``__eq__``: what is made of equal values is the same object.

    So they are compared and hashed as objects are, which takes a fiftieth of the time that it takes field by
    field; copies and what comes from another process are that object, too.
    """

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return type(self), tuple(vars(self).values())
