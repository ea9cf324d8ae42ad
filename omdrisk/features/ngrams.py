"""Letter n-grams of texts in any script, hashed into numbered buckets.

Of scripts with spaces every word is cut into the runs of 2 to 4 letters that it has, with a sign for its begin and its
end, so that ``_tea`` is no part of ``steal``. Of scripts without spaces every run of 1 to 4 letters is taken. Digits
and signs divide, and say nothing themselves: a lot number or a tariff code in a description is no word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.compiling import compiled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Codes = NDArray[np.uint32]
    Places = NDArray[np.int64]

LONGEST = 4
#: Code points that stand for the begin and the end of a word: no text has them after folding.
EDGE = 2
#: Code point between two texts.
BETWEEN = 10


@compiled
def script_of(code: int) -> int:  # noqa: PLR0911 - a table of ranges
    """Return 0 for what divides words, 1 for a letter of a script with spaces, 2 of one without."""
    if code < 0x80:
        return 1 if 97 <= code <= 122 else 0
    if code < 0xDF:
        return 1 if code in (0xAA, 0xB5, 0xBA) else 0
    if code in (0xF7, 0x3005, 0x3006, 0x3007):
        return 0 if code == 0xF7 else 2
    if 0x0E00 <= code <= 0x0EFF or 0x1000 <= code <= 0x109F or 0x1780 <= code <= 0x17FF:
        return 2
    if 0x3040 <= code <= 0x30FF or 0x3400 <= code <= 0x4DBF or 0x4E00 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF:
        return 2
    if code < 0x1E00 or 0x1E00 <= code <= 0x1FFF or 0xA000 <= code <= 0xD7FF:
        return 1
    return 2 if 0x20000 <= code <= 0x3FFFF else 0


@compiled
def hash_texts(codes: Any, ends: Any, mask: int) -> Any:
    """Return the bucket of every n-gram of texts that stand one behind the other, and where each text's end."""
    buckets = np.empty(4 * codes.size + 3 * ends.size + 16, np.int32)
    until = np.empty(ends.size, np.int64)
    word = np.empty(codes.size + 2, np.uint64)
    count, at = 0, 0
    for text in range(ends.size):
        end = ends[text]
        while at < end:
            script = script_of(codes[at])
            if script == 0:
                at += 1
                continue
            size = 0
            if script == 1:
                word[0] = np.uint64(EDGE)
                size = 1
            while at < end and script_of(codes[at]) == script:
                word[size] = np.uint64(codes[at])
                size += 1
                at += 1
            if script == 1:
                word[size] = np.uint64(EDGE)
                size += 1
            for begin in range(size):
                mixed = np.uint64(14695981039346656037)
                for length in range(1, min(LONGEST, size - begin) + 1):
                    mixed = (mixed ^ word[begin + length - 1]) * np.uint64(1099511628211)
                    if length > 1 or script == 2:
                        spread = mixed ^ (mixed >> np.uint64(29))
                        spread = spread * np.uint64(0xBF58476D1CE4E5B9)
                        buckets[count] = np.int32((spread >> np.uint64(33)) & np.uint64(mask))
                        count += 1
        until[text] = count
    return buckets[:count], until


def hashed(texts: Sequence[str], bits: int) -> tuple[NDArray[np.int32], Places]:
    """Return the buckets of the n-grams of each text, one behind the other, and where each text's begin.

    Parameters
    ----------
    texts
        Texts as :func:`omdrisk.features.words.fold` leaves them.
    bits
        There are ``2 ** bits`` buckets.

    Returns
    -------
    The buckets, and one more place than there are texts: those of text ``i`` lie in ``places[i]:places[i + 1]``.

    Examples
    --------
    >>> buckets, places = hashed(["tea", "a tea 12", "茶"], bits=13)
    >>> places.tolist()
    [0, 9, 21, 22]
    >>> sorted(buckets[:9]) == sorted(buckets[12:21])
    True
    """
    joined = "\n".join(texts)
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    ends = np.append(np.flatnonzero(codes == BETWEEN), codes.size)
    if len(texts) == 0:
        return np.zeros(0, dtype=np.int32), np.zeros(1, dtype=np.int64)
    if ends.size != len(texts):
        lengths = np.array([len(text) for text in texts], dtype=np.int64)
        ends = np.cumsum(lengths + 1) - 1
    buckets, until = hash_texts(codes, ends, (1 << bits) - 1)
    return buckets, np.concatenate([np.zeros(1, dtype=np.int64), until])
