"""The world as files of agencies: each administration in its own layout, untidy as such files are.

Vietnam writes e-manifest sheets as text: title rows, Vietnamese headers, days first, a decimal comma, and a party in one
cell as number#name#address. The others write canonical columns. Cases come as a CENcomm-like export, inspections as
canonical columns. A few rows are made unusable on purpose; they are additional rows, so that no shipment is missing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from omdrisk.records.schema import table

if TYPE_CHECKING:
    from collections.abc import Callable

    from omdrisk.simulation.world import World

BAD_SHARE: Final = 0.0002
E_MANIFEST: Final = "VN"
_VIETNAM_MICROS: Final = 7 * 3600 * 10**6
_TITLES: Final = ("TỔNG CỤC HẢI QUAN,,", "BẢN KHAI HÀNG HÓA (E-MANIFEST),,", ",,")

_HEADERS: Final = {
    "shipment_id": "Số khai báo",
    "filed_at": "Ngày khai báo",
    "office": "Chi cục hải quan",
    "transport_mode": "Phương thức vận chuyển",
    "master_doc_no": "Số vận đơn gốc",
    "house_doc_no": "Số vận đơn",
    "carrier_code": "Hãng vận chuyển",
    "vessel_name": "Tên tàu",
    "imo_no": "Số IMO",
    "voyage_flight_no": "Số chuyến",
    "place_of_receipt": "Nơi nhận hàng",
    "port_of_loading": "Cảng xếp hàng",
    "transhipment_ports": "Cảng trung chuyển",
    "port_of_discharge": "Cảng dỡ hàng",
    "place_of_delivery": "Cảng đích",
    "country_of_departure": "Nước xuất khẩu",
    "country_of_destination": "Nước đến",
    "etd": "Ngày khởi hành",
    "eta": "Ngày đến",
    "goods_description": "Tên hàng",
    "hs_code": "Mã HS",
    "country_of_origin": "Xuất xứ",
    "packages": "Số kiện",
    "package_type": "Loại kiện",
    "gross_weight_kg": "Tổng trọng lượng",
    "net_weight_kg": "Trọng lượng tịnh",
    "volume_m3": "Thể tích",
    "vgm_kg": "VGM",
    "quantity": "Số lượng",
    "unit": "Đơn vị tính",
    "invoice_value": "Trị giá",
    "currency": "Nguyên tệ",
    "freight_charge": "Cước phí",
    "insurance": "Phí bảo hiểm",
    "incoterm": "Điều kiện giao hàng",
    "freight_payment": "Hình thức thanh toán cước",
    "container_no": "Số container",
    "container_type": "Loại container",
    "seal_nos": "Số seal",
    "fill_status": "Tình trạng container",
    "reefer_temp_c": "Nhiệt độ",
    "un_dg_no": "Mã UN",
    "documents": "Giấy phép",
    "shipper_country": "Nước người gửi",
    "consignee_country": "Nước người nhận",
    "shipper_phone": "Điện thoại người gửi",
    "consignee_phone": "Điện thoại người nhận",
    "notify_phone": "Điện thoại người được thông báo",
}
_PARTIES: Final = {"consignee": "Người nhận hàng", "shipper": "Người gửi hàng", "notify": "Người được thông báo"}
_CASE_HEADERS: Final = {
    "case_id": "Case ID",
    "case_type": "Message Type",
    "case_status": "Status",
    "occurred_on": "Date of Seizure",
    "known_at": "Date Reported",
    "class": "Category",
    "source_system": "Source System",
    "phase": "Phase",
    "country_of_report": "Reporting Country",
    "office": "Customs Office",
    "location_type": "Location Type",
    "transport_mode": "Conveyance",
    "direction": "Direction",
    "shipment_id": "Shipment ID",
    "house_doc_no": "House Bill",
    "master_doc_no": "Master Bill",
    "container_no": "Container No",
    "declared_description": "Declared Goods",
    "declared_hs": "Declared HS",
    "commodity": "Product",
    "species": "Species",
    "cites_appendix": "CITES Appendix",
    "specimen_term": "Specimen",
    "quantity": "Quantity",
    "unit": "Unit",
    "kg_equivalent": "Kg Equivalent",
    "concealment_code": "Concealment",
    "detection_method": "Detection Method",
    "detection_technique": "Detection Technique",
    "country_of_origin": "Origin",
    "country_of_departure": "Departure",
    "transit_countries": "Transit",
    "country_of_destination": "Destination",
    "remarks": "Remarks",
}


def write_world(world: World, folder: str | Path) -> dict[str, list[Path]]:
    """Write a world below `folder`.

    Returns
    -------
    dict of str to list of pathlib.Path
        ``shipments`` (one file per administration; a name with ``vn-emanifest`` is in that format, the others are
        canonical), ``cases`` (format ``cencomm``), ``inspections`` (canonical), ``truth`` (Parquet, apart from the
        rest) and ``bad_rows`` (CSV: how many unusable rows each file was given).
    """
    root = Path(folder)
    (root / "truth").mkdir(parents=True, exist_ok=True)
    made: dict[str, list[Path]] = {"shipments": []}
    bad = []
    rng = np.random.Generator(np.random.PCG64(len(world.shipments)))
    for country, rows in world.shipments.groupby("country_of_report", sort=True):
        spoilt = _with_bad_rows(_texts(rows, vietnamese=country == E_MANIFEST), rng, country == E_MANIFEST)
        bad.append({"country": country, "rows": len(spoilt), "bad": len(spoilt) - len(rows)})
        if country == E_MANIFEST:
            path = root / f"manifest-{country}.vn-emanifest.csv"
            _write(_vietnamese(spoilt), path, titles=_TITLES)
        else:
            path = root / f"manifest-{country}.csv"
            _write(spoilt, path)
        made["shipments"].append(path)
    made["cases"] = [root / "cases.cencomm.csv"]
    cases = _texts(world.cases, kind="cases", day_first=True)
    _write(cases.rename(columns=_CASE_HEADERS), made["cases"][0])
    made["inspections"] = [root / "inspections.csv"]
    _write(_texts(world.inspections, kind="inspections"), made["inspections"][0])
    made["truth"] = [root / "truth" / "truth.parquet"]
    world.truth.to_parquet(made["truth"][0], index=False)
    made["bad_rows"] = [root / "truth" / "bad_rows.csv"]
    pd.DataFrame(bad).to_csv(made["bad_rows"][0], index=False)
    return made


def _texts(
    rows: pd.DataFrame, kind: str = "shipments", *, vietnamese: bool = False, day_first: bool = False
) -> pd.DataFrame:
    """Return the columns that hold anything, each value as it is written."""
    columns = table(kind).columns
    made = {}
    for name in rows.columns[rows.notna().any().to_numpy()]:
        values, type_ = rows[name], columns[name].type if name in columns else "text"
        if type_ == "time":
            made[name] = _times(values, day_first=vietnamese or day_first, shift=_VIETNAM_MICROS if vietnamese else 0)
        elif type_ in ("number", "count"):
            made[name] = _numbers(values, vietnamese=vietnamese)
        elif type_ == "flag":
            made[name] = values.astype("object").map({True: "Y", False: "N"}).astype("str")
        else:
            made[name] = values
    return pd.DataFrame(made, index=rows.index)


def _times(values: pd.Series, *, day_first: bool, shift: int) -> pd.Series:
    micros = values.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy(dtype="datetime64[us]") + np.timedelta64(
        shift, "us"
    )
    texts = np.datetime_as_string(micros, unit="m").astype(object)
    if day_first:
        texts = np.array([f"{each[8:10]}/{each[5:7]}/{each[:4]} {each[11:]}" for each in texts], dtype=object)
    else:
        texts = texts + "Z"
    return pd.Series(texts, index=values.index).where(values.notna()).astype("str")


def _numbers(values: pd.Series, *, vietnamese: bool) -> pd.Series:
    def plain(value: float) -> str:
        return f"{value:.3f}".rstrip("0").rstrip(".")

    def with_comma(value: float) -> str:
        whole, _, part = f"{value:,.3f}".partition(".")
        part = part.rstrip("0")
        return whole.replace(",", ".") + (f",{part}" if part else "")

    write: Callable[[float], str] = with_comma if vietnamese else plain
    return pd.Series(
        [None if value != value else write(value) for value in values.tolist()],  # noqa: PLR0124  (NaN)
        index=values.index,
        dtype="str",
    )


def _vietnamese(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what an e-manifest carries, under Vietnamese headers, with each party in one cell."""
    parts = {}
    for party, header in _PARTIES.items():
        fields = [f"{party}_{field}" for field in ("tax_id", "name", "address")]
        texts = [rows[field].fillna("").str.replace("#", " ") if field in rows else "" for field in fields]
        cells = texts[0] + "#" + texts[1] + "#" + texts[2]
        parts[header] = cells.where(cells != "##")
    named = rows[[name for name in rows.columns if name in _HEADERS]].rename(columns=_HEADERS)
    return pd.concat([named, pd.DataFrame(parts)], axis=1)


def _with_bad_rows(rows: pd.DataFrame, rng: np.random.Generator, vietnamese: bool) -> pd.DataFrame:
    """Return rows with a few more among them that no reader can use."""
    count = max(4, round(BAD_SHARE * len(rows)))
    chosen = rows.iloc[rng.choice(len(rows), size=count, replace=len(rows) < count)].copy()
    defects = np.arange(count) % 4
    ids = pd.Series([f"BAD-{number}" for number in range(count)], index=chosen.index)
    chosen["shipment_id"] = ids.where(defects != 3, chosen["shipment_id"])
    chosen["filed_at"] = chosen["filed_at"].mask(defects == 0, "31/02/2023 10:00" if vietnamese else "2023-02-31")
    chosen["gross_weight_kg"] = chosen["gross_weight_kg"].mask(defects == 1, "-12")
    chosen["consignee_country"] = chosen["consignee_country"].mask(defects == 2, "QX")
    return pd.concat([rows, chosen])


def _write(rows: pd.DataFrame, path: Path, titles: tuple[str, ...] = ()) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(f"{title}\n" for title in titles)
        rows.to_csv(file, index=False, lineterminator="\n")
