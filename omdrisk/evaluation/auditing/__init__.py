"""Auditing indicators: what each is worth, what a head loses without it, and signs that it knows too much."""

from __future__ import annotations

from omdrisk.evaluation.auditing.audit import audit_features
from omdrisk.evaluation.auditing.result import FeatureAudit

__all__ = ["FeatureAudit", "audit_features"]
