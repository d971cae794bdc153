"""Who touches a lead first: the role with the greatest value minus price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import inf
from typing import Any, Self

import numpy as np

from leadscore.decisions.banding import fit_tiers, loss_of_roles
from leadscore.decisions.choices import Choices
from leadscore.decisions.consumption import Consumption
from leadscore.decisions.economics import Chains
from leadscore.decisions.hysteresis import CLEAR, Earlier, keeps, keeps_one
from leadscore.decisions.plain import Best, PlainPaths, Weighed, place_of_largest
from leadscore.decisions.price_bands import resampled_prices, with_bands
from leadscore.decisions.prices import Prices, fit_prices, net
from leadscore.decisions.prospects import (
    Assumption,
    Axis,
    Floats,
    Objects,
    Positions,
    Prospects,
    complete,
    complete_one,
)
from leadscore.decisions.structure import NURTURE, Path, Structure
from leadscore.decisions.tiers import TierTable

__all__ = ["Policy", "fit_policy"]


@dataclass(frozen=True, slots=True)
class Policy:
    """A structure with its prices and tiers: everything that turns two likelihoods into a decision.

    Parameters
    ----------
    structure
        The selling organisation.
    prices
        Prices of the roles' time.
    tiers
        The tier table.
    leads_per_period
        Arrivals in one period that prices and tiers were fitted for.
    assumption
        What stands in for a likelihood that was not trained.
    volume_note
        Where the number of arrivals comes from.
    """

    structure: Structure
    prices: Prices
    tiers: TierTable
    leads_per_period: float
    assumption: Assumption | None = None
    volume_note: str = ""
    _chains: Chains = field(init=False, repr=False, compare=False)
    _plain: PlainPaths = field(init=False, repr=False, compare=False)
    _consumption: Consumption = field(init=False, repr=False, compare=False)
    _places: list[int] = field(init=False, repr=False, compare=False)
    _firsts: Positions = field(init=False, repr=False, compare=False)
    _names: Objects = field(init=False, repr=False, compare=False)
    _replies: Objects = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        replies = [*(role.reply_within_minutes for role in self.structure.role), None]
        object.__setattr__(self, "_chains", Chains(self.structure))
        firsts = [self.roles.index(path[0] if path else NURTURE) for path in self.paths]
        object.__setattr__(self, "_plain", PlainPaths(self.structure, self.prices))
        object.__setattr__(self, "_consumption", Consumption(self.structure))
        object.__setattr__(self, "_places", firsts)
        object.__setattr__(self, "_firsts", np.array(firsts, dtype=np.intp))
        object.__setattr__(self, "_names", np.array(self.roles, dtype=object))
        object.__setattr__(self, "_replies", np.array(replies, dtype=object))

    @property
    def axis(self) -> Axis:
        """Likelihood that the tiers are cut on."""
        return self.tiers.axis

    @property
    def roles(self) -> tuple[str, ...]:
        """Possible first touches, nurture last."""
        return (*self.structure.roles, NURTURE)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Possible paths, nurture (``()``) last."""
        return self._chains.paths

    def decide(self, prospects: Prospects, earlier: Earlier | None = None) -> Choices:
        """Choose the role of the first touch for every lead.

        Parameters
        ----------
        prospects
            The leads.
        earlier
            What was decided about them before; such leads keep their role while another gains little. Tiers do not
            depend on it. The runner-up of a lead that keeps its role may be worth more than the role.

        Raises
        ------
        StructureError
            When a likelihood that the policy was fitted with is missing.
        """
        if len(prospects) == 1 and (chosen := self._decide_one(prospects, earlier)) is not None:
            return chosen
        prospects = complete(prospects, self.assumption)
        economics = self._chains.value(prospects)
        net_values = net(economics, self.prices, prospects.tie)
        rows, path = np.arange(len(prospects)), net_values.argmax(axis=1)
        role_net = economics.by_first_touch(net_values)
        first = role_net.argmax(axis=1)
        if earlier is not None:
            first = self._steady(prospects, earlier, role_net, economics.value[rows, path])
            path = np.where(self._firsts == first[:, None], net_values, -np.inf).argmax(axis=1)
        others = role_net.copy()
        others[rows, first] = -np.inf
        second = others.argmax(axis=1)
        runner_up_net = others[rows, second]
        runner_up = self._names[second]
        runner_up[np.isneginf(runner_up_net)] = None
        tier, tier_role = self.tiers.assign(prospects.along(self.axis), prospects.segment, prospects.margin)
        return Choices(
            role=self._names[first],
            path=path,
            value=economics.value[rows, path],
            net=role_net[rows, first],
            runner_up=runner_up,
            runner_up_net=runner_up_net,
            tier=tier,
            tier_role=tier_role,
            reply_within_minutes=self._replies[first],
            role_net=role_net,
        )

    def _decide_one(self, prospects: Prospects, earlier: Earlier | None) -> Choices | None:
        """Decide about one lead without arrays, to the same bits; None where the arrays have to refuse it."""
        p_qualify, p_close = (None if p is None else p.item() for p in (prospects.p_qualify, prospects.p_close))
        told = p_close if self.axis == "p_close" else p_qualify
        p_qualify, p_close = complete_one(p_qualify, p_close, self.assumption)
        if told is None or (p_qualify is None and not self._plain.closes_only):
            return None
        margin, segment = prospects.margin.item(), prospects.segment[0]
        marks = {
            "segment": segment,
            "customer": prospects.customer.item(),
            "contactable": prospects.contactable.item(),
            "tie": prospects.tie.item(),
        }
        weighed = self._plain(p_qualify, p_close, margin, **marks)
        role_net = self._by_role(weighed.net)
        first, path = place_of_largest(role_net), place_of_largest(weighed.net)
        if earlier is not None and earlier.role[0] in self.roles:
            before = self.roles.index(earlier.role[0])
            if keeps_one(role_net, weighed.value[path], before, CLEAR):
                smooth = self._plain(*earlier.smoothed_one(p_qualify, p_close), margin, **marks)
                first = self._steady_one(smooth, before)
            path = place_of_largest([n if f == first else -inf for n, f in zip(weighed.net, self._places, strict=True)])
        others = [*role_net[:first], -inf, *role_net[first + 1 :]]
        second = place_of_largest(others)
        runner_up = None if others[second] == -inf else self.roles[second]
        tier, tier_role = self.tiers.assign_one(told, segment, margin)
        objects = (self.roles[first], runner_up, tier, tier_role, self._replies[first])
        role, other, letter, usual, minutes = (np.array([each], dtype=object) for each in objects)
        return Choices(
            role=role,
            path=np.array([path]),
            value=np.array([weighed.value[path]]),
            net=np.array([role_net[first]]),
            runner_up=other,
            runner_up_net=np.array([others[second]]),
            tier=letter,
            tier_role=usual,
            reply_within_minutes=minutes,
            role_net=np.array([role_net]),
        )

    def _by_role(self, net_values: list[float]) -> list[float]:
        best = [-inf] * len(self.roles)
        for place, worth in zip(self._places, net_values, strict=True):
            best[place] = max(best[place], worth)
        return best

    def _steady_one(self, smooth: Weighed, before: int) -> int:
        """First role of a lead: the earlier one, or the best by smoothed likelihoods."""
        role_net = self._by_role(smooth.net)
        kept = keeps_one(role_net, smooth.value[place_of_largest(smooth.net)], before)
        return before if kept else place_of_largest(role_net)

    def _steady(self, prospects: Prospects, earlier: Earlier, today: Floats, value_today: Floats) -> Positions:
        """Return the first role of every lead: the earlier one, or the best by smoothed likelihoods or by today's."""
        smooth = earlier.smoothed(prospects)
        economics = self._chains.value(smooth)
        net_values = net(economics, self.prices, smooth.tie)
        role_net = economics.by_first_touch(net_values)
        value = economics.value[np.arange(len(smooth)), net_values.argmax(axis=1)]
        columns = {role: column for column, role in enumerate(self.roles)}
        before = np.array([columns.get(role, -1) for role in earlier.role], dtype=np.intp)
        smoothed = np.where(keeps(role_net, value, before), before, role_net.argmax(axis=1))
        return np.where(keeps(today, value_today, before, CLEAR), smoothed, today.argmax(axis=1))

    def best(
        self,
        p_qualify: float | None,
        p_close: float | None,
        margin: float,
        *,
        segment: str | None = None,
        customer: bool = False,
        contactable: bool = True,
        tie: float = 0.0,
    ) -> Best:
        """Choose the path of one lead in a few microseconds, to the same bits as `decide` does.

        Parameters
        ----------
        p_qualify, p_close, margin, segment, customer, contactable, tie
            As in `Prospects`, one value each.

        Raises
        ------
        StructureError
            As `decide`.
        """
        if p_qualify is None or p_close is None:
            p_qualify, p_close = complete_one(p_qualify, p_close, self.assumption)
        weighed = self._plain(
            p_qualify, p_close, margin, segment=segment, customer=customer, contactable=contactable, tie=tie
        )
        path = place_of_largest(weighed.net)
        return Best(path, weighed.value[path], weighed.net[path])

    def hours(self, path: int, p_qualify: float | None, p_close: float | None, margin: float) -> dict[str, float]:
        """Expected hours of each role that one lead takes on a path: what it consumes of their capacity.

        Parameters
        ----------
        path
            Position in `paths`, such as `decide` and `best` give it.
        p_qualify, p_close, margin
            As in `Prospects`, one value each.
        """
        p_qualify, p_close = complete_one(p_qualify, p_close, self.assumption)
        return self._consumption(path, p_qualify=p_qualify, p_close=p_close, margin=margin)

    def table_loss(self, prospects: Prospects) -> float:
        """Share of the net value that is lost on these leads if each takes its tier's role in place of its own."""
        choices = self.decide(prospects)
        usual = [self.roles.index(role) for role in choices.tier_role]
        return loss_of_roles(choices.role_net, np.array(usual, dtype=np.intp))

    def reprice(self, prospects: Prospects, structure: Structure) -> Policy:
        """Return the policy that the same leads give under another structure, for a what-if without a refit."""
        return fit_policy(
            structure,
            prospects,
            leads_per_period=self.leads_per_period,
            assumption=self.assumption,
            volume_note=self.volume_note,
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; `from_dict` reads them back without loss."""
        return {
            "structure": self.structure.model_dump(mode="json"),
            "prices": asdict(self.prices),
            "tiers": self.tiers.to_dict(),
            "leads_per_period": self.leads_per_period,
            "assumption": asdict(self.assumption) if self.assumption else None,
            "volume_note": self.volume_note,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote."""
        return cls(
            structure=Structure.model_validate(values["structure"]),
            prices=_prices(values["prices"]),
            tiers=TierTable.from_dict(values["tiers"]),
            leads_per_period=values["leads_per_period"],
            assumption=Assumption(**values["assumption"]) if values["assumption"] else None,
            volume_note=values["volume_note"],
        )


def fit_policy(
    structure: Structure,
    prospects: Prospects,
    *,
    leads_per_period: float,
    assumption: Assumption | None = None,
    volume_note: str = "",
    start: Prices | None = None,
) -> Policy:
    """Fit prices and tiers on leads that stand for a period's arrivals.

    Parameters
    ----------
    structure
        Structure that the data can feed; see `adapt`.
    prospects
        Leads with held-out, calibrated likelihoods.
    leads_per_period
        Arrivals in one `Structure.period`.
    assumption
        What stands in for a likelihood that was not trained.
    volume_note
        Where the number of arrivals comes from, printed with the table.
    start
        Prices to begin with, such as yesterday's.
    """
    axis: Axis = "p_close" if prospects.p_close is not None else "p_qualify"
    prospects = complete(prospects, assumption)
    economics = Chains(structure).value(prospects)
    prices = fit_prices(structure, economics, prospects.tie, leads_per_period=leads_per_period, start=start)
    drawn = resampled_prices(structure, economics, prospects.tie, prices)
    prices = with_bands(prices, drawn)
    tiers = fit_tiers(
        structure, prices, economics, prospects, axis=axis, leads_per_period=leads_per_period, drawn=drawn
    )
    return Policy(structure, prices, tiers, leads_per_period, assumption, volume_note)


def _prices(values: Mapping[str, Any]) -> Prices:
    """Read prices back; JSON knows no tuples."""
    band = {role: (low, high) for role, (low, high) in values.get("band", {}).items()}
    return Prices(**{**values, "band": band})
