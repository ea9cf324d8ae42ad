"""The commands about indicators: the list, and the audit as a page and as figures."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from omdrisk.cli.app import app
from omdrisk.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Small

RECIPE = """
target = "drug"
[features]
families = ["postal", "network"]
[rounds]
most = 30
fewest = 20
[report]
shares = [0.02]
"""


def run(*words: object) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_list_names_every_indicator_with_its_kind_and_columns(tmp_path: Path) -> None:
    told = run("features", "list", "--family", "wildlife", "--language", "zh", "--json", tmp_path / "list.json")
    assert "CITES" in told
    assert "taxa" in told
    listed = json.loads((tmp_path / "list.json").read_text(encoding="utf-8"))["definitions"]
    assert {entry["family"] for entry in listed} == {"wildlife"}
    assert all(entry["id"] and entry["kind"] and entry["words"]["vi"] for entry in listed)
    named = {entry["name"]: entry["needs"] for entry in listed}
    assert named["cites_appendix_1_named"] == ["goods_description", "filed_at"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--family", "nework"], "Did you mean 'network'"),
        (["--target", "drugs"], "Did you mean 'drug'"),
        (["--language", "fr"], "language 'fr'"),
    ],
)
def test_a_word_that_is_not_known_is_refused_with_the_nearest(words: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        run("features", "list", *words)


def test_an_audit_is_a_page_without_the_net_and_figures_for_machines(small: Small, tmp_path: Path) -> None:
    small.world.shipments.to_parquet(tmp_path / "s.parquet")
    small.outcomes.to_parquet(tmp_path / "o.parquet")
    (tmp_path / "few.toml").write_text(RECIPE, encoding="utf-8")
    tables = ("--shipments", tmp_path / "s.parquet", "--outcomes", tmp_path / "o.parquet")
    written = ("--out", tmp_path / "audit.html", "--json", tmp_path / "audit.json")
    told = run("features", "audit", "--recipe", tmp_path / "few.toml", *tables, *written)
    assert "no suspected leak" in told
    assert "average precision lost without" in told
    page = (tmp_path / "audit.html").read_text(encoding="utf-8")
    assert "Loss without each family" in page
    assert "Every indicator" in page
    assert not re.search(r"(src|href)=\"(?!data:|#)", page)
    (audit,) = json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))["audits"]
    assert audit["leaks"] == []
    assert {row["family"] for row in audit["families"]} == {"(all)", "postal", "network"}
    row = audit["table"][0]
    assert isinstance(row["cluster"], int)
    assert 0 <= row["coverage"] <= 1


def test_an_audit_needs_tables_and_a_page_is_html(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="give either FILES"):
        run("features", "audit", "--recipe", "drug")
    with pytest.raises(InputError, match=r"unknown ending '\.pdf'"):
        run("features", "audit", tmp_path / "x.csv", "--recipe", "drug", "--out", "audit.pdf")
