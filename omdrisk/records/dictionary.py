"""The data dictionary in Markdown, written from the declaration of the canonical tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from omdrisk.records.codes import HS_LONGEST, HS_SHORTEST, code_list
from omdrisk.records.format_map import TABLES, format_names, read_format
from omdrisk.records.schema import table
from omdrisk.records.schemes import SCHEMES

if TYPE_CHECKING:
    from omdrisk.records.schema import Column

_LONG: Final = frozenset({"countries", "currencies"})
_ON_UNKNOWN: Final = {"reject": "others reject the row", "keep": "others are kept", "drop": "others are left out"}
_HEAD: Final = """# Data dictionary

Written by `omdrisk dictionary --out docs/data-dictionary.md` from `omdrisk/records/tables/*.toml`; do not edit it.

Text and codes are text (a missing cell is missing, never an empty text), numbers are float64, moments are in UTC to the
microsecond, flags are true, false or missing. Columns that a table does not know are kept with the prefix `x_`. Where
"several" is said, values are joined by `;`. A shipment is one row: its items are `item_hs_codes` and
`goods_description`, its legs the ports in order, its parties eight groups of columns, its amendments the last one and
their number. One row is what a model scores and what a member's spreadsheet holds; no figure of the catalog needs more.

How files are read, mended and rejected, how a format map is written, where full lists of places, commodity codes and
species come from, and why this declaration is TOML: [records.md](records.md).
"""


def _rule(column: Column) -> str:
    rules = ["required"] if column.required else []
    if column.codes == "hs":
        rules.append(f"{HS_SHORTEST} to {HS_LONGEST} digits")
    elif column.codes:
        rules.append(f"list [{column.codes}](#{column.codes}), {_ON_UNKNOWN[column.on_unknown]}")
    if column.scheme:
        rules.append(f"scheme [{column.scheme}](#schemes)")
    if column.minimum is not None:
        rules.append(f"at least {column.minimum:g}")
    if column.maximum is not None:
        rules.append(f"at most {column.maximum:g}")
    return ", ".join([*rules, *(["several"] if column.many else [])])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def data_dictionary() -> str:
    """Return the data dictionary as Markdown.

    Examples
    --------
    >>> data_dictionary().splitlines()[0]
    '# Data dictionary'
    """
    lines = [_HEAD]
    lists: dict[str, None] = {}
    for name in TABLES:
        spec = table(name)
        lines += [f"## {name}", "", f"Key `{spec.key}`, moment `{spec.moment}`.", ""]
        lines += ["| column | type | unit | rule | meaning |", "|---|---|---|---|---|"]
        for column in spec.columns.values():
            if column.codes and column.codes != "hs":
                lists[column.codes] = None
            cells = (f"`{column.name}`", column.type, column.unit or "", _rule(column), column.meaning)
            lines.append("| " + " | ".join(map(_cell, cells)) + " |")
        lines.append("")
    lines += ["## Code lists", ""]
    for name in lists:
        codes = code_list(name).names
        shown = codes if name not in _LONG else dict(list(codes.items())[:5])
        told = ", ".join(f"`{code}` {words}" if words != code else f"`{code}`" for code, words in shown.items())
        more = f" and {len(codes) - len(shown)} more" if len(shown) < len(codes) else ""
        lines += [f"### {name}", "", f"{told}{more}.", ""]
    lines += ["## Schemes", ""]
    lines += ["Codes are brought to one spelling where that is clear. One that breaks its scheme is suspicious in the"]
    lines += ["quality summary; it rejects no row.", ""]
    lines += [f"- `{name}`: {scheme.title}" for name, scheme in SCHEMES.items()]
    lines += ["", "## Format maps", ""]
    lines += [f"- `{name}`: {read_format(name).title}" for name in format_names()]
    return "\n".join(lines) + "\n"
