"""Evaluation: what a head is worth on shipments that it has not seen, with intervals."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from omdrisk.evaluation.auditing import FeatureAudit, audit_features
from omdrisk.evaluation.baselines import Baselines, baselines
from omdrisk.evaluation.examinations import examined
from omdrisk.evaluation.forward import Backtest, backtest
from omdrisk.evaluation.given import Holdout, holdout
from omdrisk.evaluation.intervals import blocks_of, draws, evaluate, interval, lead
from omdrisk.evaluation.metrics import Ranking, metric_names
from omdrisk.evaluation.reliability import reliability
from omdrisk.evaluation.rules import Rule, read_rules, rule_score
from omdrisk.evaluation.selection import Selection, selection

if TYPE_CHECKING:
    from omdrisk.evaluation.fairness_rates import Fairness, fairness, without_countries
    from omdrisk.evaluation.policies_choices import Policy, policy_of
    from omdrisk.evaluation.policies_result import Policies, policies
    from omdrisk.evaluation.sharing_result import Sharing, sharing

_HOMES = {
    "Fairness": "fairness_rates",
    "Policies": "policies_result",
    "Policy": "policies_choices",
    "Sharing": "sharing_result",
    "fairness": "fairness_rates",
    "policies": "policies_result",
    "policy_of": "policies_choices",
    "sharing": "sharing_result",
    "without_countries": "fairness_rates",
}

__all__ = [
    "Backtest",
    "Baselines",
    "Fairness",
    "FeatureAudit",
    "Holdout",
    "Policies",
    "Policy",
    "Ranking",
    "Rule",
    "Selection",
    "Sharing",
    "audit_features",
    "backtest",
    "baselines",
    "blocks_of",
    "draws",
    "evaluate",
    "examined",
    "fairness",
    "holdout",
    "interval",
    "lead",
    "metric_names",
    "policies",
    "policy_of",
    "read_rules",
    "reliability",
    "rule_score",
    "selection",
    "sharing",
    "without_countries",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'omdrisk.evaluation' has no attribute {name!r}")
    value = getattr(import_module(f"omdrisk.evaluation.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
