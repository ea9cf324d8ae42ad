"""Numbers that carry a check digit: official numbers of firms, containers, ships, waybills, postal items.

Methods: ISO 6346 (containers), IMO resolution A.1117(30) (ships), IATA resolution 600a (waybills), UPU S10 (postal
items); official numbers as published by the national offices. Each is tested against python-stdnum where that has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]

USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
UEN = "ZKCMDNERGWH"
BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ISO6346 = "0123456789A BCDEFGHIJK LMNOPQRSTU VWXYZ"
MST_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def _digits(numbers: Numbers, length: int) -> Numbers:
    places: Numbers = numbers[:, None] // 10 ** np.arange(length - 1, -1, -1, dtype=np.int64) % 10
    return places


def _dot(numbers: Numbers, weights: Sequence[int]) -> Numbers:
    total: Numbers = _digits(numbers, len(weights)) @ np.array(weights, dtype=np.int64)
    return total


def _vn(numbers: Numbers) -> list[str]:
    base = numbers % 90_000_000 + 10_000_000
    base = base * 10 + numbers // 97 % 10
    total = _dot(base, MST_WEIGHTS)
    base = np.where(total % 11 == 0, base // 10 * 10 + (base + 1) % 10, base)
    return [f"{b:09d}{10 - t % 11}" for b, t in zip(base.tolist(), _dot(base, MST_WEIGHTS).tolist(), strict=True)]


def _cn(numbers: Numbers) -> list[str]:
    made = []
    for number in numbers.tolist():
        body = f"91{440000 + number % 9000:06d}"
        rest = number * 2_654_435_761
        for _ in range(9):
            rest, place = divmod(rest + 7, 31)
            body += USCC[place]
        total = sum(USCC.index(sign) * weight for sign, weight in zip(body, USCC_WEIGHTS, strict=True))
        made.append(body + USCC[(31 - total) % 31])
    return made


def _th(numbers: Numbers) -> list[str]:
    base = 10_500_000_000 + numbers % 50_000_000_000
    check = (11 - _dot(base, range(13, 1, -1)) % 11) % 10
    return [f"{b:012d}{c}" for b, c in zip(base.tolist(), check.tolist(), strict=True)]


def _id(numbers: Numbers) -> list[str]:
    base = 10_000_000 + numbers % 80_000_000
    digits = _digits(base, 8)
    doubled = digits * np.array([1, 2] * 4)
    check = -(doubled - 9 * (doubled > 9)).sum(axis=1) % 10
    office = numbers // 89 % 900
    return [f"{b:08d}{c}{o:03d}000" for b, c, o in zip(base.tolist(), check.tolist(), office.tolist(), strict=True)]


def _au(numbers: Numbers) -> list[str]:
    base = 100_000_000 + numbers % 800_000_000
    check = 11 + (-_dot(base, range(3, 20, 2)) - 1) % 89
    return [f"{c}{b:09d}" for b, c in zip(base.tolist(), check.tolist(), strict=True)]


def _in(numbers: Numbers) -> list[str]:
    made = []
    for number in numbers.tolist():
        rest, letters = number, ""
        for _ in range(4):
            rest, place = divmod(rest * 31 + 17, 26)
            letters += chr(65 + place)
        body = f"{1 + number % 37:02d}{letters[:3]}C{letters[3]}{1 + number // 7 % 9_999:04d}{chr(65 + number % 26)}1Z"
        total = 0
        for place, sign in enumerate(reversed(body)):
            value = BASE36.index(sign) * (2 if place % 2 == 0 else 1)
            total += value // 36 + value % 36
        made.append(body + BASE36[-total % 36])
    return made


def _kr(numbers: Numbers) -> list[str]:
    base = 101_000_000 + numbers % 800_000_000
    total = _dot(base, (1, 3, 7, 1, 3, 7, 1, 3, 5)) + base % 10 * 5 // 10
    return [f"{b:09d}{c}" for b, c in zip(base.tolist(), (-total % 10).tolist(), strict=True)]


def _sg(numbers: Numbers) -> list[str]:
    base = (1985 + numbers % 36) * 100_000 + numbers // 41 % 100_000
    total = _dot(base, (10, 8, 6, 4, 9, 7, 5, 3, 1)) % 11
    return [f"{b:09d}{UEN[t]}" for b, t in zip(base.tolist(), total.tolist(), strict=True)]


def _my(numbers: Numbers) -> list[str]:
    return [f"C{20_000_000_00 + number % 8_000_000_000:010d}" for number in numbers.tolist()]


def _plain(numbers: Numbers) -> list[str]:
    return [f"{10_000_000 + number % 90_000_000:08d}" for number in numbers.tolist()]


OFFICIAL: dict[str, Callable[[Numbers], list[str]]] = {
    "VN": _vn, "CN": _cn, "TH": _th, "ID": _id, "AU": _au, "IN": _in, "KR": _kr, "SG": _sg, "MY": _my,
}  # fmt: skip
"""Countries whose official numbers have a check digit here; the others get eight digits."""


def official_numbers(country: str, numbers: Numbers) -> list[str]:
    """Return official numbers of firms, one for each number given, all with a right check digit.

    Examples
    --------
    >>> official_numbers("VN", np.array([123456789]))
    ['4345678900']
    """
    return OFFICIAL.get(country, _plain)(np.asarray(numbers, dtype=np.int64))


def wrong_digit(text: str) -> str:
    """Return the number with one sign changed, so that the check fails.

    Examples
    --------
    >>> wrong_digit("4345678900")
    '4345678901'
    """
    place = 8 if len(text) == 15 and text.isdigit() else len(text) - 1  # an Indonesian number ends in its branch
    sign = text[place]
    changed = chr(ord(sign) + 1) if sign in "0A" else chr(ord(sign) - 1)
    return text[:place] + changed + text[place + 1 :]


def containers(prefixes: Sequence[str], serials: Numbers) -> list[str]:
    """Return container numbers (ISO 6346) of owner prefixes and serial numbers of six digits.

    Examples
    --------
    >>> containers(["CSQU"], np.array([305438]))
    ['CSQU3054383']
    """
    of_prefix = {
        prefix: sum(ISO6346.index(sign) << place for place, sign in enumerate(prefix)) for prefix in set(prefixes)
    }
    head = np.array([of_prefix[prefix] for prefix in prefixes], dtype=np.int64)
    total = head + _dot(np.asarray(serials, dtype=np.int64), [1 << place for place in range(4, 10)])
    check = total % 11 % 10
    return [f"{p}{s:06d}{c}" for p, s, c in zip(prefixes, np.asarray(serials).tolist(), check.tolist(), strict=True)]


def ships(serials: Numbers) -> list[str]:
    """Return IMO numbers of serial numbers of six digits.

    Examples
    --------
    >>> ships(np.array([907472]))
    ['9074729']
    """
    check = _dot(np.asarray(serials, dtype=np.int64), range(7, 1, -1)) % 10
    return [f"{s:06d}{c}" for s, c in zip(np.asarray(serials).tolist(), check.tolist(), strict=True)]


def waybills(prefixes: Sequence[str], serials: Numbers) -> list[str]:
    """Return air waybill numbers of airline prefixes and serial numbers of seven digits.

    Examples
    --------
    >>> waybills(["217"], np.array([1234567]))
    ['217-12345675']
    """
    return [f"{p}-{s:07d}{s % 7}" for p, s in zip(prefixes, np.asarray(serials).tolist(), strict=True)]


def postal_items(services: Sequence[str], serials: Numbers, countries: Sequence[str]) -> list[str]:
    """Return postal item numbers (S10) of services, serial numbers of eight digits and countries of posting.

    Examples
    --------
    >>> postal_items(["RA"], np.array([47312482]), ["GB"])
    ['RA473124829GB']
    """
    rest = 11 - _dot(np.asarray(serials, dtype=np.int64), (8, 6, 4, 2, 3, 5, 9, 7)) % 11
    check = np.where(rest == 10, 0, np.where(rest == 11, 5, rest))
    return [
        f"{v}{s:08d}{c}{country}"
        for v, s, c, country in zip(services, np.asarray(serials).tolist(), check.tolist(), countries, strict=True)
    ]
