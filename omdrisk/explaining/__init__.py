"""From exact SHAP values to reasons in words, in English, Vietnamese and Chinese."""

from omdrisk.explaining.contributions import (
    BASE,
    Contributions,
    Group,
    explain_head,
    group_names,
    grouped,
)
from omdrisk.explaining.effects import hint, slopes
from omdrisk.explaining.numbers import (
    LANGUAGES,
    NOTHING,
    Language,
    chance,
    check_language,
    number,
    percent,
    quantity,
)
from omdrisk.explaining.reasons import Fact, Facts, Reason, Reasoner, check_counts, reasons_table
from omdrisk.explaining.words import Teller

__all__ = [
    "BASE",
    "LANGUAGES",
    "NOTHING",
    "Contributions",
    "Fact",
    "Facts",
    "Group",
    "Language",
    "Reason",
    "Reasoner",
    "Teller",
    "chance",
    "check_counts",
    "check_language",
    "explain_head",
    "group_names",
    "grouped",
    "hint",
    "number",
    "percent",
    "quantity",
    "reasons_table",
    "slopes",
]
