"""One window as a bet against "the gap is within its limit": what a unit of capital becomes of it.

An *e-variable* is a number of at least 0 whose expected value is at most 1 while a hypothesis is true. Whoever
multiplies those of one window after the other holds a capital that rarely grows large by chance: at any time at all it
reaches 1/α with probability of at most α (Ville 1939). Both kinds below need the sums of a window alone, not its rows
in an order.

*Rows.* The hypothesis says of the rates θ of two groups that u·θ₁ − v·θ₂ ≤ δ. Bet that they are q, which came from
earlier windows, and let θ° be the point of the hypothesis nearest to q: that which minimises Σ nⱼ·KL(qⱼ‖θⱼ). Then
S = Π (qⱼ/θ°ⱼ)^kⱼ·((1−qⱼ)/(1−θ°ⱼ))^(nⱼ−kⱼ) is an e-variable (Turner, Ly and Grünwald 2024; Turner and Grünwald 2023).
Why: a row with rate θ multiplies the capital by 1 + cⱼ(θ − θ°ⱼ) on average, with cⱼ = (qⱼ−θ°ⱼ)/(θ°ⱼ(1−θ°ⱼ)); as
log(1+x) ≤ x, the logarithm of the product is at most Σ nⱼcⱼ(θ̄ⱼ − θ°ⱼ), and that is at most 0 for every θ̄ of the
hypothesis, since θ° is nearest and the hypothesis convex. So rows of one window need not share one rate: their means
decide. They must be independent given their groups (and labels, where the metric conditions on them).

*Windows.* A whole window counts as one observation X = u·p̂₁ − v·p̂₂ − δ, whatever ties its rows together. If X lies
symmetrically around a centre of at most 0, exp(λX − λ²X²/2) is an e-variable for every λ ≥ 0 (de la Peña 1999): the
pair ±x has the mean cosh(λx)·exp(−λ²x²/2) ≤ 1, and a lower centre only lowers it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_HALVINGS, _NEWTON = 3, 6


def project(
    q1: Floats, n1: Floats, q2: Floats, n2: Floats, u: Floats, v: Floats, delta: Floats
) -> tuple[Floats, Floats]:
    """Find the rates nearest to a bet among those with u·θ₁ − v·θ₂ ≤ δ, which the bet breaks.

    Parameters
    ----------
    q1, q2
        The bet, within (0, 1), with u·q1 − v·q2 > δ; one number per case, as in every other array.
    n1, n2
        Decisions of each group in the window, over 0.
    u, v
        Over 0.
    delta
        Within (−v, u), or else no rates, or all, are in the hypothesis.

    Returns
    -------
    theta1, theta2
        On the border of the hypothesis.
    """
    low, high = np.maximum(q2, -delta / v), np.minimum((u * q1 - delta) / v, 1.0)
    middle = 0.5 * (low + high)

    def slope(theta2: Floats) -> tuple[Floats, Floats]:
        theta1 = (delta + v * theta2) / u
        spread1, spread2 = theta1 * (1 - theta1), theta2 * (1 - theta2)
        gain1, gain2 = (theta1 - q1) / spread1, (theta2 - q2) / spread2
        value = n1 * (v / u) * gain1 + n2 * gain2
        rise1 = (1 - gain1 * (1 - 2 * theta1)) / spread1
        rise2 = (1 - gain2 * (1 - 2 * theta2)) / spread2
        return value, n1 * (v / u) ** 2 * rise1 + n2 * rise2

    for step in range(_HALVINGS + _NEWTON):
        value, rise = slope(middle)
        above = value > 0
        low, high = np.where(above, low, middle), np.where(above, middle, high)
        half = 0.5 * (low + high)
        if step < _HALVINGS:
            middle = half
        else:
            with np.errstate(divide="ignore", invalid="ignore"):
                newton = middle - value / rise
            middle = np.where((newton >= low) & (newton <= high), newton, half)
    return (delta + v * middle) / u, middle


def log_of_rows(k: Floats, n: Floats, q: Floats, theta: Floats, share: Floats) -> Floats:
    """What the decisions of one group add to the logarithm of the capital.

    Parameters
    ----------
    k, n
        Decisions that count, of how many.
    q, theta
        The bet, and the nearest rate of the hypothesis.
    share
        Part of the way from `theta` to `q` that is bet on. The nearest point stays the same along this way, so it is a
        bet of its own.
    """
    step = share * (q - theta)
    return np.asarray(k * np.log1p(step / theta) + (n - k) * np.log1p(-step / (1 - theta)))


def log_of_window(x: Floats, size: Floats) -> Floats:
    """What a window that counts as one observation adds to the logarithm of the capital.

    Parameters
    ----------
    x
        How far its gap is beyond the limit.
    size
        How much is bet, at least 0.
    """
    bet = size * x
    return np.asarray(bet - 0.5 * bet * bet)
