from __future__ import annotations

import re
import unicodedata

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omdrisk.errors import DefinitionError
from omdrisk.features import Tables, View
from omdrisk.features.kinds import kinds
from omdrisk.features.lexicon import Lexicon, Term
from omdrisk.features.tables import frame
from omdrisk.features.words import fold, fold_all, plain, plain_all, words

NAN = float("nan")
COLUMNS = ["concept", "kind", "lang", "term", "match", "weight", "source", "reviewed_by"]


def make(word, **arguments):
    return kinds()[word].read(arguments)


def compute(kind, texts, tables=None):
    return kind.compute(View(pd.DataFrame({"goods_description": pd.array(texts, dtype="str")}), tables)).tolist()


def slow_plain(text):
    letters = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(letter for letter in letters if unicodedata.combining(letter) == 0).replace("đ", "d")


def slow_has(term, text):
    """Find a Latin term as whole words with a regular expression over padded words."""
    bare = [re.findall("[a-z0-9]+", slow_plain(one)) for one in (term, text)]
    return f" {' '.join(bare[0])} " in f" {' '.join(bare[1])} "


@pytest.mark.parametrize(
    ("term", "text", "found"),
    [
        (Term("ngà voi"), "NGÀ VOI khô", True),
        (Term("ngà voi"), "NGA VOI", True),
        (Term("ngà voi"), "nga  -voi", True),
        (Term("ngà voi"), "ngavoi", False),
        (Term("nga voi"), "NGÀ VOI", True),
        (Term("ngà voi"), unicodedata.normalize("NFD", "ngà voi"), True),
        (Term("đồi mồi"), "DOI MOI", True),
        (Term("da", match="exact_accents"), "đá hoa", False),
        (Term("đá", match="exact_accents"), "DA BO", False),
        (Term("đá", match="exact_accents"), "ĐÁ HOA", True),
        (Term("ice", lang="en"), "rice", False),
        (Term("ice", lang="en"), "ICE.", True),
        (Term("tusk", lang="en"), "TUSKS", True),
        (Term("elephant tusk", lang="en"), "2 elephant tusks", True),
        (Term("cashew", lang="vi"), "cashews", False),
        (Term("n/m", lang="en"), "MARKS: N/M", True),
        (Term("299-42-3"), "CAS 299-42-3 (99%)", True),
        (Term("299-42-3"), "CAS 299-42-31", False),
        (Term("défense d'éléphant", lang="fr"), "DEFENSES D'ELEPHANT", False),
        (Term("défense d'éléphant", lang="fr"), "DEFENSE D'ELEPHANT", True),
        (Term("ketamin", match="substring"), "Chloroketamine", True),
        (Term("kétamin", match="substring"), "KETAMINE", True),
        (Term("象牙"), "猛犸象牙制品", True),
        (Term("象牙", match="word"), "进口象牙", True),
        (Term("象牙"), "大象 牙", False),
        (Term("งาช้าง"), "ของงาช้างเก่า", True),
        (Term("ຢາບ້າ"), "ຂາຍຢາບ້າ", True),
        (Term("ភ្លុកដំរី"), "ភ្លុក\u200bដំរី", True),
        (Term("abs", lang="en"), "进口ABS塑料", True),
        (Term("mdma", lang="en"), "ＭＤＭＡ", True),
        (Term("pangolin scale"), "DRIED PANGOLIN ", False),
        (Term("pangolin scale"), "RAW PANGOLIN SC", True),
        (Term("pangolin scale"), "RAW PANGOLIN SCA", False),
        (Term("plastic scrap"), "BAGS OF PLASTIC", False),
        (Term("ngà voi", lang="vi"), "SACHSS SP NGA V", False),
        (Term("ketamine"), "POWDER KETAMIN1", False),
    ],
)
def test_terms_are_found(term, text, found):
    assert bool(Lexicon([term]).find(text)) is found


def test_every_overlapping_term_is_found_once():
    lexicon = Lexicon([Term("ivory"), Term("ivory carving", lang="en"), Term("carving", lang="en")])
    assert lexicon.find("ivory carvings, ivory") == (0, 1, 2)


@given(
    st.lists(st.sampled_from(["ngà", "nga", "voi", "tê", "te", "a", "b2"]), min_size=1, max_size=3),
    st.lists(st.sampled_from(["NGÀ", "nga", "Voi", "tê", "te", "a", "b2", ",", "voivoi"]), max_size=8),
)
def test_words_against_a_regular_expression(term, text):
    said, description = " ".join(term), " ".join(text)
    assert bool(Lexicon([Term(said)]).find(description)) == slow_has(said, description)


@given(st.text(max_size=30))
def test_folding_is_stable(text):
    assert fold(fold(text)) == fold(text)
    assert plain(plain(fold(text))) == plain(fold(text))
    assert all(word for word in words(fold(text)))


@given(st.lists(st.text(max_size=12), max_size=20))
def test_folding_many_is_folding_each(texts):
    folded = fold_all(texts)
    assert folded == [fold(text) for text in texts]
    assert plain_all(folded) == [plain(text) for text in folded]


def test_lexicon_against_a_loop(shipments, tables):
    rows = tables["lexicon"].to_dict("records")

    def slow(text, chosen):
        if pd.isna(text):
            return NAN
        best: dict[str, float] = {}
        for row in rows:
            if row["kind"] not in chosen:
                continue
            if row["match"] == "substring":
                here = row["term"] in unicodedata.normalize("NFC", text).casefold()
            elif row["match"] == "exact_accents":
                here = row["term"] in text.casefold().split()
            else:
                here = slow_has(row["term"], text) or (row["lang"] == "en" and slow_has(row["term"] + "s", text))
            if here:
                best[row["concept"]] = max(best.get(row["concept"], 0.0), float(row["weight"]))
        return sum(best.values())

    for chosen in (["wildlife"], ["wildlife", "cover"], ["drug"]):
        kind = make("lexicon", table="lexicon", kinds=chosen)
        expected = [slow(text, chosen) for text in shipments["goods_description"]]
        np.testing.assert_allclose(kind.compute(View(shipments, tables)), expected)


def test_lexicon_of_one_concept(tables):
    kind = make("lexicon", table="lexicon", concepts=["cashew"])
    assert compute(kind, ["ivory in cashew", "ivory"], tables) == [0.5, 0.0]


def test_lexicon_where_no_text_has_a_term(tables):
    assert compute(make("lexicon", table="lexicon"), ["steel", "pipes"], tables) == [0.0, 0.0]
    assert np.isnan(compute(make("lexicon", table="lexicon"), [None, None], tables)).all()


def test_words():
    kind = make("words", column="goods_description", terms=["to order", "ngân hàng", "银行"])
    assert compute(kind, ["TO ORDER OF", "NGAN HANG A", "招商银行", "border"]) == [1.0, 1.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("general cargo", 1.0),
        ("GENERAL CARGO steel pipes", 0.5),
        ("general steel", 0.0),
        ("ab 12 x3 steel", 0.75),
        ("pipes of steel", 1 / 3),
        ("杂货", 1.0),
        ("杂货木材", 0.5),
        ("杂货 steel", 2 / 3),
        ("- . -", 1.0),
        ("장갑", 0.0),
        ("장갑 x1", 0.5),
    ],
)
def test_vagueness(tables, text, share):
    assert compute(make("vagueness", table="lexicon"), [text], tables) == pytest.approx([share])


def test_script():
    kind = make("script", column="goods_description")
    found = compute(kind, ["steel", "Gỗ trắc", "象牙", "象牙 ab", "12-3", "งาช้าง"])
    np.testing.assert_array_equal(found, [0.0, 0.0, 1.0, 0.5, NAN, 1.0])


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("lang", "xx", "table 'l': row 1 .'ivory'.: lang 'xx' is unknown"),
        ("match", "words", "match 'words' is unknown. Did you mean 'word'"),
        ("weight", "much", "weight 'much' is not a number"),
        ("term", "--", "the term has no letters"),
    ],
)
def test_lexicon_table_errors(column, value, said):
    row = dict(zip(COLUMNS, ["ivory", "wildlife", "en", "ivory", "word", "1", "", ""], strict=True)) | {column: value}
    tables = Tables({"l": frame(COLUMNS, [[row[name] for name in COLUMNS]])})
    with pytest.raises(DefinitionError, match=said):
        make("lexicon", table="l").check(tables)


def test_a_lexicon_without_vague_terms_measures_no_vagueness():
    tables = Tables({"l": frame(COLUMNS, [["ivory", "wildlife", "en", "ivory", "word", "1", "", ""]])})
    with pytest.raises(DefinitionError, match="has no terms of the kinds vague or uninformative"):
        make("vagueness", table="l").check(tables)
    with pytest.raises(DefinitionError, match=r"'wildlif' is not in table 'l'. Did you mean 'wildlife'"):
        make("lexicon", table="l", kinds=["wildlif"]).check(tables)
