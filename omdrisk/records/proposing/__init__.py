"""A map proposed for a file that no format knows."""

from __future__ import annotations

from omdrisk.records.proposing.guess import Proposal, propose_map

__all__ = ["Proposal", "propose_map"]
