"""Check digits of containers, ships, postal items and air waybills, quick enough for millions of numbers.

python-stdnum has the first two as well; it first cleans what is clean here, and the tests hold the two together.
"""

from __future__ import annotations

from typing import Final

_S10_WEIGHTS: Final = (8, 6, 4, 2, 3, 5, 9, 7)
_SIGNS: Final = "0123456789A?BCDEFGHIJK?LMNOPQRSTU?VWXYZ"
_PLACES: Final = tuple({sign: value << place for value, sign in enumerate(_SIGNS)} for place in range(10))
"""What a sign is worth in each place of a container number: letters leave out the multiples of 11."""


def iso6346_holds(text: str) -> bool:
    """Tell whether the check digit of a container number is right (ISO 6346).

    Parameters
    ----------
    text
        Three letters, one of U, J and Z, seven digits.

    Examples
    --------
    >>> iso6346_holds("CSQU3054383"), iso6346_holds("CSQU3054384"), iso6346_holds("CSQA3054383")
    (True, False, False)
    """
    if text[3] not in "UJZ":
        return False
    total = sum([worth[sign] for worth, sign in zip(_PLACES, text, strict=False)])
    return total % 11 % 10 == int(text[10])


def imo_holds(text: str) -> bool:
    """Tell whether the check digit of an IMO ship number is right (IMO resolution A.1117(30)).

    Parameters
    ----------
    text
        Seven digits.

    Examples
    --------
    >>> imo_holds("9074729"), imo_holds("9074728")
    (True, False)
    """
    return sum([weight * int(digit) for weight, digit in zip(range(7, 1, -1), text, strict=False)]) % 10 == int(text[6])


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
