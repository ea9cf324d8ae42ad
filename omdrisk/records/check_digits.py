"""Check digits of postal items and air waybills, which python-stdnum does not have."""

from __future__ import annotations

from typing import Final

_S10_WEIGHTS: Final = (8, 6, 4, 2, 3, 5, 9, 7)


def s10_holds(text: str) -> bool:
    """Tell whether the check digit of a postal item number is right (UPU standard S10).

    Parameters
    ----------
    text
        Two letters, nine digits, two letters.

    Examples
    --------
    >>> s10_holds("RA473124829GB"), s10_holds("RA473124828GB")
    (True, False)
    """
    rest = 11 - sum(weight * int(digit) for weight, digit in zip(_S10_WEIGHTS, text[2:10], strict=True)) % 11
    return int(text[10]) == {10: 0, 11: 5}.get(rest, rest)


def awb_holds(text: str) -> bool:
    """Tell whether the check digit of an air waybill is right: the serial number modulo 7 (IATA Resolution 600a).

    Parameters
    ----------
    text
        Eleven digits; a sign may stand behind the third.

    Examples
    --------
    >>> awb_holds("160-12345675"), awb_holds("160-12345676")
    (True, False)
    """
    return int(text[-8:-1]) % 7 == int(text[-1])
