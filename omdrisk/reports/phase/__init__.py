"""The report of a phase and its model card, in English and Vietnamese."""

from __future__ import annotations

from omdrisk.reports.phase.card import Card, read_card
from omdrisk.reports.phase.content import PhaseContent, PhaseHead, Result
from omdrisk.reports.phase.page import write_card_html, write_phase_html
from omdrisk.reports.phase.words import LANGUAGES, Words

__all__ = [
    "LANGUAGES",
    "Card",
    "PhaseContent",
    "PhaseHead",
    "Result",
    "Words",
    "read_card",
    "write_card_html",
    "write_phase_html",
]
