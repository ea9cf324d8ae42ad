"""The syntax of EDIFACT: segments with their elements and components, read through pydifact without its tests."""

from __future__ import annotations

from typing import Any, Final

from omdrisk.errors import InputError

_DATES: Final = {"102": 8, "203": 12, "204": 14}
Elements = list[Any]
"""The elements of a segment: a text, or a list of components."""


def part(elements: Elements, place: int, component: int = 0) -> str:
    """Return one component of one element, or an empty text.

    Examples
    --------
    >>> part(["1", ["20", "CT"]], 1, 1), part(["1"], 3)
    ('CT', '')
    """
    if place >= len(elements):
        return ""
    element = elements[place]
    if isinstance(element, str):
        return element if component == 0 else ""
    return str(element[component]) if component < len(element) else ""


def whole(elements: Elements, place: int) -> list[str]:
    """Return every component of one element."""
    if place >= len(elements):
        return []
    element = elements[place]
    return [element] if isinstance(element, str) else [str(one) for one in element]


def number(text: str) -> str:
    """Return a number with a point; EDIFACT allows a comma too, and no sign for thousands (ISO 9735)."""
    return text.strip().replace(",", ".")


def times(text: str, factor: float) -> str:
    """Return a number times `factor`; what is no number is kept as it is, for the check to tell."""
    try:
        return number(text) if factor == 1 else f"{float(number(text)) * factor:.12g}"
    except ValueError:
        return text


def moment(text: str, form: str) -> str:
    """Return a date and time as ISO 8601, by its format (2379): 102 day, 203 minute, 204 second.

    Examples
    --------
    >>> moment("202304010830", "203"), moment("20230401", "102")
    ('2023-04-01T08:30:00', '2023-04-01')
    """
    digits = text[: _DATES.get(form, len(text))]
    if form not in _DATES or len(digits) != _DATES[form]:
        return text
    day = f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}"
    return f"{day}T{digits[8:10]}:{digits[10:12]}:{digits[12:14] or '00'}" if len(digits) > 8 else day


def segments(file: str, text: str) -> list[Elements]:
    """Return each segment as its tag and elements; a faulty one is told later, not refused.

    Raises
    ------
    InputError
        If the text is no EDIFACT.
    """
    from pydifact import Characters
    from pydifact.exceptions import EDISyntaxError
    from pydifact.parser import Parser, TokenIterator
    from pydifact.tokenizer import Tokenizer

    characters = Characters.from_str(text[:9]) if text.startswith("UNA") else Characters()
    body = text[9:].lstrip() if text.startswith("UNA") else text
    try:
        tokens = TokenIterator(Tokenizer().get_tokens(body, characters))
        return list(Parser().convert_tokens_to_raw_segments(tokens))
    except (EDISyntaxError, ValueError, IndexError, RuntimeError, TypeError) as error:
        raise InputError(
            f"{file} is no EDIFACT interchange ({error}). It should begin with UNA or UNB and end every segment with '."
        ) from error
