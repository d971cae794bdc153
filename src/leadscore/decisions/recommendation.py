"""What a review comes to in plain words, by rules that can be read here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leadscore.decisions.review_result import Reviewed, StructureReview

__all__ = ["CONVINCING", "SIZEABLE", "recommend"]

CONVINCING = 0.9
"""Share of the simulated months in which another structure has to beat today's ..."""

SIZEABLE = 0.05
"""... and by which share of today's net value, for a change of structure to be worth it."""


def recommend(review: StructureReview, currency: str) -> str:
    """Say what to do.

    Another structure is recommended when it beats today's, with its heads at their best, in at least `CONVINCING` of
    the simulated months and by at least `SIZEABLE` on average; else today's stays, and its heads are adjusted.

    Parameters
    ----------
    review
        What was found.
    currency
        ISO 4217 code of the money.
    """
    return " ".join(_sentences(review, currency))


def _sentences(review: StructureReview, currency: str) -> Iterator[str]:
    today, best = review.today, review.ranking[0]
    floor = SIZEABLE * abs(today.net)
    better = [r for r in review.ranking if review.probability(r) >= CONVINCING and review.gain(r) >= floor]
    if better:
        yield (
            f"Change from {today.name} to {better[0].name}: {_gain(review, better[0], currency)}, counted against "
            f"{today.name} with the best number of heads."
        )
        yield f"It needs {_heads(better[0])}."
        if better[0].counts_accounts and not today.counts_accounts:
            yield (
                f"But it counts what won accounts bring later, which {today.name} does not: give both the same figures "
                "(account_margin) before you believe it."
            )
    else:
        yield _adjustment(review, currency)
        if best is not today:
            yield f"{best.name} ranks first, but {_gain(review, best, currency)}, which is no case for a change."
    yield from _doubts(review, floor)
    yield from _outsourcing(review, currency)


def _doubts(review: StructureReview, floor: float) -> Iterator[str]:
    first, *others = review.ranking
    if others and first.net - others[0].net < floor:
        yield f"{first.name} and {others[0].name} are too close to be told apart."
        return
    flips = dict.fromkeys(s.parameter for s in review.swings if s.flips_from is not None)
    if flips:
        yield f"Another structure would rank first with other values of {', '.join(flips)}."


def _adjustment(review: StructureReview, currency: str) -> str:
    today, standing = review.today, review.standing
    changes = {role: n - standing.heads[role] for role, n in today.heads.items() if n != standing.heads[role]}
    if not changes:
        return f"Today's structure, {today.name}, is right as it stands."
    listed = ", ".join(f"{role} {standing.heads[role]:g} to {today.heads[role]:g}" for role in changes)
    worth = today.net - standing.net
    return (
        f"A minor adjustment of today's structure is enough: keep {today.name} and change the heads of {listed}, which "
        f"brings about {worth:,.0f} {currency} a month."
    )


def _gain(review: StructureReview, other: Reviewed, currency: str) -> str:
    return (
        f"it brings about {review.gain(other):,.0f} {currency} a month more and is ahead in "
        f"{review.probability(other):.0%} of the simulated months"
    )


def _heads(reviewed: Reviewed) -> str:
    return ", ".join(f"{n:g} {role}" for role, n in reviewed.heads.items() if n)


def _outsourcing(review: StructureReview, currency: str) -> Iterator[str]:
    fee = review.break_even_fee
    if fee is None:
        return
    if fee.qualification is None and fee.with_development is None:
        yield f"Outsourced qualification never pays against {fee.against}."
        return
    parts = (("alone", fee.qualification), ("with early opportunity development", fee.with_development))
    told = ", ".join(f"{word} {'never' if f is None else f'up to {f:,.0f} {currency}'}" for word, f in parts)
    yield f"Outsourced qualification pays per qualified lead, against {fee.against}: {told} (asked: {fee.asked:g})."
