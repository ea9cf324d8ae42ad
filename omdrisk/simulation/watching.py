"""What networks see of a policy of inspection: which lanes and goods it selects, and which it leaves alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from omdrisk.simulation.facts import MAIL, MODES
from omdrisk.simulation.rows import IMPORT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from numpy.typing import NDArray

    from omdrisk.simulation.facts import Facts
    from omdrisk.simulation.rows import Rows

    Floats = NDArray[np.float64]

PRIOR = 20.0
"""Shipments that weigh as much as what is usual everywhere: a lane is not quiet because one shipment passed."""
COVERS = 3
LIGHT_KG = 40
SEEN, SELECTED = range(2)


@dataclass
class Watch:
    """How often imports of each lane, and of each kind of goods, were selected lately.

    A lane is an administration, a mode and a country of loading. What is long ago counts less, week by week.

    Parameters
    ----------
    facts, parameters
        Of the world; ``[adaptation]`` says how fast is forgotten and how much of trade counts as quiet.
    """

    facts: Facts
    parameters: Mapping[str, Any]
    _lanes: Floats = field(init=False, repr=False)
    _goods: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        cells = (2, len(self.parameters["administrations"]), len(MODES))
        self._lanes = np.zeros((*cells, len(self.facts.countries)))
        self._goods = np.zeros((*cells, len(self.facts.goods.name)))

    def see(self, rows: Rows, selected: NDArray[np.bool_]) -> None:
        """See a week of shipments, and which of them were selected."""
        imports = rows["direction"] == IMPORT
        where = rows["administration"][imports], rows["mode"][imports]
        country = self.facts.places.country[rows["loading"]][imports]
        self._lanes *= self.parameters["adaptation"]["watch_forgets"]
        self._goods *= self.parameters["adaptation"]["watch_forgets"]
        for counts, last in ((self._lanes, country), (self._goods, rows["good"][imports])):
            np.add.at(counts[SEEN], (*where, last), 1.0)
            np.add.at(counts[SELECTED], (*where, last), selected[imports])

    def quiet_lane(self, rng: np.random.Generator) -> tuple[int, int, int] | None:
        """Draw one of the lanes that are selected least; None where nothing was seen yet.

        Returns
        -------
        Numbers of administration, mode and country.
        """
        lanes = np.argwhere(self._lanes[SEEN] >= 1.0)
        if not len(lanes):
            return None
        order = np.argsort(self._rate(self._lanes)[tuple(lanes.T)], kind="stable")
        quiet = max(1, round(self.parameters["adaptation"]["watch_quiet"] * len(order)))
        office, mode, country = lanes[order[int(rng.integers(0, quiet))]].tolist()
        return office, mode, country

    def quiet_goods(self, office: int, mode: int, country: int) -> list[int]:
        """Return the goods from a country that are selected least, of those that the administration sees."""
        goods = self.facts.goods
        fits = goods.modes[:, mode] & (self._goods[SEEN, office, mode] > 0)
        if mode == MAIL:
            fits &= goods.kg_per_package < LIGHT_KG
        made = fits & (goods.origins[:, country] > 0)
        choice = np.flatnonzero(made if made.any() else fits)
        rate = self._rate(self._goods)[office, mode]
        kept: list[int] = choice[np.argsort(rate[choice], kind="stable")][:COVERS].tolist()
        return kept

    @staticmethod
    def _rate(counts: Floats) -> Floats:
        """Return the part that was selected, drawn towards that of all trade where little was seen."""
        usual = counts[SELECTED].sum() / max(counts[SEEN].sum(), 1.0)
        rate: Floats = (counts[SELECTED] + PRIOR * usual) / (counts[SEEN] + PRIOR)
        return rate
