"""What a phase report is made of: plain values, tables and results, in no language yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd


class Result(Protocol):
    """Anything that evaluation found: a table for people, and a picture."""

    @property
    def table(self) -> pd.DataFrame:
        """The figures."""

    def plot(self) -> Any:
        """Draw the figures, and return the axes."""


@dataclass(frozen=True)
class PhaseHead:
    """What there is to say of one head; every part but the target may be empty.

    Parameters
    ----------
    target
        The target.
    facts
        Facts of the challenger, see `omdrisk.Head`.
    metric
        The metric that the gate asks, by which the head is judged in short.
    metrics
        By phase: ``phase`` (``all`` for the phases together), ``scorer``, ``metric``, ``value``, ``low``, ``high``,
        ``rows``, ``found``.
    places
        By phase and administration: ``phase``, ``administration``, and the same.
    few
        Administrations with too few finds for figures.
    calibration
        As `omdrisk.evaluation.reliability` writes it.
    leads
        ``phase``, ``metric``, ``value``, ``low``, ``high``, ``rows``, ``found``.
    against
        ``champion``, ``rules`` or ``nothing``.
    checks
        Answers of the gate: ``name``, ``passed``, ``binding``, ``figures``.
    shap, features
        Contributions and values of recent shipments, one column per feature.
    labels
        Language -> feature -> what it is called.
    trials
        The best tuning trials.
    promoted
        ``by``, ``approved_by``, ``why``, ``at`` and ``failed`` of its promotion; empty where it was not.
    forced
        Whether the head in use was promoted against the gate.
    """

    target: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    metric: str = "hit_rate@2%"
    metrics: pd.DataFrame | None = None
    places: pd.DataFrame | None = None
    few: Sequence[str] = ()
    calibration: pd.DataFrame | None = None
    leads: pd.DataFrame | None = None
    against: str = "nothing"
    checks: Sequence[Mapping[str, Any]] = ()
    shap: pd.DataFrame | None = None
    features: pd.DataFrame | None = None
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    trials: pd.DataFrame | None = None
    promoted: Mapping[str, Any] = field(default_factory=dict)
    forced: bool = False

    @property
    def passed(self) -> bool:
        """Whether the gate lets the head through."""
        return all(check["passed"] for check in self.checks if check["binding"])


@dataclass(frozen=True)
class PhaseContent:
    """What a phase report says.

    Parameters
    ----------
    phase, start, end
        Name, first and last day.
    facts
        Short facts by their key among the words: ``opened``, ``trained``, ``in_use``, ...
    heads
        The heads.
    tables
        ``table``, ``file``, ``lines``, ``columns``, ``digest``.
    examined_by_phase, examined_by_place
        What was learnt from.
    drift
        What `omdrisk.monitoring.weekly` found; None if nothing came in yet.
    policies, sharing, fairness
        Further results, by the name of what they are about (a head, or empty).
    journal
        Lines of the journal: ``at``, ``deed``, ``head``, ``who``, ``why``.
    seal
        The last seal of the journal.
    simulated
        Whether the world is a simulated one.
    gaps
        Open questions of the model card.
    """

    phase: str
    start: str
    end: str
    facts: Mapping[str, str] = field(default_factory=dict)
    heads: Sequence[PhaseHead] = ()
    tables: pd.DataFrame | None = None
    examined_by_phase: pd.DataFrame | None = None
    examined_by_place: pd.DataFrame | None = None
    drift: Any = None
    policies: Mapping[str, Result] = field(default_factory=dict)
    sharing: Mapping[str, Result] = field(default_factory=dict)
    fairness: Mapping[str, Result] = field(default_factory=dict)
    journal: pd.DataFrame | None = None
    seal: str = ""
    simulated: bool = False
    gaps: int = 0
