"""Names: the same firm in several spellings is one, two firms are two."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omdrisk.parties import (
    address_keys,
    is_plausible,
    latin_form,
    normal_form,
    normal_forms,
    official_numbers,
    party_keys,
    phone_keys,
)

ANY_TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)

SAME = {
    "vi": [
        "CÔNG TY TNHH XUẤT NHẬP KHẨU ĐẠI PHÁT",
        "Cty TNHH XNK Đại Phát",
        "CONG TY TNHH MTV XUAT NHAP KHAU DAI PHAT",
        "DAI PHAT IMPORT EXPORT CO., LTD",
        "Dai Phat Import & Export Co Ltd.",
        "CÔNG TY TRÁCH NHIỆM HỮU HẠN MỘT THÀNH VIÊN XUẤT NHẬP KHẨU ĐẠI PHÁT",
        "dai phat  IMPORT-EXPORT company limited",
    ],
    "vi services": [
        "CÔNG TY CỔ PHẦN THƯƠNG MẠI DỊCH VỤ HOÀNG GIA",
        "Hoang Gia Trading Service JSC",
        "CTCP TMDV Hoàng Gia",
    ],
    "my": ["MAJU JAYA SDN. BHD.", "Maju Jaya Sdn Bhd", "MAJU JAYA SENDIRIAN BERHAD"],
    "id": ["PT MAJU SENTOSA TBK", "PT. Maju Sentosa, Tbk.", "P.T. MAJU SENTOSA"],
    "sg": ["ABC LOGISTICS PTE LTD", "ABC Logistics Pte. Ltd.", "ABC LOGISTICS (PTE) LTD"],
    "zh": ["广州南沙贸易有限公司", "廣州南沙貿易有限公司", "广州南沙贸易 有限责任公司"],
    "zh group": ["大发集团有限公司", "大發集團股份有限公司"],
    "th": ["บริษัท ไทยรุ่งเรือง จำกัด", "บริษัท ไทยรุ่งเรือง จำกัด (มหาชน)", "บจก. ไทยรุ่งเรือง"],
    "km": ["ក្រុមហ៊ុន សុខា", "សុខា CO., LTD"],
    "lo": ["ບໍລິສັດ ລາວຈະເລີນ ຈຳກັດ", "ລາວຈະເລີນ SOLE CO LTD"],
    "kr": ["주식회사 한국상사", "(주)한국상사", "㈜ 한국상사"],
    "jp": ["株式会社山田商店", "山田商店株式会社", "㈱山田商店"],
    "person": ["NGUYEN VAN AN", "Nguyễn Văn An", "An, Nguyen Van"],
    "bank": ["TO THE ORDER OF VIETCOMBANK", "To Order Of Vietcombank", "VIETCOMBANK"],
}


@pytest.mark.parametrize("group", SAME)
def test_spellings_of_one_firm_have_one_form(group):
    forms = {normal_form(name) for name in SAME[group]}
    assert len(forms) == 1
    assert forms != {""}


def test_different_firms_have_different_forms():
    forms = [normal_form(names[0]) for names in SAME.values()]
    assert len(set(forms)) == len(forms)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Đại Phát", "大发"),
        ("DA FA TRADING CO LTD", "大发贸易有限公司"),
        ("大发有限公司", "达发有限公司"),
        ("天元贸易有限公司", "天源贸易有限公司"),
        ("ABC (HK) LIMITED", "ABC LIMITED"),
        ("DAI PHAT TRADING", "DAI PHAT TRANSPORT"),
        ("PT MAJU", "PT MAJU JAYA"),
        ("MAJU MAJU", "MAJU"),
        ("NGUYEN VAN AN", "NGUYEN VAN ANH"),
    ],
)
def test_names_that_sound_or_mean_alike_stay_apart(one, other):
    assert normal_form(one) != normal_form(other)


@pytest.mark.parametrize(
    "name", ["TO ORDER", "To the order of", "same as consignee", "N/A", "UNKNOWN", "---", "  ", "凭指示", "X"]
)
def test_a_field_that_names_nobody(name):
    assert normal_form(name) == ""


@pytest.mark.parametrize("name", ["CO LTD", "PT", "Công ty TNHH", "有限公司", "IMPORT EXPORT TRADING", "AND"])
def test_a_name_of_nothing_but_common_words_is_kept(name):
    assert normal_form(name) != ""


def test_vietnamese_abbreviations_count_only_behind_a_vietnamese_form():
    assert normal_form("CTY TNHH TM DAI PHAT") == normal_form("CTY TNHH THƯƠNG MẠI ĐẠI PHÁT")
    assert normal_form("TM DAI PHAT LTD") != normal_form("DAI PHAT TRADING LTD")


@given(ANY_TEXT)
def test_any_text_has_a_stable_form(text):
    form = normal_form(text)
    assert normal_form(text.upper().lower()) is not None
    assert form == " ".join(sorted(form.split()))
    assert latin_form(text).isascii()


@given(st.lists(st.sampled_from(["dai", "phat", "trading", "hong", "an"]), min_size=1, max_size=5))
def test_word_order_and_case_do_not_matter(words):
    spelled = {normal_form(" ".join(order).title()) for order in itertools.islice(itertools.permutations(words), 12)}
    assert len(spelled) == 1


@given(st.lists(st.none() | st.sampled_from([name for names in SAME.values() for name in names]), max_size=60))
def test_columns_are_as_their_cells(names):
    made = normal_forms(pd.Series(names, dtype="str"))
    assert plain(made) == [normal_form(name) if name else None for name in names]


@pytest.mark.parametrize(
    ("number", "country", "right"),
    [
        ("0100233488", "VN", True),
        ("0100233489", "VN", False),
        ("0100233488-001", "VN", True),
        ("VN 0100233488", "VN", True),
        ("12345", "VN", False),
        ("91110000600037341L", "CN", True),
        ("911100006000373410", "CN", False),
        ("QLRUBN9", None, True),
        ("0000000", None, False),
        ("NONE", None, False),
        ("ab", None, False),
        ("12345678-000", "HK", True),
        ("anything9", "LA", True),
    ],
)
def test_official_numbers(number, country, right):
    assert is_plausible(number, country) is right


def test_a_branch_is_its_firm():
    numbers = official_numbers(
        pd.Series(["0100233488-001", "0100233488"], dtype="str"), pd.Series(["VN", "VN"], dtype="str")
    )
    assert numbers.tolist() == ["0100233488"] * 2


def plain(values: pd.Series) -> list[str | None]:
    return [value if isinstance(value, str) else None for value in values.tolist()]


def keys(*rows: tuple[str | None, str | None, str | None]) -> list[str | None]:
    frame = pd.DataFrame(list(rows), columns=["name", "country", "tax_id"], dtype="str")
    made = party_keys(frame["name"], frame["country"], frame["tax_id"])
    return plain(made)


CASES = [
    (("ĐẠI PHÁT", "VN", "0100233488"), "tax:VN:0100233488"),
    (("Dai Phat", "VN", "0100233489"), "name:VN:dai phat"),
    (("Dai Phat", "VN", None), "name:VN:dai phat"),
    (("Dai Phat", None, None), "name:ZZ:dai phat"),
    ((None, None, "QLRUBN9"), "tax:ZZ:QLRUBN9"),
    ((None, "VN", "12345"), "tax:VN:12345"),
    (("TO ORDER", "VN", None), None),
    ((None, "VN", None), None),
    ((None, None, None), None),
    (("大发", "CN", None), "name:CN:大发"),
]


@pytest.mark.parametrize(("row", "key"), CASES)
def test_party_keys(row, key):
    assert keys(row) == [key]


@pytest.mark.parametrize("times", [1, 40])
def test_few_rows_and_many_rows_agree(times):
    assert keys(*[row for row, _ in CASES * times]) == [key for _, key in CASES * times]


def test_the_index_is_kept():
    text = pd.Series(["A B", None], index=["x", "y"], dtype="str")
    assert party_keys(text, text, text).index.tolist() == ["x", "y"]


def test_addresses_and_telephones():
    addresses = ["12 Đường Lê Lợi, Quận 1", "12 LE LOI STR., Q.1", "13 Le Loi, Q1", None]
    made = address_keys(pd.Series(addresses, dtype="str"))
    assert made[0] == made[1] != made[2]
    assert pd.isna(made[3])
    phones = phone_keys(
        pd.Series(["+84 912 345 678", "0912345678", "84-912.345.678", "0000000000", "ext 5"], dtype="str")
    )
    assert set(phones.iloc[:3]) == {"912345678"}
    assert phones.iloc[3:].isna().all()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Mr Somchai Jaidee", "SOMCHAI JAIDEE", True),
        ("Ông Phạm Văn Đức", "PHAM VAN DUC", True),
        ("王小明先生", "王小明", True),
        ("ONG BENG SENG", "BENG SENG", False),
        ("DR PLASTICS LTD", "PLASTICS LTD", False),
        ("Ahmad bin Ali", "ALI BIN AHMAD", False),
        ("SITI BINTE OMAR", "Siti binti Omar", True),
        ("ABC PTE LTD (JURONG BRANCH)", "ABC PTE LTD", True),
        ("ABC (JURONG) PTE LTD", "ABC PTE LTD", False),
        ("SYARIKAT MELATI SDN BHD", "MELATI SDN BHD", True),
        ("江门市新会电子有限公司", "江门新会电子有限公司", True),
        ("大都市有限公司", "大都有限公司", False),
    ],
)
def test_forms_of_address_fathers_branches_and_places(one, other, same):
    assert (normal_form(one) == normal_form(other)) is same
