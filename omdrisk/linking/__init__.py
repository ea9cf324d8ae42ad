"""Cases and inspections joined to shipments: what was found in each, and when that was known."""

from __future__ import annotations

from omdrisk.linking.inspections import USUAL_TARGETS
from omdrisk.linking.joining import LinkResult, link, link_records
from omdrisk.linking.log import OUTCOME_COLUMNS, outcomes_as_of

__all__ = ["OUTCOME_COLUMNS", "USUAL_TARGETS", "LinkResult", "link", "link_records", "outcomes_as_of"]
