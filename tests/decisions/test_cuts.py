from __future__ import annotations

from itertools import combinations, permutations, product

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadscore.decisions.cuts import NOBODY, Bands, best_bands


def gain(axis: npt.NDArray[np.float64], gains: npt.NDArray[np.float64], bands: Bands) -> float:
    band = (axis[:, None] < np.array(bands.cuts)).sum(axis=1)
    padded = np.column_stack([gains, np.zeros(len(gains))])
    return float(padded[np.arange(len(axis)), np.array(bands.roles)[band]].sum())


def brute_force(axis: npt.NDArray[np.float64], gains: npt.NDArray[np.float64], least: int) -> float:
    """The greatest gain over all cuts and all orders of roles."""
    levels, roles = np.unique(axis)[1:], range(gains.shape[1])
    best = -np.inf
    for count in range(1, gains.shape[1] + 2):
        orders = [o for o in permutations([*roles, NOBODY], count) if NOBODY not in o[:-1]]
        for cuts, order in product(combinations(levels[::-1], count - 1), orders):
            bands = Bands(tuple(map(float, cuts)), order)
            band = (axis[:, None] < np.array(bands.cuts)).sum(axis=1)
            if np.bincount(band, minlength=count).min() >= least:
                best = max(best, gain(axis, gains, bands))
    return best


@settings(deadline=None)
@given(data=st.data(), n=st.integers(1, 8), roles=st.integers(1, 3), smallest=st.sampled_from([0.01, 0.25, 0.5]))
def test_the_bands_are_the_best_there_are(data: st.DataObject, n: int, roles: int, smallest: float):
    axis = np.array(data.draw(st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.35, 0.7]), min_size=n, max_size=n)))
    row = st.lists(st.integers(-5, 5), min_size=roles, max_size=roles)
    gains = np.array(data.draw(st.lists(row, min_size=n, max_size=n)), dtype=float)
    bands = best_bands(axis, gains, smallest=smallest)
    least = int(np.ceil(smallest * n))
    assert gain(axis, gains, bands) == brute_force(axis, gains, least)
    assert len(set(bands.roles)) == len(bands.roles) == len(bands.cuts) + 1
    assert NOBODY not in bands.roles[:-1]
    assert list(bands.cuts) == sorted(bands.cuts, reverse=True)
    sizes = np.bincount((axis[:, None] < np.array(bands.cuts)).sum(axis=1), minlength=len(bands.roles))
    assert sizes.min() >= least


def test_a_cut_is_the_shortest_number_between_its_neighbours():
    axis = np.array([0.123456, 0.1247891])
    assert best_bands(axis, np.array([[-1.0], [1.0]])).cuts == (0.124,)
    neighbours = np.array([0.1, np.nextafter(0.1, 1)])
    assert best_bands(neighbours, np.array([[-1.0], [1.0]])).cuts == (neighbours[1],)


def test_without_roles_nobody_takes_everything():
    assert best_bands(np.array([0.1, 0.2]), np.empty((2, 0))) == Bands((), (NOBODY,))


@pytest.mark.parametrize("roles", [5, 8])
def test_crossing_value_lines_are_cut_where_they_cross(roles: int):
    axis = np.linspace(0, 1, 2_001)
    slopes = np.arange(1, roles + 1)
    lines = slopes * (axis[:, None] - slopes / (2 * roles + 2))
    crossings = [(k + k + 1) / (2 * roles + 2) for k in range(roles - 1, 0, -1)] + [1 / (2 * roles + 2)]
    bands = best_bands(axis, lines)
    assert bands.roles == (*reversed(range(roles)), NOBODY)
    assert bands.cuts == pytest.approx(crossings, abs=0.001)
