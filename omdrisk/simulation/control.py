"""Control: who selects which shipment for examination, how it is examined, and what comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.simulation.facts import COVERS, EXPRESS, MODES, Facts
from omdrisk.simulation.rows import EXPORT, TELLS, Rows, earlier, has

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from omdrisk.simulation.clock import Clock

SELECTORS = ("random", "intelligence", "rule", "model", "officer")
METHODS = ("documentary", "x-ray", "canine", "trace", "partial", "devan", "physical")
CLEAR, NOT_PERFORMED, INCONCLUSIVE, FOUND, FRAUD = range(5)
MODEL_SEES = {"weight": 0.9, "value": 0.8, "vague": 0.4, "anonymous": 0.5, "detour": 0.5, "late": 0.3, "cash": 0.4}


def sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logistic function."""
    value: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-np.clip(x, -40.0, 40.0)))
    return value


def known_before(rows: Rows) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how often the local party, and the pair of parties, was seen in earlier rows."""
    local = rows["local"].astype(np.int64)
    return earlier(rows["moment"], local), earlier(rows["moment"], local, rows["foreign"].astype(np.int64))


class Officers:
    """Selection and examination in all administrations.

    The thresholds of rules and models are set once, on honest trade, so that each administration's shares come true.
    """

    def __init__(
        self, facts: Facts, clock: Clock, parameters: Mapping[str, Any], licit: Rows, rng: np.random.Generator
    ) -> None:
        self._facts, self._clock, self._parameters = facts, clock, parameters
        self._offices = list(parameters["administrations"].values())
        self._suspect = self._corridor_table()
        first = parameters["control"]["model_from"]
        self._model_start = next(
            (int(edge) for name, edge in zip(clock.names, clock.edges, strict=False) if name == first), clock.end
        )
        rule, model = self._scores(rng, licit, *known_before(licit))
        self._rule_mean, self._rule_spread = float(rule.mean()), max(float(rule.std()), 1e-9)
        self._rule_limit = self._limits(licit, rule, "rule", parameters["rules"]["steepness"])
        self._model_limit = self._limits(licit, model, "model", 0.05)

    def _corridor_table(self) -> NDArray[np.bool_]:
        """Whether goods from a country to an administration match a corridor that every officer has heard of."""
        facts, parameters = self._facts, self._parameters
        codes = list(parameters["administrations"])
        table = np.zeros((len(facts.goods.name), len(facts.countries), len(codes)), dtype=bool)
        for corridor in parameters["corridors"]:
            covers = [COVERS.index(letter) for letter in corridor["covers"]]
            goods = np.asarray(facts.goods.covers[:, covers].any(axis=1))
            countries = np.isin(facts.countries, list(corridor["from"]))
            known = np.isin(codes, list(corridor["to"]))
            table |= goods[:, None, None] & countries[None, :, None] & known[None, None, :]
        return table

    def _office(self, rows: Rows, key: str) -> NDArray[np.float64]:
        return np.array([float(office[key]) for office in self._offices])[rows["administration"]]

    def _scores(
        self, rng: np.random.Generator, rows: Rows, seen: NDArray[np.int64], pair_seen: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        weights, tells = self._parameters["rules"], self._parameters["tells"]
        start = self._facts.places.country[rows["loading"]]
        suspect = self._suspect[rows["good"], start, rows["administration"]] & (rows["direction"] != EXPORT)
        new = (seen < 2).astype(np.float64)
        guess = rng.normal(size=(2, len(seen)))
        guess[0] += weights["instinct"] * (rows["drug"] | rows["wildlife"])
        rule = weights["gut"] * guess[0]
        for name in TELLS:
            rule = rule + tells[name]["seen"] * has(rows, name)
        trade_goods = rows["private"] & (rows["mode"] < EXPRESS)
        rule = rule + weights["new_consignee"] * new + weights["new_pair"] * (pair_seen == 0)
        rule = rule + weights["cover_on_corridor"] * suspect + weights["person_with_trade_goods"] * trade_goods
        model = 0.7 * guess[1] + 0.7 * new + 0.6 * suspect
        for name, weight in MODEL_SEES.items():
            model = model + weight * has(rows, name)
        return rule, model

    def _cell(self, rows: Rows) -> NDArray[np.int64]:
        return rows["administration"].astype(np.int64) * len(MODES) + rows["mode"]

    def _limits(self, rows: Rows, score: NDArray[np.float64], key: str, softness: float) -> NDArray[np.float64]:
        cell = self._cell(rows)
        limits = np.full(len(self._offices) * len(MODES), np.inf)
        for value in np.unique(cell):
            share = float(self._offices[value // len(MODES)][key])
            mine = score[cell == value]
            if share <= 0 or not len(mine):
                continue
            low, high = float(mine.min()) - 20.0, float(mine.max()) + 20.0
            for _ in range(40):
                middle = (low + high) / 2
                if sigmoid((mine - middle) / softness).mean() > share:
                    low = middle
                else:
                    high = middle
            limits[value] = high
        return limits

    def decide(
        self, rng: np.random.Generator, rows: Rows, seen: NDArray[np.int64], pair_seen: NDArray[np.int64]
    ) -> None:
        """Select, examine and note the result in `rows`; `seen` and `pair_seen` as from `known_before`."""
        control = self._parameters["control"]
        count = len(seen)
        contraband = rows["drug"] | rows["wildlife"]
        effort = np.where(self._clock.in_phase(rows["moment"]), 1.0, control["outside_phase"])
        rule, model = self._scores(rng, rows, seen, pair_seen)
        cell = self._cell(rows)
        rule_chance = effort * sigmoid((rule - self._rule_limit[cell]) / self._parameters["rules"]["steepness"])
        model_chance = np.where(
            rows["moment"] >= self._model_start, sigmoid((model - self._model_limit[cell]) / 0.05), 0.0
        )
        tip = np.where(contraband, effort * self._office(rows, "intelligence"), control["false_tips"] * effort)
        chances = (
            self._office(rows, "random"),
            tip,
            rule_chance,
            model_chance,
            effort * self._office(rows, "officer") * np.exp(0.4 * (rule - self._rule_mean) / self._rule_spread),
        )
        luck = rng.random((len(chances), count))
        selector = np.full(count, -1, dtype=np.int8)
        for number in reversed(range(len(chances))):
            selector[luck[number] < chances[number]] = number
        told = rng.random(count) < control["rule_probability_known"]
        probability = np.full(count, np.nan)
        probability = np.where(selector == 0, chances[0], probability)
        probability = np.where((selector == 2) & told, np.round(rule_chance, 3).clip(0.001), probability)
        rows["selector"], rows["probability"] = selector, probability
        score = np.round(sigmoid(model - self._model_limit[cell]), 4)
        rows["score"] = np.where(selector == 3, score, np.nan)
        rows["method"] = self._methods(rng, selector)
        rows["result"] = self._results(rng, rows, contraband)
        rows["decided"] = np.ones(count, dtype=bool)

    def _methods(self, rng: np.random.Generator, selector: NDArray[np.int8]) -> NDArray[np.int8]:
        method = np.full(len(selector), -1, dtype=np.int8)
        luck = rng.random(len(selector))
        for number, name in enumerate(SELECTORS):
            shares = self._parameters["control"]["methods"][name]
            weight = np.array([float(shares.get(key, 0.0)) for key in METHODS])
            rows = selector == number
            drawn = np.searchsorted(np.cumsum(weight) / weight.sum(), luck[rows], side="right")
            method[rows] = np.minimum(drawn, len(METHODS) - 1)
        return method

    def _results(self, rng: np.random.Generator, rows: Rows, contraband: NDArray[np.bool_]) -> NDArray[np.int8]:
        control = self._parameters["control"]
        count = len(contraband)
        chance = np.array([float(control["detection"][name]) for name in METHODS] + [0.0])[rows["method"]]
        looked = rows["selector"] >= 0
        found = looked & contraband & (rng.random(count) < chance)
        fraud = looked & has(rows, "value") & (rng.random(count) < control["fraud_found"] * chance)
        luck = rng.random(count)
        result = np.where(fraud, FRAUD, CLEAR)
        result = np.where(luck < control["inconclusive"], INCONCLUSIVE, result)
        result = np.where(found, FOUND, result)
        result = np.where(luck > 1 - control["not_performed"], NOT_PERFORMED, result)
        return np.where(looked, result, -1).astype(np.int8)
