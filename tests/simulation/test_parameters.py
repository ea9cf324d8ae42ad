"""Parameters: levels, files and mappings over `world.toml`, and errors that name the way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from omdrisk.errors import DefinitionError
from omdrisk.simulation import levels, read_parameters, simulate


def test_levels_differ() -> None:
    assert levels() == ("default", "easy", "hard")
    share = [read_parameters(level)["tells"]["weight"]["share"] for level in ("hard", "default", "easy")]
    assert share == sorted(share)
    assert len(set(share)) == 3


def test_a_file_changes_only_what_it_names(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'level = "hard"\n[totals]\ndrug = 0.02\n[administrations.VN]\nmodes = { sea = 1.0 }\n', encoding="utf-8"
    )
    mine, hard = read_parameters(path), read_parameters("hard")
    assert mine["totals"]["drug"] == 0.02
    assert mine["administrations"]["VN"]["modes"] == {"sea": 1.0}
    assert mine["networks"] == hard["networks"]
    world = simulate(seed=0, shipments=2_000, parameters=str(path))
    assert world.truth["drug"].mean() == pytest.approx(0.02, rel=0.3)
    vietnamese = world.shipments["country_of_report"] == "VN"
    assert (world.shipments.loc[vietnamese, "transport_mode"] == "1").all()


def test_what_is_read_can_be_changed_without_harm() -> None:
    read_parameters()["totals"]["drug"] = 1.0
    assert read_parameters()["totals"]["drug"] < 0.01


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ("hrad", "level 'hrad' is unknown. Did you mean 'hard'"),
        ({"level": "x"}, "level 'x' is unknown. Known: default, easy, hard"),
        ({"totals": {"drgu": 1}}, r"'drgu' is unknown in \[totals\]. Did you mean 'drug'"),
        ({"total": {}}, "'total' is unknown in the world. Did you mean 'totals'"),
        ({"totals": {"drug": "much"}}, "totals.drug must be a float, not 'much'"),
        ({"administrations": {"VN": {"joined": "IX"}}}, "administrations.VN.joined names phase 'IX'"),
        ({"phases": []}, "at least one phase"),
        (Path("nowhere.toml"), "nowhere.toml: no such file"),
    ],
)
def test_errors(changes: object, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        read_parameters(changes)


def test_phases_may_not_overlap_or_fill_more_than_everything() -> None:
    phases = read_parameters()["phases"]
    with pytest.raises(DefinitionError, match="phase II starts before phase I has ended"):
        read_parameters({"phases": [phases[0], {**phases[1], "start": phases[0]["end"]}]})
    with pytest.raises(DefinitionError, match="more than 1"):
        read_parameters({"phases": [{**phase, "share": 0.5} for phase in phases]})


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text("totals = [", encoding="utf-8")
    with pytest.raises(DefinitionError, match=r"broken\.toml: not a TOML file"):
        read_parameters(path)
