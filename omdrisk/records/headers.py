"""Which column of a file stands for which canonical column."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from omdrisk.records.format_map import FormatMap, TableMap, header_key
from omdrisk.records.schema import table

if TYPE_CHECKING:
    from collections.abc import Iterable

_PARTS = re.compile(r"\s*(?:[/\n|]|(?<=\S)\s+-\s+)\s*")
_BRACKETS = re.compile(r"[(\[（【]([^)\]）】]*)[)\]）】]")


@lru_cache(maxsize=4096)
def keys_of(header: str) -> tuple[str, ...]:
    """Return every spelling under which a header may be known, the whole one first.

    A header in two languages is known by each: "Người nhận hàng (Consignee)", "Số container / Container No".

    Examples
    --------
    >>> keys_of("Người nhận hàng (Consignee)")
    ('nguoi_nhan_hang_consignee', 'nguoi_nhan_hang', 'consignee')
    """
    bare = _BRACKETS.sub(" ", header)
    parts = [header, bare, *_PARTS.split(header), *_PARTS.split(bare), *_BRACKETS.findall(header)]
    return tuple(dict.fromkeys(key for key in map(header_key, parts) if key))


def accepted_headers(form: FormatMap, section: TableMap, name: str) -> dict[str, tuple[str, ...]]:
    """Return for each canonical column the header keys that are read as it, the preferred one first."""
    accepted = {column: tuple(map(header_key, headers)) for column, headers in section.columns.items()}
    if form.canonical_names:
        for column in table(name).columns:
            accepted[column] = (*accepted.get(column, ()), column)
    return accepted


def known_headers(form: FormatMap, section: TableMap, name: str) -> frozenset[str]:
    """Return the keys of all headers that the format knows for a table."""
    headers: list[str] = [*section.drop]
    headers += [header for split in section.split for header in split.headers]
    headers += [header for join in section.join.values() for header in join.headers]
    headers += [rule.header for labels in section.labels.values() for rule in labels.when]
    headers += [header for units in section.units.values() for header in units.header]
    accepted = accepted_headers(form, section, name)
    return frozenset(key for keys in accepted.values() for key in keys) | frozenset(map(header_key, headers))


def find_header(headers: Iterable[str], wanted: Iterable[str]) -> str | None:
    """Return the first header that is called as one of `wanted`, in whole or in one of its languages."""
    return assign(headers, {"": tuple(map(header_key, wanted))}).get("")


def assign(headers: Iterable[str], wanted: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """Return for each thing in `wanted` the header that is called so.

    A header whose whole name is wanted goes first, and may serve several things; a header that is known by a part of
    its name serves one.

    Examples
    --------
    >>> assign(["HS (code)", "HS"], {"hs": ("hs",), "code": ("code",)})
    {'hs': 'HS', 'code': 'HS (code)'}
    """
    whole: dict[str, str] = {}
    parts: dict[str, list[str]] = {}
    for header in headers:
        keys = keys_of(header)
        for key in keys[:1]:
            whole.setdefault(key, header)
        for key in keys[1:]:
            parts.setdefault(key, []).append(header)
    found = {thing: [whole[key] for key in keys if key in whole] for thing, keys in wanted.items()}
    told = {thing: named[0] for thing, named in found.items() if named}
    for thing, keys in wanted.items():
        if thing not in told:
            used = set(told.values())
            free = [header for key in keys for header in parts.get(key, ()) if header not in used]
            told.update((thing, header) for header in free[:1])
    return {thing: told[thing] for thing in wanted if thing in told}
