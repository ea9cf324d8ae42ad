"""What can be asked of a history: small frozen objects, each with a name derived from what it asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from omdrisk.errors import DefinitionError
from omdrisk.history.one_of_each import OneOfEach

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, eq=False)
class _About(OneOfEach):
    """A question about one key: the entities in `by`, taken together."""

    by: tuple[str, ...]
    word: ClassVar[str] = ""

    def __post_init__(self) -> None:
        if not isinstance(self.by, tuple) or not all(isinstance(name, str) for name in self.by):
            raise DefinitionError(
                f"{type(self).__name__}: by={self.by!r} must be a tuple of entity names, like by=('consignee',)."
            )

    @property
    def name(self) -> str:
        """A name derived from the parameters: key, what is asked, window."""
        return "_".join([*self._parts(), *self._window()])

    def _parts(self) -> list[str]:
        return ["+".join(self.by) or "all", self.word]

    def _window(self) -> list[str]:
        return []


@dataclass(frozen=True, eq=False)
class _Windowed(_About):
    """A question that may be limited to what became known in the last `days` days."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self._days is not None and not self._days > 0:
            raise DefinitionError(
                f"{type(self).__name__}: days={self._days!r} must be above 0, or None for all the past."
            )

    @property
    def _days(self) -> float | None:
        days: float | None = getattr(self, "days", None)
        return days

    def _window(self) -> list[str]:
        return [] if self._days is None else [f"{self._days:g}d"]


@dataclass(frozen=True, eq=False)
class Shipments(_Windowed):
    """How many earlier shipments the key had.

    Examples
    --------
    >>> Shipments(by=("consignee", "hs4"), days=30).name
    'consignee+hs4_shipments_30d'
    """

    days: float | None = None
    word: ClassVar[str] = "shipments"


@dataclass(frozen=True, eq=False)
class SinceFirst(_About):
    """Days since the key's first shipment; missing if it never had one."""

    word: ClassVar[str] = "days_since_first"


@dataclass(frozen=True, eq=False)
class SinceLast(_About):
    """Days since the key's last earlier shipment; missing if it never had one."""

    word: ClassVar[str] = "days_since_last"


@dataclass(frozen=True, eq=False)
class Distinct(_Windowed):
    """How many different values of the entity `of` the key's earlier shipments had.

    Examples
    --------
    >>> Distinct(by=("consignee",), of="shipper", days=90).name
    'consignee_distinct_shipper_90d'
    """

    of: str
    days: float | None = None
    word: ClassVar[str] = "distinct"

    def _parts(self) -> list[str]:
        return [*super()._parts(), self.of]


@dataclass(frozen=True, eq=False)
class _OfTarget(_Windowed):
    """A question about outcomes of one target, standing at the decision time."""

    target: str

    def _parts(self) -> list[str]:
        key, word = super()._parts()
        return [key, self.target, word]


@dataclass(frozen=True, eq=False)
class Finds(_OfTarget):
    """How many finds of `target` stand for the key's shipments.

    A find counts from the moment it was known until it was withdrawn or replaced; with `days`, only finds
    that became known in the window and still stand are counted.

    Examples
    --------
    >>> Finds(by=("shipper",), target="drug").name
    'shipper_drug_finds'
    """

    days: float | None = None
    word: ClassVar[str] = "finds"


@dataclass(frozen=True, eq=False)
class Inspected(_OfTarget):
    """How much of the key was examined for `target`: a find counts 1, a clear shipment its weight."""

    days: float | None = None
    word: ClassVar[str] = "inspected"


@dataclass(frozen=True, eq=False)
class Rate(_OfTarget):
    """The key's find rate, drawn towards the overall rate as if `prior` average inspections had been made.

    ``(finds + prior * base) / (inspected + prior)``, where `base` is finds / inspected over all shipments
    and all the past, at that same moment. Missing while nothing at all has been inspected.

    Examples
    --------
    >>> Rate(by=("shipper",), target="drug", days=365).name
    'shipper_drug_rate_365d'
    """

    days: float | None = None
    prior: float = 20.0
    word: ClassVar[str] = "rate"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.prior >= 0:
            raise DefinitionError(f"Rate: prior={self.prior!r} must be 0 or more inspections.")

    def _window(self) -> list[str]:
        return [*([] if self.prior == type(self).prior else [f"prior{self.prior:g}"]), *super()._window()]


@dataclass(frozen=True, eq=False)
class SinceFind(_About):
    """Days since the key's latest find of `target` that still stands became known; missing if none does."""

    target: str
    word: ClassVar[str] = "days_since"

    def _parts(self) -> list[str]:
        return [*super()._parts(), self.target, "find"]


@dataclass(frozen=True, eq=False)
class _OfValue(_Windowed):
    """A question about a number of the key's earlier shipments; missing and infinite values do not count."""

    value: str

    def _parts(self) -> list[str]:
        key, word = super()._parts()
        return [key, self.value, word]


@dataclass(frozen=True, eq=False)
class Mean(_OfValue):
    """The mean of `value` over the key's earlier shipments, summed exactly; missing if there is none."""

    days: float | None = None
    word: ClassVar[str] = "mean"


@dataclass(frozen=True, eq=False)
class Known(_OfValue):
    """How many of the key's earlier shipments had a `value`."""

    days: float | None = None
    word: ClassVar[str] = "known"


@dataclass(frozen=True, eq=False)
class Quantile(_OfValue):
    """The quantile `q` of `value` over the key's earlier shipments: always a value that occurred.

    Of n values in order, the one at position ``floor(q * (n - 1))``, as ``numpy.quantile(...,
    method="lower")``; missing if there is none.

    Examples
    --------
    >>> Quantile(by=("hs4",), value="value_per_kg", q=0.25).name
    'hs4_value_per_kg_q25'
    """

    q: float
    days: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.q <= 1:
            raise DefinitionError(f"Quantile: q={self.q!r} must be between 0 and 1.")

    def _parts(self) -> list[str]:
        return ["+".join(self.by) or "all", self.value, f"q{100 * self.q:g}"]


@dataclass(frozen=True, eq=False)
class Hops(OneOfEach):
    """How many hops it is from the shipment's own `entities` to one with an earlier find of `target`.

    0 if one of them has such a find itself; 1 if one of them once shared a shipment with an entity that has;
    and so on up to `at_most`; missing if there is none so near. All of it as known at the decision time. An
    entity is a role and who fills it: a consignee and a shipper of one name are two.

    Examples
    --------
    >>> Hops(entities=("consignee", "shipper"), target="drug").name
    'consignee+shipper_drug_hops_2'
    """

    entities: tuple[str, ...]
    target: str
    at_most: int = 2

    def __post_init__(self) -> None:
        names = self.entities
        if not isinstance(names, tuple) or not names or not all(isinstance(name, str) for name in names):
            raise DefinitionError(f"Hops: entities={names!r} must be a tuple of entity names.")
        if self.at_most < 0:
            raise DefinitionError(f"Hops: at_most={self.at_most!r} must be 0 or more.")

    @property
    def by(self) -> tuple[str, ...]:
        """The entities, each on its own."""
        return self.entities

    @property
    def name(self) -> str:
        """A name derived from the parameters."""
        return f"{'+'.join(self.entities)}_{self.target}_hops_{self.at_most}"


@dataclass(frozen=True, eq=False)
class Links(Hops):
    """How many of the shipment's own `entities` are at most `at_most` hops from one with an earlier find of `target`.

    Each entity counts by itself; missing where all of them are.

    Examples
    --------
    >>> Links(entities=("consignee", "shipper"), target="drug", at_most=1).name
    'consignee+shipper_drug_links_1'
    """

    @property
    def name(self) -> str:
        """A name derived from the parameters."""
        return f"{'+'.join(self.entities)}_{self.target}_links_{self.at_most}"


Question: TypeAlias = (
    Shipments
    | SinceFirst
    | SinceLast
    | Distinct
    | Finds
    | Inspected
    | Rate
    | SinceFind
    | Mean
    | Known
    | Quantile
    | Hops
    | Links
)


def needs(questions: Iterable[Question]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the entities and the numbers that a history must keep to answer `questions`.

    Examples
    --------
    >>> needs([Shipments(by=("consignee", "hs4")), Known(by=("hs4",), value="net_weight_kg")])
    (('consignee', 'hs4'), ('net_weight_kg',))
    """
    keys: set[str] = set()
    values: set[str] = set()
    for question in questions:
        keys.update(question.by)
        if isinstance(question, Distinct):
            keys.add(question.of)
        if isinstance(question, Mean | Known | Quantile):
            values.add(question.value)
    return tuple(sorted(keys)), tuple(sorted(values))
