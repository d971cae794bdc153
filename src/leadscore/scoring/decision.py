"""What goes into the scorer and what comes out: a lead and the decision about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Literal, TypeAlias

from leadscore.models.reasons import Reason
from leadscore.scoring.trend import Trend, trend_since

__all__ = ["REPLY_KEYS", "Activity", "Basis", "Decision", "Detail", "EarlierDecision", "Lead", "Reason"]

Basis: TypeAlias = Literal["model", "rules"]
"""What a decision rests on: a model, or for want of one the rules of a points card."""


@dataclass(frozen=True, slots=True)
class Activity:
    """One event in a lead's life, such as an opened e-mail.

    Parameters
    ----------
    type
        Name of the event as in the activity log.
    at
        Moment of the event, with a time zone.
    values
        Numeric attributes as in the activity log, such as page views.
    """

    type: str
    at: datetime
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lead:
    """A lead to be scored.

    Parameters
    ----------
    lead_id
        Identifier of the caller, kept as text to the last digit.
    fields
        Values by the column names of the recipe's export; a missing field is unknown.
    activities
        Events known so far, in any order.
    created
        Creation of the lead; the scoring moment when absent.
    at
        Scoring moment; events after it are not looked at.
    """

    lead_id: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    activities: Sequence[Activity] = ()
    created: datetime | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EarlierDecision:
    """What must be known of the last decision about a lead that is scored again: for its trend and a steady role.

    Parameters
    ----------
    role
        Role of the first touch.
    p_qualify, p_close
        Likelihoods of that time; None where the stage was not trained.
    model_version
        Which model spoke; the likelihoods and the score of another are not comparable and not looked at.
    score
        Its score, 0 to 99; None when it is not known.
    trend
        Its trend at that time; None when it is not known.
    """

    role: str
    p_qualify: float | None = None
    p_close: float | None = None
    model_version: str = ""
    score: int | None = None
    trend: str | None = None

    @classmethod
    def of(cls, reply: Mapping[str, Any]) -> EarlierDecision:
        """Read the keys of a reply.

        Examples
        --------
        >>> EarlierDecision.of({"role": "SDR", "p_qualify": 0.3, "p_close": 0.1, "model_version": "3"}).p_close
        0.1
        """
        told = {name: reply.get(name) for name in ("p_qualify", "p_close", "score", "trend")}
        return cls(reply["role"], model_version=reply.get("model_version") or "", **told)


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer for one lead; its fields are the keys of the HTTP reply, in their order.

    Parameters
    ----------
    lead_id
        Identifier of the caller.
    p_qualify, p_close
        Calibrated likelihoods within the horizon; None when the stage was not trained, and from rules.
    score
        0-99, the lead's percentile by value among the leads the model was calibrated on; from rules its points on the
        scale from the least to the greatest sum that the card can give.
    value
        Expected margin minus cost of the best route, in ``currency``; None from rules.
    currency
        ISO 4217 code.
    tier
        Letter of the band that the lead falls into.
    tier_role
        Usual role of that band.
    role
        The role that should touch this lead first, given today's prices.
    queue, owner
        Where the lead waits and who owns it; None until distribution is configured.
    reply_within_minutes
        Promise of ``role``, in minutes of the working calendar; None for nurture.
    reason_1, reason_2, reason_3
        Sentences a rep understands; from rules, the rules that held.
    fit, engagement
        0-100: the lead's percentile, among the leads that the model was calibrated on, by the sum of its reasons over
        attributes and over activities, for the stage that decides the role; None where no reasons were asked for, the
        model has no such features, or rules speak.
    trend
        Change of the score since the lead's previous one: see :func:`~leadscore.scoring.trend.trend_since`.
    basis
        ``model``, or ``rules`` where a points card stands in for one.
    model_version
        Which model spoke.
    horizon_days
        Within how many days the likelihoods hold; None for an export without dates.
    """

    lead_id: str
    p_qualify: float | None
    p_close: float | None
    score: int
    value: float | None
    currency: str
    tier: str
    tier_role: str
    role: str
    queue: str | None = None
    owner: str | None = None
    reply_within_minutes: int | None = None
    reason_1: str | None = None
    reason_2: str | None = None
    reason_3: str | None = None
    fit: int | None = None
    engagement: int | None = None
    trend: Trend = "not_enough_info"
    basis: Basis = "model"
    model_version: str = ""
    horizon_days: int | None = None
    detail: Detail | None = None

    def since(self, earlier: EarlierDecision | None) -> Decision:
        """The same decision with the trend since what was said of the lead before; None: nothing was."""
        if earlier is None:
            return self
        return replace(self, trend=trend_since(earlier, self.score, self.model_version))

    def reply(self) -> dict[str, Any]:
        """Flat mapping of every key but ``detail``, in the order of the HTTP reply."""
        return {name: getattr(self, name) for name in REPLY_KEYS}


@dataclass(frozen=True, slots=True)
class Detail:
    """What ``?detail=full`` adds to a reply.

    Parameters
    ----------
    reasons
        By stage (``qualify``, ``close``), strongest first; under ``rules`` those of a points card.
    runner_up
        The second-best role and its net value, or None.
    prices
        Price of an hour by role.
    eligible
        Roles that may touch this lead.
    propensity
        Probability with which the chosen role was chosen; 1 without exploration.
    net_values
        Value minus price of the best route by first role, for the eligible roles.
    notes
        What was unusual in the input, by field name: ``missing``, ``unseen``, ``ignored``.
    hours
        Expected hours of each role that the chosen route takes.
    """

    reasons: Mapping[str, Sequence[Reason]]
    runner_up: tuple[str, float] | None
    prices: Mapping[str, float]
    eligible: Sequence[str]
    propensity: float
    net_values: Mapping[str, float]
    notes: Mapping[str, Sequence[str]]
    hours: Mapping[str, float] = field(default_factory=dict)


REPLY_KEYS = tuple(f.name for f in fields(Decision) if f.name != "detail")
