"""Bytes of unknown encoding to text: UTF-8 where it holds, else what the format map says, line by line if mixed."""

from __future__ import annotations

import codecs
import unicodedata
from typing import TYPE_CHECKING, Final

from omdrisk.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LOOKED_AT = 65_536
_BLOCK = 1 << 22
_CONTROLS = bytes(set(range(32)) - {9, 10, 12, 13, 26, 27})
_MOST_CONTROLS = 0.02
LAST_RESORT = "latin-1"


def _decoded(data: bytes, encodings: Sequence[str]) -> tuple[str, str]:
    for encoding in encodings:
        try:
            return unicodedata.normalize("NFC", data.decode(encoding)), encoding
        except UnicodeDecodeError:
            continue
    return data.decode(LAST_RESORT), LAST_RESORT


def _is_utf8(data: bytes) -> bool:
    # in blocks: a whole file as text would take up to four times its size
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(data)
    try:
        for start in range(0, len(data), _BLOCK):
            decoder.decode(view[start : start + _BLOCK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def as_utf8(file: str, data: bytes, encodings: Sequence[str]) -> tuple[bytes, tuple[tuple[str, int, str], ...]]:
    """Return the file as UTF-8 without a byte order mark, and what had to be mended: (rule, count, example).

    Raises
    ------
    InputError
        If the bytes are no text in any encoding.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            if encoding == "utf-8":
                data = data[len(mark) :]
                break
            text = data[len(mark) :].decode(encoding, errors="replace")
            return text.encode("utf-8"), ((f"encoding {encoding}", text.count("\n") + 1, file),)
    start = data[:_LOOKED_AT]
    if len(start) - len(start.translate(None, _CONTROLS)) > _MOST_CONTROLS * len(start):
        raise InputError(
            f"{file} is a binary file, not text. Save it as CSV (UTF-8), Excel or Parquet and name that file."
        )
    found: list[tuple[str, int, str]] = []
    if holes := data.count(b"\0"):
        data = data.replace(b"\0", b"")
        found.append(("NUL byte removed", holes, file))
    if data.isascii() or _is_utf8(data):
        return data, tuple(found)
    fallbacks = [name for name in encodings if name.replace("_", "-").lower() not in {"utf-8", "utf-8-sig"}]
    lines = data.split(b"\n")
    broken = [place for place, line in enumerate(lines) if not line.isascii() and not _is_utf8(line)]
    foreign = sum(not line.isascii() for line in lines)
    if len(broken) * 2 >= foreign:
        text, encoding = _decoded(data, fallbacks)
        found.append((f"encoding {encoding}", foreign, text.split("\n", broken[0] + 1)[broken[0]][:80]))
        return text.encode("utf-8"), tuple(found)
    example, encoding = _decoded(lines[broken[0]], fallbacks)
    for place in broken:
        lines[place] = _decoded(lines[place], fallbacks)[0].encode("utf-8")
    found.append((f"encoding {encoding} in single lines", len(broken), example[:80]))
    return b"\n".join(lines), tuple(found)
