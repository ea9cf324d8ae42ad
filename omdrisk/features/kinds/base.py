"""What every kind is: a frozen sentence that says what it needs and computes one number per shipment."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import MISSING, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

from omdrisk.entities import columns_of
from omdrisk.errors import DefinitionError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from omdrisk.features.tables import Tables
    from omdrisk.features.view import View
    from omdrisk.history.questions import Question


class Kind(ABC):
    """A kind of feature: a frozen dataclass whose fields are declared with `arguments.argument`.

    `word` is what a definition writes after ``kind =``. A kind computes from the shipment itself, from tables
    of facts and from what the history knew before the shipment was filed, and from nothing else. Missing
    inputs make a missing value, never a false zero.
    """

    word: ClassVar[str]
    #: The values are codes of a category, which LightGBM must not order.
    categorical: ClassVar[bool] = False
    #: The kind learns from the training shipments (`learn`) before it computes.
    learns: ClassVar[bool] = False
    #: The kind can say which norm a value departs from (`norms`).
    has_norm: ClassVar[bool] = False

    @property
    @abstractmethod
    def inputs(self) -> tuple[str, ...]:
        """Names of the columns, entities and numbers that it looks at."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the shipments' columns that it looks at."""
        return tuple(dict.fromkeys(column for name in self.inputs for column in columns_of(name)))

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables of facts that it looks up."""
        return ()

    @property
    def learns_from(self) -> tuple[str, ...]:
        """Names of the entities that the history must hold for it to learn, besides those of its questions."""
        return ()

    def questions(self) -> tuple[Question, ...]:
        """Return the questions that it asks the history."""
        return ()

    @cached_property
    def asked(self) -> tuple[Question, ...]:
        """What `questions` returns, made once."""
        return self.questions()

    @abstractmethod
    def compute(self, view: View) -> NDArray[np.float64]:
        """Return one float64 per shipment, NaN where it cannot be known."""

    def shown(self, view: View) -> NDArray[np.float64] | None:
        """Return the values that a reason states, or None where those are the feature's."""
        del view
        return None

    def norms(self, view: View) -> NDArray[np.float64] | None:
        """Return the norm that each shown value departs from, in its unit, or None where there is no norm."""
        del view
        return None

    def check(self, tables: Tables) -> None:  # noqa: B027 - most kinds have nothing to add
        """Raise DefinitionError if the arguments do not fit together or do not fit the tables."""

    def learn(self, view: View) -> Any:
        """Return what `compute` needs from the training shipments, as JSON-able values."""
        del view
        return None

    def arguments(self) -> dict[str, Any]:
        """Return the arguments as a definition writes them, without those that keep their default.

        Examples
        --------
        >>> from omdrisk.features.kinds import kinds
        >>> kinds()["count"].read({"by": ["consignee"], "days": 30}).arguments()
        {'by': ['consignee'], 'days': 30.0}
        """
        pairs = ((entry, getattr(self, entry.name)) for entry in fields(self))  # type: ignore[arg-type]
        return {entry.name: _plain(value) for entry, value in pairs if value != entry.default}

    @classmethod
    def read(cls, arguments: Mapping[str, Any]) -> Self:
        """Return the kind with `arguments` as a definition writes them.

        Raises
        ------
        DefinitionError
            If an argument is unknown, missing or wrong.

        Examples
        --------
        >>> from omdrisk.features.kinds import kinds
        >>> kinds()["count"].read({"bye": ["consignee"]})
        Traceback (most recent call last):
            ...
        omdrisk.errors.DefinitionError: argument 'bye' is unknown for kind 'count'. Did you mean 'by'?
        """
        declared = {entry.name: entry for entry in fields(cls)}  # type: ignore[arg-type]
        for name in arguments:
            if name not in declared:
                raise DefinitionError(
                    f"argument {name!r} is unknown for kind {cls.word!r}. {did_you_mean(name, declared)}"
                )
        values = {}
        for name, entry in declared.items():
            if name in arguments:
                try:
                    values[name] = entry.metadata["read"](arguments[name])
                except DefinitionError as error:
                    raise DefinitionError(f"{name}: {error}") from None
            elif entry.default is MISSING:
                raise DefinitionError(f"argument {name!r} is missing: kind {cls.word!r} needs it")
        return cls(**values)


def _plain(value: Any) -> Any:
    return [_plain(part) for part in value] if isinstance(value, tuple) else value
