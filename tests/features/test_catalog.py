from __future__ import annotations

import json
import shutil

import pytest

from omdrisk.errors import DefinitionError
from omdrisk.features import Catalog, Definition, history_keys, history_values

GOOD = """
[consignee_first_seen]
id = "P01"
kind = "days_since_first"
by = ["consignee"]
targets = ["drug", "wildlife"]
why = "New traders without a record are over-represented among front companies."
unit = "days"
monotone = -1
words.en = "First seen"
words.vi = "Lần đầu"
reason.en = "Consignee first seen {value} days ago"
reason.vi = "Người nhận hàng xuất hiện lần đầu cách đây {value} ngày"
reason.zh = "收货人首次出现于 {value} 天前"
reason_never.en = "Consignee never seen before"
told.below = 90

[weight_unusual]
id = "W01"
kind = "norm"
value = "weight_per_package"
by = [["hs6", "origin"], ["hs2"]]
min_cell = 25
targets = ["drug"]
why = "Weight betrays other goods."
modes = ["1", "4"]
sensitive = true
reason.en = "{value} kg per package, usual are {norm}"
"""
GOODS = """
[cover_load]
id = "G04"
kind = "listed"
table = "goods"
on = ["hs_code"]
targets = ["wildlife"]
why = "Cover loads."
reason.en = "Goods often used as cover: {label}"
"""


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "features"
    (root / "tables").mkdir(parents=True)
    (root / "parties.toml").write_text(GOOD, encoding="utf-8")
    (root / "goods.toml").write_text(GOODS, encoding="utf-8")
    (root / "tables" / "goods.csv").write_text("# own\nhs_prefix,weight,note\n0507,1,horn\n", encoding="utf-8")
    (root / "tables" / "spare.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    return root


def test_read(folder):
    catalog = Catalog.read(folder)
    assert list(catalog.definitions) == ["cover_load", "consignee_first_seen", "weight_unusual"]
    assert catalog.families == ("goods", "parties")
    first = catalog.definitions["consignee_first_seen"]
    assert first.kind.word == "days_since_first"
    assert first.words == {"en": "First seen", "vi": "Lần đầu"}
    assert first.needs == ("consignee_tax_id", "consignee_country", "consignee_name")
    assert (first.monotone, first.unit, first.modes, first.sensitive) == (-1, "days", (), False)
    assert first.tells(10.0)
    assert not first.tells(90.0)
    assert catalog["cover_load"].words == {"en": "cover load"}
    assert "hs_code" in catalog.needs
    assert set(catalog.tables) == {"goods", "spare"}


def test_what_a_history_must_hold(folder):
    catalog = Catalog.read(folder)
    assert history_keys(catalog) == ("consignee", "hs2", "hs6", "origin")
    assert history_values(catalog) == ("weight_per_package",)
    assert history_keys(catalog.only(["goods"])) == ()


def test_only(folder):
    catalog = Catalog.read(folder)
    assert list(catalog.only(["weight_unusual", "goods"]).definitions) == ["cover_load", "weight_unusual"]
    assert set(catalog.only(["goods"]).tables) == {"goods"}
    assert set(catalog.only("parties").tables) == set()
    with pytest.raises(DefinitionError, match=r"'partis' is neither a family nor an indicator. Did you mean 'parties'"):
        catalog.only(["partis"])
    with pytest.raises(DefinitionError, match=r"indicator 'cover_lod' is unknown. Did you mean 'cover_load'"):
        catalog["cover_lod"]


def test_a_frozen_catalog_comes_back_without_its_folder(folder):
    catalog = Catalog.read(folder)
    frozen = json.dumps(catalog.to_dict(), ensure_ascii=False)
    shutil.rmtree(folder)
    thawed = Catalog.from_dict(json.loads(frozen))
    assert thawed == catalog
    assert hash(thawed) == hash(catalog)
    assert list(thawed.definitions.values()) == list(catalog.definitions.values())
    assert json.dumps(thawed.to_dict(), ensure_ascii=False) == frozen


def test_a_catalog_of_another_format_is_refused():
    with pytest.raises(DefinitionError, match="catalog format 9 is not 1"):
        Catalog.from_dict({"format": 9, "definitions": [], "tables": {}})


BAD = [
    (
        'kind = "days_since_first"',
        'kind = "days_since_frist"',
        "kind 'days_since_frist' is unknown. Did you mean",
    ),
    ('kind = "days_since_first"', "kind = 3", "kind: must be a text, not 3"),
    ('kind = "days_since_first"', "", "'kind' is missing"),
    (
        'by = ["consignee"]',
        'bye = ["consignee"]',
        "argument 'bye' is unknown for kind 'days_since_first'. Did you mean 'by'",
    ),
    ('by = ["consignee"]', "", "argument 'by' is missing: kind 'days_since_first' needs it"),
    ('by = ["consignee"]', 'by = ["consigne"]', "by: entity 'consigne' is unknown. Did you mean 'consignee'"),
    ('by = ["consignee"]', "by = 3", "by: must be a list of texts, not 3"),
    ('by = ["consignee"]', "by = []", "by: must be a list of texts"),
    ('by = ["consignee"]', 'by = ["consignee", "consignee"]', "by: names something twice"),
    ('by = ["consignee"]', 'by = ["ata"]', "by: 'ata' is known only after filing: it can never be a feature"),
    ('targets = ["drug", "wildlife"]', "", "'targets' is missing"),
    ('targets = ["drug", "wildlife"]', 'targets = "drug"', "targets: must be a list of texts, not 'drug'"),
    ('id = "P01"', "", "'id' is missing"),
    ("monotone = -1", "monotone = 2", "monotone: must be -1, 0 or 1, not 2"),
    (
        'words.vi = "Lần đầu"',
        'words.vn = "Lần đầu"',
        "words: language 'vn' is unknown. Did you mean 'vi'|words: language 'vn'",
    ),
    ('words.en = "First seen"', "", "words: must have at least a text in 'en'"),
    ("{value} days ago", "{valu} days ago", "reason.en: placeholder 'valu' is unknown. Did you mean 'value'"),
    ("{value} days ago", "{value days ago", "reason.en: .*Write {{ for a brace"),
    ("{value} days ago", "{norm} days ago", "reason.en: kind 'days_since_first' has no norm"),
    ("Consignee never seen before", "{0} never", "reason_never.en: placeholder '0' is unknown"),
    ("{value} days ago", "{value:.1f} days ago", r"reason.en: write {value} alone"),
    ("told.below = 90", "told.under = 90", "told: 'under' is unknown"),
    ("told.below = 90", 'otherwise.en = "Known"', "otherwise: without 'told'"),
    (
        "told.below = 90",
        'told.below = 90\notherwise.en = "{norm}"',
        "otherwise.en: kind 'days_since_first' has no norm",
    ),
    ("{value} days ago", "{value|day} ago", r"reason.en: write {value\|one\|many}"),
    ("{value} days ago", "{value||days} ago", r"reason.en: write {value\|one\|many}"),
    ("{value} days ago", "{label|day|days} ago", r"reason.en: write {label\|one\|many}"),
    ("told.below = 90", 'told.below = "90"', "told: below: must be a number"),
    ("min_cell = 25", "min_cell = 2.5", "min_cell: must be a whole number above 0, not 2.5"),
    ('by = [["hs6", "origin"], ["hs2"]]', 'by = ["hs6"]', "by: must be a list of lists of entity names"),
    ('value = "weight_per_package"', 'value = "hs_code"', "value: number 'hs_code' is unknown"),
    ('value = "weight_per_package"', 'value = "ata"', "value: number 'ata' is unknown"),
    ('modes = ["1", "4"]', 'modes = ["sea"]', "modes: 'sea' is no mode of UN/ECE Recommendation 19"),
    ("sensitive = true", 'sensitive = "yes"', "sensitive: must be true or false, not 'yes'"),
    ("[weight_unusual]", "[Weight]", "the name must be small letters"),
]


@pytest.mark.parametrize(("right", "wrong", "said"), BAD)
def test_errors_name_file_definition_and_key(folder, right, wrong, said):
    path = folder / "parties.toml"
    assert right in GOOD
    path.write_text(GOOD.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(DefinitionError, match=said) as error:
        Catalog.read(folder)
    assert str(error.value).startswith("features/parties.toml: [")


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('table = "goods"', 'table = "good"', "table 'good' is unknown. Did you mean 'goods'"),
        ('on = ["hs_code"]', 'on = ["incoterm"]', "table 'goods' has no column 'incoterm'"),
        (
            'on = ["hs_code"]',
            'on = ["hs_code"]\nvalue = "wieght"',
            "has no column 'wieght'. Did you mean 'weight'",
        ),
    ],
)
def test_errors_about_tables(folder, right, wrong, said):
    (folder / "goods.toml").write_text(GOODS.replace(right, wrong), encoding="utf-8")
    with pytest.raises(DefinitionError, match=said) as error:
        Catalog.read(folder)
    assert str(error.value).startswith("features/goods.toml: [cover_load] ")


def test_a_name_may_stand_once(folder):
    (folder / "route.toml").write_text(GOODS, encoding="utf-8")
    with pytest.raises(
        DefinitionError,
        match=r"features/route.toml: \[cover_load\] is already defined in features/goods.toml",
    ):
        Catalog.read(folder)


def test_a_file_that_is_not_toml(folder):
    (folder / "route.toml").write_text("[a\n", encoding="utf-8")
    with pytest.raises(DefinitionError, match=r"features/route.toml: is not TOML: .*line 1"):
        Catalog.read(folder)


def test_a_key_outside_every_definition(folder):
    (folder / "route.toml").write_text('title = "route"\n', encoding="utf-8")
    with pytest.raises(DefinitionError, match=r"features/route.toml: \[title\] must be a table of keys"):
        Catalog.read(folder)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(DefinitionError, match="no such folder"):
        Catalog.read(tmp_path / "nowhere")
    with pytest.raises(DefinitionError, match="holds no definitions"):
        Catalog.read(tmp_path)


@pytest.mark.parametrize(
    "column",
    [
        *(
            "consignee",
            "shipper_address",
            "shipper_person",
            "x_importer_id",
            "x_declarant_name",
            "house_doc_no",
        ),
        *("seal_nos", "container", "goods_description", "text", "shipper_email", "payer_phone", "permit"),
        "consignee_tax_id",
    ],
)
def test_a_category_never_holds_who_it_was(column):
    spec = {
        "id": "X",
        "kind": "category",
        "column": column,
        "targets": ["drug"],
        "why": "-",
        "reason": {"en": "-"},
    }
    from omdrisk.features import Tables

    with pytest.raises(DefinitionError, match="could identify somebody"):
        Definition.read("c", "f", spec, Tables())


@pytest.mark.parametrize("column", ["carrier_code", "un_dg_no", "vessel_name", "office", "x_regime", "hs2", "express"])
def test_a_category_may_hold_what_it_was(column):
    from omdrisk.features import Tables

    spec = {
        "id": "X",
        "kind": "category",
        "column": column,
        "targets": ["drug"],
        "why": "-",
        "reason": {"en": "-"},
    }
    assert Definition.read("c", "f", spec, Tables()).kind.categorical


def test_the_shipped_catalog_reads_and_comes_back():
    catalog = Catalog.read()
    assert len(catalog) > 100
    assert Catalog.from_dict(json.loads(json.dumps(catalog.to_dict()))) == catalog
