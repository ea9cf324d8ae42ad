"""Small parts of the world, against duller ways of doing the same."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from omdrisk.simulation.clock import Clock
from omdrisk.simulation.draws import grouped
from omdrisk.simulation.facts import COVERS, MODES, facts
from omdrisk.simulation.layouts import decimal_comma
from omdrisk.simulation.names import Wordbook
from omdrisk.simulation.parameters import read_parameters
from omdrisk.simulation.pool import FIRM, PERSON, Pool
from omdrisk.simulation.rows import earlier


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.integers(0, 4), st.integers(0, 2)), max_size=60, unique_by=lambda row: row[0]
    )
)
def test_earlier_counts_as_a_loop_does(rows: list[tuple[int, int, int]]) -> None:
    moment, first, second = (np.array([row[n] for row in rows], dtype=np.int64) for n in range(3))
    expected = [sum(t < own and (a, b) == (x, y) for t, a, b in rows) for own, x, y in rows]
    assert earlier(moment, first, second).tolist() == expected


@given(st.lists(st.integers(0, 5), max_size=80), st.integers(0, 100))
def test_groups_never_span_two_keys(keys: list[int], seed: int) -> None:
    ordered = np.array(sorted(keys), dtype=np.int64)
    run = grouped(np.random.default_rng(seed), ordered, 2.2)
    assert (np.diff(run) >= 0).all()
    for number in np.unique(run):
        assert len(set(ordered[run == number].tolist())) == 1


def test_every_good_can_be_sent_from_where_it_is_made() -> None:
    place = facts()
    for number, name in enumerate(place.goods.name):
        for mode, mode_name in enumerate(MODES):
            if not place.goods.modes[number, mode]:
                continue
            kind = "sea" if mode == 0 else "air"
            for country in np.flatnonzero(place.goods.origins[number]):
                assert (kind, int(country)) in place.places.serves, (name, mode_name, place.countries[country])


def test_every_corridor_has_covers_for_its_modes() -> None:
    parameters, place = read_parameters(), facts()
    for corridor in parameters["corridors"]:
        letters = [COVERS.index(letter) for letter in corridor["covers"]]
        for mode in corridor["modes"]:
            fits = place.goods.covers[:, letters].any(axis=1) & place.goods.modes[:, MODES.index(mode)]
            assert fits.sum() >= 3, corridor["name"]
        for code in [*corridor["from"], *corridor["to"]]:
            assert code in place.countries
        for hub in corridor["hubs"]:
            assert place.place(hub) >= 0


def test_the_calendar() -> None:
    clock = Clock(read_parameters()["phases"])
    assert clock.names == ["I", "I-II", "II", "II-III", "III", "III-IV", "IV", "IV-V", "V"]
    days = clock.draw_days(np.random.default_rng(0), 50_000)
    share = pd.Series(clock.period(days)).value_counts(normalize=True).sort_index()
    assert np.abs(share.to_numpy() - clock.share).max() < 0.01
    assert days.min() >= clock.start
    assert days.max() < clock.end
    hours = clock.draw_hours(np.random.default_rng(0), np.full(1000, 7.0), np.full(1000, 2.0)) / 3.6e9
    assert 6 < np.median(hours) < 8  # two in the afternoon in Hanoi


def test_names_fit_their_country_and_shared_addresses_are_the_same() -> None:
    place, pool = facts(), Pool()
    vietnam, china = place.country("VN"), place.country("CN")
    firms = pool.add(np.array([vietnam] * 40 + [china] * 40), FIRM)
    persons = pool.add(np.array([vietnam] * 40), PERSON)
    pool.share("address", persons[:2], persons[2:4])
    pool.spoil(int(firms[0]))
    book = Wordbook.draw(np.random.default_rng(1), pool.parties(), place.countries)
    made = book.of(np.arange(len(pool)))
    assert made.names[firms[0], 0].split()[0] in {"Công", "Doanh"}
    assert all("公司" in name for name in made.names[firms[40:], 0])
    assert (made.addresses[persons[:2]] == made.addresses[persons[2:4]]).all()
    assert len({tuple(row) for row in made.addresses[firms]}) == 80
    assert made.numbers[persons[0]] is None
    assert all(name.isascii() for name in made.names[firms, 1])
    some = np.array([0, 2, 41, 90, 119])
    for part, whole in zip(astuple(book.of(some)), astuple(made.of(some)), strict=True):  # words are made alone, too
        assert part.tolist() == whole.tolist()


def test_decimal_commas() -> None:
    written = decimal_comma(np.array([0.5, 1155.0, 1155.25, 1234567.891])).tolist()
    assert written == ["0,5", "1.155", "1.155,25", "1.234.567,891"]
