"""Results that the report shows where evaluation offers them: policies, the value of sharing, fairness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from omdrisk.history import History
    from omdrisk.phases.materials import Materials
    from omdrisk.training import Head


def further_results(materials: Materials, heads: Sequence[Head], history: History) -> dict[str, Mapping[str, Any]]:
    """Return results by section and head; a section that nothing can be said in is left out."""
    del materials, heads, history
    return {}
