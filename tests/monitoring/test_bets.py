"""A bet on one window is worth at most 1 on average, whatever rates of the hypothesis are true: outcomes added up."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from audit.monitoring.grid import bounds, grid_of_gaps, grid_of_rates, log_of_change, of_gaps, of_rates
from audit.monitoring.process import Capitals, Hypotheses
from audit.monitoring.projection import log_of_rows, log_of_window, project

BETS = [(0.6, 0.3, 1.0, 1.0, 0.1), (0.9, 0.05, 1.0, 1.0, 0.0), (0.8, 0.4, 0.8, 0.5, 0.02), (0.2, 0.6, 1.0, 0.2, 0.0)]


def kl(q: float, p: float) -> float:
    return float(q * np.log(q / p) + (1 - q) * np.log((1 - q) / (1 - p)))


@pytest.mark.parametrize("bet", BETS)
@pytest.mark.parametrize("sizes", [(4, 9), (9, 4), (12, 1)])
def test_the_nearest_rates_are_nearest(bet: tuple[float, ...], sizes: tuple[int, int]) -> None:
    q1, q2, u, v, delta = bet
    theta1, theta2 = (
        float(x[0]) for x in project(*(np.array([float(x)]) for x in (q1, sizes[0], q2, sizes[1], u, v, delta)))
    )
    assert u * theta1 - v * theta2 == pytest.approx(delta)
    low, high = max(q2, -delta / v), min((u * q1 - delta) / v, 1.0)
    found = optimize.minimize_scalar(
        lambda t: sizes[0] * kl(q1, (delta + v * t) / u) + sizes[1] * kl(q2, t), bounds=(low + 1e-12, high - 1e-12),
        method="bounded", options={"xatol": 1e-12},
    )  # fmt: skip
    assert theta2 == pytest.approx(found.x, abs=1e-5)


@pytest.mark.parametrize("bet", BETS)
@pytest.mark.parametrize("share", [0.3, 1.0])
def test_rows_are_worth_at_most_one_on_average(bet: tuple[float, ...], share: float) -> None:
    q1, q2, u, v, delta = bet
    n1, n2 = 7, 4
    arrays = [np.array([float(x)]) for x in (q1, n1, q2, n2, u, v, delta)]
    theta1, theta2 = project(*arrays)
    k1, k2 = np.arange(n1 + 1.0), np.arange(n2 + 1.0)
    worth1 = np.exp(log_of_rows(k1, np.array(n1), np.array(q1), theta1, np.array(share)))
    worth2 = np.exp(log_of_rows(k2, np.array(n2), np.array(q2), theta2, np.array(share)))
    grid = np.linspace(0, 1, 101)
    mean1 = np.array([(worth1 * stats.binom.pmf(k1, n1, p)).sum() for p in grid])
    mean2 = np.array([(worth2 * stats.binom.pmf(k2, n2, p)).sum() for p in grid])
    inside = u * grid[:, None] - v * grid[None, :] <= delta
    assert (mean1[:, None] * mean2[None, :])[inside].max() <= 1 + 1e-6
    # And more than that if the bet is right: it is no empty bet.
    assert float(np.interp(q1, grid, mean1) * np.interp(q2, grid, mean2)) > 1.02


def test_rows_of_one_window_need_not_share_a_rate() -> None:
    theta1, theta2 = project(*(np.array([x]) for x in (0.7, 2.0, 0.3, 2.0, 1.0, 1.0, 0.2)))
    worth = 1.0
    # Means .45 and .25 of rates that differ from row to row: the gap is at the limit.
    for q, theta, rates in ((0.7, theta1, (0.9, 0.0)), (0.3, theta2, (0.5, 0.0))):
        for p in rates:
            hit, miss = (
                float(np.exp(log_of_rows(np.array(k), np.array(1.0), np.array(q), theta, np.array(1.0)))[0])
                for k in (1.0, 0.0)
            )
            worth *= p * hit + (1 - p) * miss
    assert worth <= 1 + 1e-9


@pytest.mark.parametrize("size", [0.5, 2.0, 30.0])
@pytest.mark.parametrize("centre", [0.0, -0.02, -0.3])
def test_a_window_is_worth_at_most_one_on_average(size: float, centre: float) -> None:
    away = np.linspace(0, 1, 2001)
    pairs = np.exp(log_of_window(centre + away, np.array(size))) + np.exp(log_of_window(centre - away, np.array(size)))
    assert (pairs / 2).max() <= 1 + 1e-12


@pytest.mark.parametrize("unit", ["rows", "windows", "auto"])
def test_capital_without_a_gap_stays_small(unit: str) -> None:
    """Ville: at most one stream in twenty ever reaches 20; 200 streams of 60 windows, at the limit."""
    rng = np.random.default_rng(5)
    streams = 200
    capitals = Capitals(streams, of_gaps(np.array([0.1])), unit)
    highest = np.zeros(streams)
    for _ in range(60):
        n1, n2 = rng.integers(20, 80, streams), rng.integers(20, 80, streams)
        k1, k2 = rng.binomial(n1, 0.4), rng.binomial(n2, 0.3)
        capitals.add(*(x.astype(float) for x in (k1, n1, k2, n2)))
        highest = np.maximum(highest, capitals.log[:, 0])
    assert (highest >= np.log(20)).sum() <= stats.binom.ppf(0.999, streams, 0.05)
    assert highest.max() > 0.1  # somebody did bet


def test_windows_that_differ_more_than_rows_count_as_one_each() -> None:
    rng = np.random.default_rng(0)
    capitals = Capitals(2, of_gaps(np.array([0.1])), "auto")
    seen = []
    for _ in range(40):
        rates = np.array([0.3, 0.3 + 0.15 * rng.standard_normal()]).clip(0, 1)
        k1, k2 = rng.binomial(400, rates), rng.binomial(400, 0.3, 2)
        capitals.add(k1.astype(float), np.full(2, 400.0), k2.astype(float), np.full(2, 400.0))
        seen.append(capitals.by_rows.tolist())
    assert not any(seen[6]), "nobody knows yet how windows differ"
    assert seen[-1] == [True, False]
    assert capitals.dispersion[0] < 2 < 8 < capitals.dispersion[1]


def test_one_jump_makes_no_stream_unsteady() -> None:
    rng = np.random.default_rng(1)
    capitals = Capitals(1, of_gaps(np.array([0.1])), "auto")
    for number in range(14):
        k1 = rng.binomial(400, 0.3 + 0.2 * (number >= 9), 1).astype(float)
        capitals.add(k1, np.full(1, 400.0), rng.binomial(400, 0.3, 1).astype(float), np.full(1, 400.0))
    assert capitals.by_rows.all()


def test_small_windows_are_joined() -> None:
    one = Capitals(1, of_gaps(np.array([0.1])), "windows")
    small = [np.array([x]) for x in (3.0, 6.0, 2.0, 6.0)]
    for _ in range(3):
        one.add(*small)
    assert not one._windows.any()
    one.add(*small)
    assert one._windows.all()
    one.add(*(np.zeros(1) for _ in range(4)))
    assert one._windows[0, 0] == 1, "a window without decisions is none"


def test_grids_are_their_own_mirror() -> None:
    gaps, rates = grid_of_gaps(), grid_of_rates()
    assert np.array_equal(gaps, -gaps[::-1])
    assert rates == pytest.approx(1 - rates[::-1])
    assert (np.diff(gaps) > 0).all()
    assert (np.diff(rates) > 0).all()
    assert (gaps[0], gaps[-1], rates[0], rates[-1]) == (-1, 1, 0, 1)


def test_bounds_close_around_the_truth_and_cross_when_it_moves() -> None:
    rng = np.random.default_rng(3)
    grid = grid_of_rates()
    capitals = Capitals(2, of_rates(grid), "rows")
    needed = np.log(400)

    def add(rate: float) -> tuple[float, float]:
        k = float(rng.binomial(300, rate))
        nothing = np.zeros(2)
        capitals.add(np.array([k, 300 - k]), np.full(2, 300.0), nothing, nothing)
        low, high = bounds(capitals.log[:1], capitals.log[1:, ::-1], grid, needed)
        return float(low[0]), float(high[0])

    assert bounds(capitals.log[:1], capitals.log[1:, ::-1], grid, needed)[0] == 0
    widths = []
    for _ in range(30):
        low, high = add(0.3)
        assert low <= 0.3 <= high
        widths.append(high - low)
    assert widths[-1] < 0.12 < widths[0]
    change = log_of_change(capitals.log[:1], capitals.log[1:, ::-1], grid, 0.02)
    assert change[0] < 0.5
    for _ in range(12):
        low, high = add(0.5)
    assert high < low
    assert log_of_change(capitals.log[:1], capitals.log[1:, ::-1], grid, 0.02)[0] > np.log(1000)
    # A band that holds both says that nothing changed.
    assert log_of_change(capitals.log[:1], capitals.log[1:, ::-1], grid, 0.4)[0] < 0.5


def test_hypotheses_that_nothing_breaks_are_not_tested() -> None:
    one = np.ones(2)
    capitals = Capitals(1, Hypotheses(one, one, np.array([1.0, -1.0])), "rows")
    for _ in range(3):
        capitals.add(np.array([50.0]), np.array([50.0]), np.array([0.0]), np.array([50.0]))
    assert not capitals.log.any()
