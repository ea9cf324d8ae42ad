"""Every trader of a table of shipments, once for each way in which it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from omdrisk.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

ROLES: Final = ("shipper", "consignee", "notify", "buyer", "seller", "forwarder", "declarant", "payer")
FIELDS: Final = ("name", "country", "tax_id", "address", "phone")


def _in_order(roles: pd.Series) -> str:
    return ";".join(sorted(set(roles.tolist())))


def parties_of(shipments: pd.DataFrame, roles: Iterable[str] = ROLES) -> pd.DataFrame:
    """Return the traders of shipments.

    Parameters
    ----------
    shipments
        A shipments table.
    roles
        Which parties; all eight if not said.

    Returns
    -------
    DataFrame
        One row for each distinct ``name``, ``country``, ``tax_id``, ``address`` and ``phone``, with ``shipments``, the
        number of times that it stands somewhere, and ``roles``, joined by ``;``. Rows without a name are left out.

    Raises
    ------
    InputError
        If a role is unknown, or no shipment names such a party.

    Examples
    --------
    >>> table = pd.DataFrame({"shipper_name": ["Maju", "Maju"], "consignee_name": ["Đại Phát", "Maju"]})
    >>> parties_of(table)[["name", "shipments", "roles"]].values.tolist()
    [['Maju', 3, 'consignee;shipper'], ['Đại Phát', 1, 'consignee']]
    """
    parts = []
    for role in roles:
        if role not in ROLES:
            raise InputError(f"there is no party {role!r}. {did_you_mean(role, ROLES)}")
        if f"{role}_name" not in shipments.columns:
            continue
        held = {name: shipments.get(f"{role}_{name}", pd.Series(np.nan, shipments.index, "str")) for name in FIELDS}
        parts.append(pd.DataFrame(held).astype("str").assign(role=role))
    whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*FIELDS, "role"])
    whole = whole[whole["name"].notna()]
    if whole.empty:
        raise InputError(f"the shipments name no {' or '.join(roles)}: a column as 'consignee_name' is needed.")
    groups = whole.groupby(list(FIELDS), sort=False, dropna=False)["role"]
    told = pd.DataFrame({"shipments": groups.size(), "roles": groups.agg(_in_order)})
    return told.reset_index().sort_values(
        ["shipments", "name"], ascending=[False, True], kind="stable", ignore_index=True
    )
