"""What a registered bundle takes and gives: every canonical column, all but two optional, and a made-up example.

The example is invented. Rows of a real manifest would put traders' names into a model that may leave the agency.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from omdrisk.records import table

if TYPE_CHECKING:
    from collections.abc import Iterable

_INVENTED = {
    "shipment_id": ["EXAMPLE-1", "EXAMPLE-2"],
    "filed_at": ["2023-05-02T03:30:00Z", "2023-05-02T04:00:00Z"],
    "country_of_report": ["VN", "VN"],
    "transport_mode": ["1", "4"],
    "port_of_loading": ["NGAPP", "HKG"],
    "port_of_discharge": ["VNHPH", "SGN"],
    "goods_description": ["CASHEW NUTS IN SHELL", "PHONE ACCESSORIES"],
    "hs_code": ["080131", "851779"],
    "packages": [400.0, 3.0],
    "gross_weight_kg": [24500.0, 41.5],
    "shipper_name": ["EXAMPLE EXPORTS LTD", "EXAMPLE TRADING CO"],
    "shipper_country": ["NG", "HK"],
    "consignee_name": ["CONG TY TNHH VI DU", "NGUYEN VAN VI DU"],
    "consignee_country": ["VN", "VN"],
}


def example() -> pd.DataFrame:
    """Return two made-up shipments: texts and numbers, as a caller of the served model would send them."""
    return pd.DataFrame(_INVENTED)


def signature(outputs: pd.DataFrame, further: Iterable[str] = ()) -> Any:
    """Return the MLflow signature of a bundle.

    Parameters
    ----------
    outputs
        Scores of any shipments, for the names and types of what comes out.
    further
        Columns outside the canonical table that the heads use (``x_...``).
    """
    from mlflow.models import ModelSignature
    from mlflow.types.schema import AnyType, ColSpec, DataType, Schema

    kinds = {"text": DataType.string, "code": DataType.string, "number": DataType.double, "count": DataType.double}
    shipments = table("shipments")
    # times and flags may come as text, as typed values, or with some missing: as_table reads them all
    inputs = [
        ColSpec(
            kinds.get(column.type) or AnyType(), name, required=name in shipments.required and column.type == "text"
        )
        for name, column in shipments.columns.items()
    ]
    inputs += [ColSpec(AnyType(), name, required=False) for name in further]
    given = {"f": DataType.double, "i": DataType.long, "u": DataType.long, "M": DataType.datetime}
    told = [ColSpec(given.get(outputs[name].dtype.kind, DataType.string), name) for name in outputs.columns]
    return ModelSignature(inputs=Schema(inputs), outputs=Schema(told))
