"""Evaluation: what a head is worth on shipments that it has not seen, with intervals."""

from __future__ import annotations

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

__all__ = [
    "Backtest",
    "Baselines",
    "FeatureAudit",
    "Holdout",
    "Ranking",
    "Rule",
    "Selection",
    "audit_features",
    "backtest",
    "baselines",
    "blocks_of",
    "draws",
    "evaluate",
    "examined",
    "holdout",
    "interval",
    "lead",
    "metric_names",
    "read_rules",
    "reliability",
    "rule_score",
    "selection",
]
