"""How 03/04/2024 is meant, where the file itself does not say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, get_args

import pandas as pd

from leadscore.data.guess_columns import Profile
from leadscore.data.times import DateOrder, parse_times
from leadscore.errors import BadInput

__all__ = ["FoundOrder", "date_order"]

_CLEARLY = 0.2


class FoundOrder(NamedTuple):
    """An order of day and month; None where there is nothing to say."""

    order: DateOrder | None
    why: str


def date_order(dates: Sequence[Profile], given: DateOrder | None, file: str) -> FoundOrder:
    """Find the order of day and month that the values leave open.

    Parameters
    ----------
    dates
        Date columns.
    given
        What the user says.
    file
        For messages.

    Raises
    ------
    BadInput
        Neither the values nor the order of the rows decide.

    Examples
    --------
    >>> from leadscore.data.guess_columns import profile
    >>> days = pd.Series(["01/02/2024", "05/02/2024", "03/03/2024", "02/04/2024"], name="Created")
    >>> date_order([profile(days)], None, "leads.csv").order
    'day_first'
    """
    if given is not None:
        return FoundOrder(given, "given by --date-order")
    texts = {c.name: c.text for c in dates}
    try:
        parse_times(texts, file=file)
    except BadInput as error:
        if "date_order" not in str(error):
            raise
    else:
        return FoundOrder(None, "")
    order = _by_rows(texts, file)
    if order is None:
        raise BadInput(
            f"{file}: dates such as {_example(dates)} can be read either way, and neither a day above 12 nor the order "
            "of the rows decides. Give --date-order day_first or --date-order month_first."
        )
    return FoundOrder(order, "read so, the rows are in the order of time; no day above 12 says more")


def _by_rows(texts: dict[str, pd.Series], file: str) -> DateOrder | None:
    """The reading under which the rows go on in time, or back in time, more often."""
    steady: dict[DateOrder, float] = {}
    for order in get_args(DateOrder):
        try:
            read = parse_times(texts, file=file, order=order)
        except BadInput:
            continue  # a thirteenth month: this reading is none
        steps = [times.dropna().diff().dropna() for times in read.values()]
        forward = [float((s >= pd.Timedelta(0)).mean()) for s in steps if len(s)]
        steady[order] = max((max(share, 1 - share) for share in forward), default=0.0)
    if not steady:
        return None
    best = max(steady, key=lambda order: steady[order])
    others = [share for order, share in steady.items() if order != best]
    return best if not others or steady[best] - max(others) > _CLEARLY else None


def _example(dates: Sequence[Profile]) -> str:
    return next((repr(v) for c in dates for v in c.counts.index if "/" in v or "-" in v), "these")[:24]
