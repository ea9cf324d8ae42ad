"""Answers for one row or many, read off the indexes of each part of a past."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from omdrisk.history import kernels, nearness, rowwise
from omdrisk.history.arrays import NEVER
from omdrisk.history.batch import Batch, cores
from omdrisk.history.engine import rows_by_key
from omdrisk.history.opened import Opened
from omdrisk.history.plans import Plan, plans

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omdrisk.history.arrays import Floats, Integers
    from omdrisk.history.past import Past
    from omdrisk.history.questions import Question

LARGE = 20_000
"""From so many asking rows on, and not much fewer than shipments, one pass over time is the faster way."""

FEW = 64
"""Up to so many rows are answered as they come; more are brought together by their keys first."""

MANY = 8192
"""From so many rows on keys are answered by as many threads as there are processors."""

KEPT = 64
"""A past is kept open for so many different lists of questions."""


def answer(
    past: Past,
    questions: Sequence[Question],
    keys: dict[str, Integers],
    moments: Integers,
    horizon: int = NEVER,
) -> dict[Question, Floats]:
    """Answer questions for rows with these hashed entities and moments, whichever way is the fastest."""
    asked = tuple(questions)
    if moments.size < LARGE or 8 * moments.size < len(past):
        return dict(zip(asked, lookups(past, asked, keys, moments, horizon), strict=True))
    counted, others = _plans(asked)
    answers: dict[Question, Floats] = {}
    if counted:
        whole = past.whole
        answers = Batch(whole.facts, keys, moments, horizon, whole.joint, whole.party).answer(counted)
    for some in others:
        answers |= zip(some, lookups(past, some, keys, moments, horizon), strict=True)
    return {question: answers[question] for question in asked}


@lru_cache(maxsize=64)
def _plans(questions: tuple[Question, ...]) -> tuple[list[Plan], list[tuple[Question, ...]]]:
    """Return what a pass over time answers, and the other questions, those of one key together."""
    counted, others = plans(questions)
    groups: dict[tuple[str, ...], list[Question]] = {}
    for question in others:
        groups.setdefault(question.by, []).append(question)
    return counted, [tuple(group) for group in groups.values()]


def lookups(
    past: Past, questions: tuple[Question, ...], keys: dict[str, Integers], moments: Integers, horizon: int
) -> Floats:
    """Return a row of answers for each question, without a pass over all that is known."""
    opened = _open(past, questions)
    tables = opened.tables
    order = np.argsort(moments, kind="stable") if moments.size > 1 else np.zeros(moments.size, dtype=np.int64)
    answers = np.empty((len(questions), moments.size))
    steps = np.empty((opened.steps, moments.size), dtype=np.int16)
    if moments.size <= FEW:
        entities = np.array([keys[name] for name in opened.entities], dtype=np.int64).reshape(
            len(opened.entities), moments.size
        )
        rowwise.answer_few(tables, entities, moments, horizon, order, steps, answers)
        return answers
    rates = rowwise.overall_rates(tables, moments, horizon, order)

    def work(number: int, by: tuple[str, ...]) -> None:
        entities = np.array([keys[name] for name in by], dtype=np.int64).reshape(len(by), moments.size)
        joint = kernels.joint_keys(entities, np.arange(len(by)), order)
        places = rows_by_key(joint)
        rows = order[places]
        rowwise.answer_plan(tables, number, joint[places], moments[rows], horizon, rates, rows, steps, answers)

    with ThreadPoolExecutor(max_workers=cores() if moments.size >= MANY else 1) as pool:
        list(pool.map(work, range(len(opened.keys)), opened.keys))
    nearness.read_hops(tables.hops, steps, moments, answers)
    return answers


def _open(past: Past, questions: tuple[Question, ...]) -> Opened:
    found: Opened | None = past.opened.get(questions)
    if found is None:
        if len(past.opened) >= KEPT:
            past.opened.clear()
        found = past.opened[questions] = Opened(past, questions)
    return found
