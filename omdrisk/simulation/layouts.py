"""Two layouts in which agencies hold data: the Vietnamese cargo declaration, and the common system's list of cases."""

from __future__ import annotations

import csv
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

TITLES = (
    ("TỔNG CỤC HẢI QUAN",),
    ("BẢN KHAI HÀNG HÓA (CARGO DECLARATION)",),
    (),
)
DIRECTIONS = {"import": "NK", "export": "XK", "transit": "QC", "transhipment": "TC"}
# Header, canonical column, how it is written.
EMANIFEST = (
    ("Số khai báo", "shipment_id", "text"),
    ("Ngày khai báo", "filed_at", "moment"),
    ("Chức năng", "message_function", "text"),
    ("Chi cục hải quan", "office", "text"),
    ("Loại hình", "direction", "direction"),
    ("Phương thức vận chuyển", "transport_mode", "text"),
    ("Số vận đơn gốc", "master_doc_no", "text"),
    ("Số vận đơn", "house_doc_no", "text"),
    ("Hãng vận chuyển", "carrier_code", "text"),
    ("Tên tàu", "vessel_name", "text"),
    ("Số IMO", "imo_no", "text"),
    ("Số chuyến", "voyage_flight_no", "text"),
    ("Nơi nhận hàng", "place_of_receipt", "text"),
    ("Cảng xếp hàng", "port_of_loading", "text"),
    ("Cảng trung chuyển", "transhipment_ports", "list"),
    ("Cảng dỡ hàng", "port_of_discharge", "text"),
    ("Cảng đích", "place_of_delivery", "text"),
    ("Nước xuất khẩu", "country_of_departure", "text"),
    ("Nước đến", "country_of_destination", "text"),
    ("Ngày khởi hành", "etd", "moment"),
    ("Ngày đến", "eta", "moment"),
    ("Người gửi hàng", "shipper", "party"),
    ("Nước người gửi", "shipper_country", "text"),
    ("Điện thoại người gửi", "shipper_phone", "text"),
    ("Người nhận hàng", "consignee", "party"),
    ("Nước người nhận", "consignee_country", "text"),
    ("Điện thoại người nhận", "consignee_phone", "text"),
    ("Người được thông báo", "notify", "party"),
    ("Điện thoại người được thông báo", "notify_phone", "text"),
    ("Tên hàng", "goods_description", "text"),
    ("Mã HS", "hs_code", "text"),
    ("Xuất xứ", "country_of_origin", "text"),
    ("Số kiện", "packages", "number"),
    ("Loại kiện", "package_type", "text"),
    ("Tổng trọng lượng", "gross_weight_kg", "number"),
    ("Trọng lượng tịnh", "net_weight_kg", "number"),
    ("Thể tích", "volume_m3", "number"),
    ("VGM", "vgm_kg", "number"),
    ("Số lượng", "quantity", "number"),
    ("Đơn vị tính", "unit", "text"),
    ("Trị giá", "invoice_value", "number"),
    ("Nguyên tệ", "currency", "text"),
    ("Cước phí", "freight_charge", "number"),
    ("Phí bảo hiểm", "insurance", "number"),
    ("Điều kiện giao hàng", "incoterm", "text"),
    ("Hình thức thanh toán cước", "freight_payment", "text"),
    ("Số container", "container_no", "text"),
    ("Loại container", "container_type", "text"),
    ("Số seal", "seal_nos", "list"),
    ("Tình trạng container", "fill_status", "text"),
    ("Nhiệt độ", "reefer_temp_c", "number"),
    ("Mã UN", "un_dg_no", "text"),
    ("Giấy phép", "documents", "list"),
)  # fmt: skip
CENCOMM = (
    ("Case ID", "case_id"), ("Message Type", "case_type"), ("Status", "case_status"),
    ("Date of Seizure", "occurred_on"), ("Date Reported", "known_at"), ("Category", "class"),
    ("Source System", "source_system"), ("Phase", "phase"),
    ("Reporting Country", "country_of_report"), ("Customs Office", "office"), ("Location Type", "location_type"),
    ("Conveyance", "transport_mode"), ("Direction", "direction"), ("Shipment ID", "shipment_id"),
    ("House Bill", "house_doc_no"), ("Master Bill", "master_doc_no"), ("Container No", "container_no"),
    ("Consignee", "consignee_name"), ("Consignor", "shipper_name"), ("Declared Goods", "declared_description"),
    ("Declared HS", "declared_hs"), ("Product", "commodity"), ("Species", "species"),
    ("CITES Appendix", "cites_appendix"),
    ("Specimen", "specimen_term"), ("Quantity", "quantity"), ("Unit", "unit"), ("Kg Equivalent", "kg_equivalent"),
    ("Concealment", "concealment_code"), ("Detection Method", "detection_method"),
    ("Detection Technique", "detection_technique"), ("Origin", "country_of_origin"),
    ("Departure", "country_of_departure"),
    ("Transit", "transit_countries"), ("Destination", "country_of_destination"), ("Confidence", "confidence"),
    ("Sharing Level", "sharing_level"), ("Remarks", "remarks"),
)  # fmt: skip


def decimal_comma(values: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return numbers as they are written in Vietnam: point for thousands, comma for decimals.

    Examples
    --------
    >>> decimal_comma(np.array([1155.5, 20.0, np.nan])).tolist()
    ['1.155,5', '20', None]
    """
    swap = str.maketrans(",.", ".,")
    texts = [
        None if isnan(number) else f"{number:,.3f}".rstrip("0").rstrip(".").translate(swap)
        for number in values.tolist()
    ]
    return np.array(texts, dtype=object)


def day_first(values: pd.Series, zone: float) -> NDArray[np.object_]:
    """Return moments as d/m/y and time of a local clock `zone` hours from UTC."""
    local = values.dt.tz_localize(None) + pd.Timedelta(hours=zone)
    texts: NDArray[np.object_] = local.dt.strftime("%d/%m/%Y %H:%M:%S").to_numpy(dtype=object)
    texts[values.isna().to_numpy()] = None
    return texts


def _party(table: pd.DataFrame, role: str) -> NDArray[np.object_]:
    def plain(column: str) -> NDArray[np.object_]:
        return table[column].fillna("").str.replace("#", " ", regex=False).to_numpy(dtype=object)

    number, name, address = (plain(f"{role}_{part}") for part in ("tax_id", "name", "address"))
    texts = [
        f"{a}#{b}#{c}" if a else (f"{b}#{c}" if c else (b or None))
        for a, b, c in zip(number, name, address, strict=True)
    ]
    return np.array(texts, dtype=object)


def emanifest_cells(table: pd.DataFrame, zone: float) -> pd.DataFrame:
    """Return shipments as the texts of a Vietnamese cargo declaration; columns that it does not know are left out."""
    made: dict[str, Any] = {"STT": [str(number) for number in range(1, len(table) + 1)]}
    for header, column, kind in EMANIFEST:
        if kind == "party":
            made[header] = _party(table, column)
        elif kind == "moment":
            made[header] = day_first(table[column], zone)
        elif kind == "number":
            made[header] = decimal_comma(table[column].to_numpy())
        elif kind == "direction":
            made[header] = table[column].map(DIRECTIONS)
        elif kind == "list":
            made[header] = table[column].str.replace(";", ", ", regex=False)
        else:
            made[header] = table[column]
    return pd.DataFrame(made).astype("str")


def cencomm_cells(cases: pd.DataFrame) -> pd.DataFrame:
    """Return cases as the texts of the common system's list."""
    made: dict[str, Any] = {}
    for header, column in CENCOMM:
        values = cases[column]
        if column in ("occurred_on", "known_at"):
            made[header] = day_first(values, 0.0)
        elif values.dtype == "float64":
            made[header] = [None if isnan(number) else f"{number:,.15g}" for number in values.tolist()]
        elif column == "transit_countries":
            made[header] = values.str.replace(";", ", ", regex=False)
        else:
            made[header] = values
    return pd.DataFrame(made).astype("str")


def _rows(cells: pd.DataFrame) -> list[list[str]]:
    columns = [cells[header].fillna("").tolist() for header in cells.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def write_text(cells: pd.DataFrame, path: Path) -> None:
    """Write the cells as text with semicolons, under a title, as a spreadsheet in a Vietnamese locale saves it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerows(TITLES)
        writer.writerow(cells.columns)
        writer.writerows(_rows(cells))


def write_sheet(cells: pd.DataFrame, path: Path) -> None:
    """Write the cells as an Excel sheet under a title, every cell as text."""
    import xlsxwriter

    as_text = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(path, {"constant_memory": True, **as_text})
    book.set_properties({"created": pd.Timestamp("2018-09-01").to_pydatetime()})
    sheet = book.add_worksheet("Ban khai")
    for row, title in enumerate(TITLES):
        for column, text in enumerate(title):
            sheet.write_string(row, column, text)
    for row, texts in enumerate([list(cells.columns), *_rows(cells)], start=len(TITLES)):
        for column, text in enumerate(texts):
            if text:
                sheet.write_string(row, column, text)
    book.close()
