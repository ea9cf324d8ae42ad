"""The shipped catalog says what it should, in three languages, and its tables and rules fit together."""

from __future__ import annotations

import csv
import re
import tomllib
from itertools import chain
from typing import TYPE_CHECKING

import pytest

from omdrisk.entities import PARTY_ENTITIES
from omdrisk.explaining import Teller
from omdrisk.features import Catalog, Definition
from omdrisk.features.lexicon import Lexicon, read_terms
from omdrisk.resources import definitions
from tests.catalog.samples import LABELS, samples

if TYPE_CHECKING:
    from pathlib import Path

LAST = {"P": 20, "R": 15, "G": 16, "W": 10, "C": 10, "D": 9, "F": 4, "E": 8, "L": 4, "S": 3, "T": 2, "N": 2}
INDICATORS = {f"{letter}{number:02d}" for letter, last in LAST.items() for number in range(1, last + 1)}
BACKGROUND = {"Z01", "Z02", "Z03", "Z04", "Z05"}
NOT_COVERED = {"P17", "G06", "W07", "C08", "C09", "C10", "F04", "E08", "N02"}
FAMILIES = {
    "parties", "route", "goods", "measures", "equipment", "documents",
    "payment", "postal", "wildlife", "chemicals", "timing", "network",
}  # fmt: skip
UNITS = {"", "days", "hours", "kg", "%", "count"}
LANGUAGES = ("en", "vi", "zh")
SENTENCES = ("words", "reason", "otherwise", "reason_never")
COUNTRY_TABLES = {
    "corridors_drug", "corridors_wildlife", "range_states",
    "timber_range", "chemical_destinations", "golden_triangle_places",
}  # fmt: skip
NOT_KEYS = {"weight", "note", "source", "match", "reviewed_by", "common_name"}
FOLDER = definitions("features")
TABLES = sorted((FOLDER / "tables").glob("*.csv"))
SPECS = {
    (family, name): spec
    for family in sorted(FAMILIES)
    for name, spec in tomllib.loads((FOLDER / f"{family}.toml").read_text(encoding="utf-8")).items()
}
RULES = tomllib.loads((definitions("models") / "rules.toml").read_text(encoding="utf-8"))["rule"]


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.read()


@pytest.fixture(scope="module")
def shipped(catalog: Catalog) -> list[Definition]:
    return [catalog[name] for _, name in SPECS]


def test_every_definition_of_the_files_is_in_the_catalog(catalog: Catalog) -> None:
    assert {(d.family, d.name) for d in catalog if d.family in FAMILIES} == set(SPECS)
    assert len({name for _, name in SPECS}) == len(SPECS) >= 70


def test_every_family_has_definitions() -> None:
    assert {family for family, _ in SPECS} == FAMILIES


def test_the_indicators_are_those_of_the_list_but_for_the_ones_named_in_the_readme() -> None:
    assert len(INDICATORS) == 103
    ids = {spec["id"] for spec in SPECS.values()}
    assert ids == (INDICATORS - NOT_COVERED) | BACKGROUND
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert {line[2:5] for line in readme.splitlines() if line.startswith("| ")} & INDICATORS == NOT_COVERED


@pytest.mark.parametrize("key", SPECS, ids="/".join)
def test_words_are_there_in_three_languages(key: tuple[str, str]) -> None:
    spec = SPECS[key]
    assert spec["why"].endswith(".")
    assert set(spec.get("targets", ())) <= {"drug", "wildlife"}
    assert {"words", "reason"} <= set(spec)
    for kind in SENTENCES:
        if kind in spec:
            assert tuple(spec[kind]) == LANGUAGES
            assert all(text.strip() == text != "" for text in spec[kind].values())


@pytest.mark.parametrize("key", SPECS, ids="/".join)
def test_the_three_languages_tell_the_same_values(key: tuple[str, str]) -> None:
    spec = SPECS[key]
    for kind in SENTENCES:
        texts = spec.get(kind, {}).values()
        told = [sorted(re.findall(r"{(\w+)[|}]", text)) for text in texts]
        assert all(one == told[0] for one in told)
        if kind not in ("reason", "otherwise"):
            assert not any(told)


@pytest.mark.parametrize("key", SPECS, ids="/".join)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_value_reads_right(catalog: Catalog, key: tuple[str, str], language: str) -> None:
    definition = catalog[key[1]]
    teller = Teller(definition, language, LABELS.get(definition.kind.arguments().get("column"), ()))
    values = samples(definition)
    assert len(values) >= 2
    for value, shown, norm in values:
        said = teller.tell(value, shown, norm)
        assert said is not None
        assert not re.search(r"[{}=|]|\bnan\b|  ", said), said
        assert language != "en" or not re.search(r"(?<![\d.,])1 (earlier )?\w+s\b", said), said
        assert said == said.strip()
        assert said[0] == said[0].upper()
        assert said != f"{definition.words[language]}: {value:g}"
    never = teller.tell(float("nan"))
    assert (never is None) == (not definition.reason_never)


@pytest.mark.parametrize("key", SPECS, ids="/".join)
def test_both_sides_of_a_bound_have_a_sentence(key: tuple[str, str]) -> None:
    assert ("told" in SPECS[key]) == ("otherwise" in SPECS[key])


def test_a_sentence_without_a_value_is_told_only_where_it_is_true() -> None:
    for key, spec in SPECS.items():
        if "{value" not in spec["reason"]["en"]:
            assert spec.get("told"), key


def test_units_are_known_and_shares_are_told_without_a_second_percent_sign() -> None:
    for key, spec in SPECS.items():
        assert spec.get("unit", "") in UNITS, key
        if spec.get("unit") == "%":
            assert not any("%" in text for text in spec["reason"].values()), key


def test_only_find_rates_finds_and_links_to_cases_are_monotone() -> None:
    monotone = {spec["kind"] for spec in SPECS.values() if spec.get("monotone")}
    assert monotone == {"rate", "finds", "near_case"}
    assert all(spec["monotone"] == 1 for spec in SPECS.values() if spec["kind"] in monotone)


def test_what_rates_a_country_is_marked_sensitive(shipped: list[Definition]) -> None:
    countries = {"origin", "loading_country", "discharge_country", "lane"}
    for definition in shipped:
        if definition.kind.word == "rate" and countries.intersection(definition.kind.arguments()["by"]):
            assert definition.sensitive, definition.name
    told = [d for d in shipped if set(d.kind.tables) & COUNTRY_TABLES]
    assert told
    assert all(d.sensitive for d in told)


def test_no_category_is_of_a_party(shipped: list[Definition]) -> None:
    columns = {d.kind.arguments()["column"] for d in shipped if d.kind.categorical}
    assert columns
    assert not columns & PARTY_ENTITIES


def test_a_rate_serves_the_target_that_it_is_of(shipped: list[Definition]) -> None:
    for definition in shipped:
        target = definition.kind.arguments().get("target")
        assert target is None or target in definition.targets, definition.name


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_a_table_tells_where_it_is_from(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    head = [line for line in lines if line.startswith("#")]
    assert lines[: len(head)] == head
    for word in ("# source: ", "# date: ", "# licence: "):
        assert any(line.startswith(word) for line in head)


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_a_table_is_whole_and_says_nothing_twice(path: Path) -> None:
    table = rows(path.stem)
    assert table
    optional = {"note", "reviewed_by"}
    for row in table:
        assert all(value for name, value in row.items() if name not in optional), row
        if "weight" in row:
            assert 0 < float(row["weight"]) <= 1
        for name, value in row.items():
            if name == "hs_prefix":
                assert value.isdigit()
                assert 2 <= len(value) <= 6
                assert len(value) % 2 == 0
            if name.endswith("country") or name == "origin":
                assert len(value) == 2
                assert value.isupper()
            if name == "locode":
                assert len(value) == 5
                assert value.isupper()
    keys = [tuple(value for name, value in row.items() if name not in NOT_KEYS) for row in table]
    assert len(set(keys)) == len(keys)


def test_every_table_is_used(catalog: Catalog) -> None:
    used = set(chain.from_iterable(definition.kind.tables for definition in catalog))
    assert {path.stem for path in TABLES} == used


@pytest.mark.parametrize("name", ["lexicon", "party_words"])
def test_a_lexicon_has_the_columns_and_compiles(catalog: Catalog, name: str) -> None:
    assert ",".join(rows(name)[0]) == "concept,kind,lang,term,match,weight,source,reviewed_by"
    terms = read_terms(catalog.tables[name], name)
    assert len(Lexicon(terms).terms) == len(rows(name))


def test_the_lexicon_speaks_the_languages_of_the_region() -> None:
    spoken = {(row["kind"], row["lang"]) for row in rows("lexicon")}
    for language in ("en", "vi", "zh", "th", "ms", "fr", "km", "lo"):
        for kind in ("wildlife", "drug", "vague", "cover"):
            assert (kind, language) in spoken or (kind == "cover" and language in {"km", "lo"})


def test_short_vietnamese_words_keep_their_accents() -> None:
    match = {row["term"]: row["match"] for row in rows("lexicon") if row["lang"] == "vi"}
    for term in ("rùa", "vẹt", "khỉ", "tê tê", "đá hoa", "vảy", "lạc"):
        assert match[term] == "exact_accents"
    for term in ("ngà voi", "vảy tê tê", "mật gấu"):
        assert match[term] == "word"
    assert all(match[term] != "word" for term in match if len(term) <= 4)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("HAT DIEU / CASHEW NUTS", {"cover"}),
        ("象牙制品", {"wildlife"}),
        ("te te", set()),
        ("VAY TE TE", {"wildlife"}),
        ("vảy tê tê", {"wildlife", "animal_part"}),
        ("đá vôi nghiền", set()),
        ("NGA VOI", {"wildlife"}),
        ("dried Manis javanica scales", {"wildlife"}),
        ("PSEUDOEPHEDRINE HCL CAS 90-82-4", {"precursor"}),
        ("GENERAL CARGO", {"vague", "uninformative"}),
        ("BONE CHINA TABLEWARE", {"animal_part"}),
        ("CARTON BOX RAO VAT", {"uninformative"}),
        ("STEEL PIPES SEAMLESS", set()),
    ],
)
def test_the_lexicon_finds_what_an_officer_would(catalog: Catalog, text: str, kinds: set[str]) -> None:
    terms = read_terms(catalog.tables["lexicon"], "lexicon")
    assert {terms[place].kind for place in Lexicon(terms).find(text)} == kinds


def test_taxa_have_an_appendix_and_are_in_the_lexicon() -> None:
    taxa = rows("cites_taxa")
    assert len(taxa) >= 60
    assert {row["appendix"] for row in taxa} == {"I", "II"}
    assert all(1975 <= int(row["listed"]) <= 2025 and "checklist.cites.org" in row["note"] for row in taxa)
    latin = {row["term"] for row in rows("lexicon") if row["lang"] == "la"}
    assert {row["scientific_name"].lower() for row in taxa} <= latin


def test_ports_lie_on_the_earth() -> None:
    ports = rows("ports")
    assert len(ports) >= 120
    assert all(-60 < float(row["lat"]) < 70 and -180 <= float(row["lon"]) <= 180 for row in ports)


def test_rules_speak_of_definitions_and_of_one_condition(catalog: Catalog) -> None:
    for rule in RULES:
        definition = catalog[rule["feature"]]
        assert len(set(rule) & {"above", "below", "equals", "missing"}) == 1
        assert len(rule) == 5
        assert set(rule["targets"]) <= set(definition.targets)
        assert 1 <= rule["points"] <= 5
        assert rule["why"].endswith(".")
    for target in ("drug", "wildlife"):
        assert 15 <= sum(target in rule["targets"] for rule in RULES) <= 25
