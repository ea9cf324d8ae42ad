"""Where the bars of a waterfall stand, from a usual shipment's score to this one's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from omdrisk.explaining import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omdrisk.reports.phrases import Phrases

WIDTH, LEFT, RIGHT, ROW, TOP = 440.0, 168.0, 384.0, 18.0, 22.0
#: A part that would be written as 0.00 gets no bar.
LEAST = 0.005
#: A fall of less than this, in log-odds, does not fill the width, so that small parts look small.
NARROWEST = 1.5


@dataclass(frozen=True)
class End:
    """Start or end of the fall: a mark at `x`."""

    label: str
    text: str
    x: float


@dataclass(frozen=True)
class Bar:
    """One group's part: a bar from `x` on, `width` wide, linked to the one above at `link`."""

    label: str
    text: str
    side: str
    x: float
    y: float
    width: float
    link: float


@dataclass(frozen=True)
class Waterfall:
    """A drawing of `bars` between `start` and `end`; `spoken` says the same for who cannot see it."""

    start: End
    end: End
    bars: list[Bar]
    height: float
    spoken: str
    width: float = WIDTH
    left: float = LEFT
    right: float = RIGHT


def waterfall(
    head: str,
    parts: Sequence[tuple[str, float]],
    base: float,
    ends: tuple[str, str],
    words: Phrases,
    most: int = 6,
) -> Waterfall:
    """Lay out a waterfall in log-odds, the largest parts first and the small ones as one.

    Parameters
    ----------
    head
        The head as it is called in the report.
    parts
        Label and contribution of each group.
    base
        Where the fall starts.
    ends
        The scores at both ends as they are written.
    words
        The report's phrases.
    most
        How many parts get a bar of their own.

    Examples
    --------
    >>> from omdrisk.reports.phrases import Phrases
    >>> fall = waterfall("Drugs", [("Parties", 2.0), ("Route", -0.5)], -4.0, ("1%", "9%"), Phrases("en"))
    >>> [(bar.label, bar.text, bar.side) for bar in fall.bars]
    [('Parties', '+2.00', 'for'), ('Route', '−0.50', 'against')]
    """
    ordered = sorted(parts, key=lambda part: -abs(part[1]))
    shown = [part for part in ordered[:most] if abs(part[1]) >= LEAST]
    rest = sum(value for _, value in ordered[len(shown) :])
    if abs(rest) >= LEAST:
        shown.append((words("detail", "other"), rest))
    stops = [base]
    for _, value in shown:
        stops.append(stops[-1] + value)
    low, high = min(stops), max(stops)
    scale = (RIGHT - LEFT) / max(high - low, NARROWEST)
    places = [round(LEFT + (stop - low) * scale, 1) for stop in stops]
    bars = [
        Bar(
            label=label,
            text=signed(value, words.language),
            side="for" if value >= 0 else "against",
            x=min(before, after),
            y=TOP + at * ROW,
            width=round(max(abs(after - before), 1.0), 1),
            link=before,
        )
        for at, ((label, value), before, after) in enumerate(zip(shown, places, places[1:], strict=False))
    ]
    spoken = words("detail", "chart").replace("{parts}", ", ".join(f"{bar.label} {bar.text}" for bar in bars))
    spoken = spoken.replace("{head}", head).replace("{start}", ends[0]).replace("{end}", ends[1])
    return Waterfall(
        start=End(words("detail", "start"), ends[0], places[0]),
        end=End(words("detail", "end"), ends[1], places[-1]),
        bars=bars,
        height=TOP + len(bars) * ROW + 22,
        spoken=spoken,
    )


def signed(value: float, language: str) -> str:
    """Write a contribution with its sign.

    Examples
    --------
    >>> signed(1.234, "en"), signed(-0.5, "vi")
    ('+1.23', '−0,50')
    """
    return ("−" if value < 0 else "+") + number(abs(value), language, 2)
