"""Colleagues: activities of other leads of the same account, as far as they were known at a lead's moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from leadscore.data.schema import category_key

__all__ = ["account_numbers", "colleague_counts"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]


def account_numbers(accounts: Sequence[Any] | Any) -> Integers:
    """Number of the account of each lead, spellings of one name counted once; -1 when unknown.

    Examples
    --------
    >>> account_numbers(["Acme", "acme ", "", "Zeta"])
    array([ 0,  0, -1,  1])
    """
    numbers: dict[str, int] = {}
    keys = (category_key(name) for name in accounts)
    return np.array([-1 if key is None else numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.intp)


def colleague_counts(
    lead: Integers,
    at: Floats,
    moment: Floats,
    account: Integers,
    windows: Sequence[int],
    *,
    known_since: Floats | None = None,
) -> Floats:
    """Count the activities of other leads at the same account in the windows before each lead's moment.

    What a colleague did before becoming a lead was known only from then on, and is dated so.

    Parameters
    ----------
    lead
        Row number of the lead that each event belongs to.
    at
        Moment of each event, in days.
    moment
        Moment of each lead.
    account
        Number of the account of each lead; -1 when unknown.
    windows
        Lengths of the stretches in days.
    known_since
        Creation of each lead, since when a colleague is known; its moment when absent.

    Returns
    -------
    ndarray of shape (n_leads, len(windows))
        NaN where the account is unknown.

    Examples
    --------
    >>> colleague_counts(np.array([0, 0, 1]), np.array([1.0, 4.0, 6.0]), np.array([5.0, 6.5]), np.array([3, 3]), (7,))
    array([[0.],
           [2.]])
    """
    known = np.maximum(at, (moment if known_since is None else known_since)[lead])
    everyone = np.arange(len(moment))
    own = _in_windows(lead, known, everyone, moment, windows)
    of_account = _in_windows(account[lead], known, account, moment, windows)
    return np.where((account >= 0)[:, None], of_account - own, np.nan)


def _in_windows(group: Integers, at: Floats, asked: Integers, moment: Floats, windows: Sequence[int]) -> Floats:
    """Events of the group of each lead in [moment - window, moment]."""
    order = np.lexsort((at, group))
    group, at = group[order], at[order]

    def before(limit: Floats, side: Literal["left", "right"]) -> Integers:
        """Events of the group up to a limit, found by sorting limits among events."""
        event_first = side == "right"
        turn = np.r_[np.full(len(at), not event_first), np.full(len(limit), event_first)]
        merged = np.lexsort((turn, np.r_[at, limit], np.r_[group, asked]))
        passed = np.cumsum(merged < len(at))
        counts = np.empty(len(merged), dtype=np.intp)
        counts[merged] = passed
        return counts[len(at) :]

    until = before(moment, "right")
    return np.column_stack([until - before(moment - days, "left") for days in windows]).astype(float)
