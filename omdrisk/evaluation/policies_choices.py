"""Policies of inspection: who is inspected this week, and how much of the capacity is spent on learning.

Exploration by chance and by uncertainty, and the mix of both with exploitation, follow Kim et al., "Active Learning for
Human-in-the-Loop Customs Inspection" (IEEE TKDE 2022, arXiv:2010.14282); the share tuned by a bandit Mai et al.,
"Customs Fraud Detection in the Presence of Concept Drift" (2021, arXiv:2109.14155), here with Exp3 (Auer et al., "The
Nonstochastic Multiarmed Bandit Problem", SIAM J. Comput. 32, 2002) whose weights forget; Thompson sampling with heads
trained on resamples Osband and Van Roy, "Bootstrapped Thompson Sampling and Deep Exploration" (2015, arXiv:1507.00300).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from omdrisk.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Places = npt.NDArray[np.intp]

TOP, RANDOM, UNCERTAIN = "model", "random", "uncertain"
STANDARD = ("exploit", "explore 5%", "explore 10%", "explore 20%", "uncertain 10%", "thompson", "bandit")


@dataclass(frozen=True)
class Picked:
    """Rows that a policy selects: their places, how each was selected, and with what probability (NaN: not known)."""

    rows: Places
    selected_by: list[str]
    probability: Floats


@dataclass(frozen=True)
class Policy:
    """A policy of inspection.

    Parameters
    ----------
    name
        What it is called in tables and pictures.
    share
        Part of the capacity that is spent on exploration, 0 to 1.
    by
        How exploration selects: ``random`` among the rows that the score leaves out, or ``uncertain``: those about
        which heads trained on resamples of the labels disagree most (query by committee, Seung et al., COLT 1992).
    thompson
        Whether each place on the list goes to the best row of a head drawn at random.
    shares
        Shares among which a bandit chooses week by week; empty for a fixed one.
    told_all
        Whether it learns what an examination of every shipment would have brought, whoever was selected. No agency can
        have this; it bounds what any exploration could teach.

    Examples
    --------
    >>> policy_of("explore 10%")
    Policy(name='explore 10%', share=0.1, by='random', thompson=False, shares=(), told_all=False)
    """

    name: str
    share: float = 0.0
    by: Literal["random", "uncertain"] = "random"
    thompson: bool = False
    shares: tuple[float, ...] = ()
    told_all: bool = False

    def __post_init__(self) -> None:
        for share in (self.share, *self.shares):
            if not 0 <= share <= 1:
                raise InputError(f"policy {self.name!r}: a share of {share!r} is not between 0 and 1.")

    @property
    def committee(self) -> bool:
        """Whether it needs heads that were trained on resamples."""
        return self.thompson or self.by == UNCERTAIN


def policy_of(name: str) -> Policy:
    """Return the policy of a name: exploit, random, explore N%, uncertain N%, thompson, bandit, told all.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    text = name.strip().lower()
    if text == "exploit":
        return Policy("exploit")
    if text == "random":
        return Policy("random", share=1.0)
    if text == "told all":
        return Policy("told all", told_all=True)
    if text == "thompson":
        return Policy("thompson", thompson=True)
    if text == "bandit":
        return Policy("bandit", shares=(0.0, 0.05, 0.1, 0.2))
    match = re.fullmatch(r"(explore|uncertain) ?([0-9.]+) ?%?", text)
    if match and float(match[2]) <= 100:
        by: Literal["random", "uncertain"] = "uncertain" if match[1] == "uncertain" else "random"
        return Policy(f"{match[1]} {float(match[2]):g}%", share=float(match[2]) / 100, by=by)
    raise InputError(f"policy {name!r} is unknown. {did_you_mean(name, [*STANDARD, 'random', 'told all'])}")


@dataclass
class Bandit:
    """Exp3 over shares, with weights that forget: what paid in a world that has moved on counts less and less.

    The reward of a week is its hit rate, as a part of the best so far.
    """

    shares: Sequence[float]
    rng: np.random.Generator
    mixing: float = 0.2
    forgets: float = 0.9
    _log: Floats = field(init=False)
    _best: float = 1e-9
    _last: int = 0

    def __post_init__(self) -> None:
        self._log = np.zeros(len(self.shares))

    @property
    def chances(self) -> Floats:
        """How likely each share is drawn next."""
        weight = np.exp(self._log - self._log.max())
        made: Floats = (1 - self.mixing) * weight / weight.sum() + self.mixing / len(weight)
        return made

    def draw(self) -> float:
        """Return the share of the coming week."""
        self._last = int(self.rng.choice(len(self.shares), p=self.chances))
        return self.shares[self._last]

    def learn(self, hit_rate: float) -> None:
        """Learn what the last share brought."""
        self._best = max(self._best, hit_rate)
        chance = self.chances[self._last]
        self._log *= self.forgets
        self._log[self._last] += self.mixing * hit_rate / self._best / chance


class Chooser:
    """A policy at work in one world."""

    def __init__(self, policy: Policy, seed: int) -> None:
        self.policy = policy
        self._rng = np.random.default_rng(seed)
        self._bandit = Bandit(policy.shares, self._rng) if policy.shares else None

    def choose(self, score: Floats, committee: Floats, capacity: int) -> Picked:
        """Select `capacity` rows.

        Parameters
        ----------
        score
            Raw scores of the head, shape (rows,).
        committee
            Raw scores of the heads trained on resamples, shape (heads, rows); not looked at by policies without.
        capacity
            How many can be inspected.
        """
        capacity = min(capacity, len(score))
        if self.policy.thompson:
            return self._thompson(committee, capacity)
        share = self._bandit.draw() if self._bandit else self.policy.share
        exploring = _rounded(capacity * share, self._rng)
        order = np.lexsort((self._rng.random(len(score)), -score))
        top, rest = order[: capacity - exploring], order[capacity - exploring :]
        if self.policy.by == UNCERTAIN:
            doubt = committee[:, rest].std(axis=0) if exploring else np.zeros(len(rest))
            more = rest[np.lexsort((rest, -doubt))[:exploring]]
            chance = np.full(exploring, np.nan)
        else:
            more = np.sort(self._rng.choice(rest, size=exploring, replace=False))
            chance = np.full(exploring, exploring / max(len(rest), 1))
        by = [TOP] * len(top) + [self.policy.by] * exploring
        return Picked(np.r_[top, more], by, np.r_[np.ones(len(top)), chance])

    def learn(self, hit_rate: float) -> None:
        """Learn what the week brought, where the policy tunes itself."""
        if self._bandit:
            self._bandit.learn(hit_rate)

    def _thompson(self, committee: Floats, capacity: int) -> Picked:
        ranked = [iter(row) for row in np.argsort(-committee, axis=1, kind="stable")]
        taken: dict[int, None] = {}
        for head in self._rng.integers(0, len(ranked), size=capacity).tolist():
            taken[next(int(row) for row in ranked[head] if int(row) not in taken)] = None
        rows = np.fromiter(taken, dtype=np.intp, count=capacity)
        return Picked(rows, [TOP] * capacity, np.full(capacity, np.nan))


def _rounded(value: float, rng: np.random.Generator) -> int:
    """Round up as often as the fraction says, so that small shares of a small capacity come true in the long run."""
    whole = int(np.floor(value + 1e-9))
    return whole + int(rng.random() < value - whole - 1e-9)
