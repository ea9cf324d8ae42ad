"""The key under which a trader is remembered: its official number if it has a plausible one, else country and name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omdrisk.parties.names import normal_form
from omdrisk.parties.numbers import UNKNOWN_COUNTRY, official_number
from omdrisk.parties.uniques import by_unique_rows

if TYPE_CHECKING:
    import pandas as pd


def party_key(name: str | None, country: str | None, tax_id: str | None) -> str:
    """Return the key of one trader, or an empty text if neither number nor name says who it is.

    Examples
    --------
    >>> party_key("CTY TNHH Đại Phát", "VN", "0100233488"), party_key("TO ORDER", "VN", None)
    ('tax:VN:0100233488', '')
    """
    place = country.upper() if country else UNKNOWN_COUNTRY
    if tax_id and (number := official_number(place, tax_id)):
        return f"tax:{place}:{number}"
    if name and (form := normal_form(name)):
        return f"name:{place}:{form}"
    # a number of the wrong shape is still better than nothing where there is no name
    if tax_id and (number := official_number(UNKNOWN_COUNTRY, tax_id)):
        return f"tax:{place}:{number}"
    return ""


def party_keys(name: pd.Series, country: pd.Series, tax_id: pd.Series) -> pd.Series:
    """Return the key of each trader, missing where neither number nor name says who it is.

    Parameters
    ----------
    name, country, tax_id
        Columns of one party, of one index, dtype ``str``.

    Examples
    --------
    >>> import pandas as pd
    >>> text = lambda *values: pd.Series(values, dtype="str")
    >>> keys = party_keys(text("CTY TNHH Đại Phát", "DAI PHAT LTD"), text("VN", "VN"), text("0100233488", None))
    >>> keys.tolist()
    ['tax:VN:0100233488', 'name:VN:dai phat']
    """
    return by_unique_rows((name, country, tax_id), party_key)
