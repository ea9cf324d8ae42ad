"""What the codes of a category are called, so that a reason speaks of a carton and not of ``CT``."""

from __future__ import annotations

from typing import Final

Names = dict[str, str]


def _named(en: str, vi: str, zh: str) -> Names:
    return {"en": en, "vi": vi, "zh": zh}


CODES: Final[dict[str, dict[str, Names]]] = {
    "transport_mode": {
        "1": _named("sea", "đường biển", "海运"),
        "2": _named("rail", "đường sắt", "铁路"),
        "3": _named("road", "đường bộ", "公路"),
        "4": _named("air", "đường hàng không", "空运"),
        "5": _named("post", "bưu chính", "邮递"),
        "6": _named("multimodal", "đa phương thức", "多式联运"),
        "7": _named("pipeline or other fixed installation", "đường ống hoặc công trình cố định", "管道等固定设施"),
        "8": _named("inland water", "đường thủy nội địa", "内河运输"),
    },
    "direction": {
        "import": _named("import", "nhập khẩu", "进口"),
        "export": _named("export", "xuất khẩu", "出口"),
        "transit": _named("transit", "quá cảnh", "过境"),
        "transhipment": _named("transhipment", "trung chuyển", "转运"),
        "frob": _named("freight remaining on board", "hàng giữ nguyên trên tàu", "不卸船货物"),
    },
    "nature_of_item": {
        "gift": _named("gift", "quà biếu", "礼品"),
        "documents": _named("documents", "tài liệu", "文件"),
        "sale": _named("sale of goods", "hàng bán", "销售货物"),
        "sample": _named("commercial sample", "hàng mẫu", "商业样品"),
        "returned": _named("returned goods", "hàng trả lại", "退运货物"),
        "other": _named("other", "loại khác", "其他"),
    },
    "freight_payment": {
        "A": _named("in cash", "tiền mặt", "现金"),
        "B": _named("by credit card", "thẻ tín dụng", "信用卡"),
        "C": _named("by cheque", "séc", "支票"),
        "D": _named("in another way", "hình thức khác", "其他方式"),
        "H": _named("by bank transfer", "chuyển khoản", "银行转账"),
        "Y": _named("on account with the carrier", "ghi nợ tài khoản tại hãng vận chuyển", "承运人账户记账"),
        "Z": _named("not prepaid", "chưa trả trước", "未预付"),
        "P": _named("prepaid", "trả trước", "预付"),
        "CC": _named("collect", "trả sau", "到付"),
    },
    "package_type": {
        "BA": _named("barrel", "thùng tròn", "琵琶桶"),
        "BE": _named("bundle", "bó", "捆"),
        "BG": _named("bag", "bao", "袋"),
        "BL": _named("bale", "kiện ép", "包"),
        "BX": _named("box", "hộp", "盒"),
        "CN": _named("container", "container", "集装箱"),
        "CR": _named("crate", "thùng thưa", "板条箱"),
        "CS": _named("case", "hòm", "箱"),
        "CT": _named("carton", "thùng các-tông", "纸箱"),
        "DR": _named("drum", "phuy", "圆桶"),
        "EN": _named("envelope", "phong bì", "信封"),
        "JY": _named("jerrican", "can nhựa", "便携油桶"),
        "LG": _named("log", "khúc gỗ", "原木"),
        "NE": _named("unpacked", "không đóng gói", "裸装"),
        "PK": _named("package", "kiện", "件"),
        "PX": _named("pallet", "pa-lét", "托盘"),
        "RO": _named("roll", "cuộn", "卷"),
        "SA": _named("sack", "bao tải", "大袋"),
        "VL": _named("liquid in bulk", "chất lỏng rời", "散装液体"),
        "VO": _named("solid in bulk, large pieces", "hàng rời dạng cục", "散装大块固体"),
        "VR": _named("solid in bulk, grains", "hàng rời dạng hạt", "散装颗粒固体"),
        "VY": _named("solid in bulk, powder", "hàng rời dạng bột", "散装粉末固体"),
    },
}
"""Column -> code -> its name by language; UN/ECE Recommendations 19 and 21, UN/EDIFACT 4237, CN22/CN23."""


def code_name(column: str, code: str, language: str = "en") -> str:
    """Return what a code of a column is called; the code itself where it has no name here.

    Examples
    --------
    >>> code_name("transport_mode", "1"), code_name("package_type", "CT", "zh"), code_name("container_type", "22G1")
    ('sea', '纸箱', '22G1')
    """
    names = CODES.get(column, {}).get(code, {})
    return names.get(language) or names.get("en") or code
