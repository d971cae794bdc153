"""What a first touch is worth: expected margin minus cost, backward over the hand-offs, for all leads at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from leadscore.decisions.prospects import Flags, Floats, Prospects, shift_odds
from leadscore.decisions.structure import Path, Role, Structure
from leadscore.errors import StructureError

__all__ = ["Chains", "Economics", "adapt", "first_touch"]


@dataclass(frozen=True, slots=True, eq=False)
class Economics:
    """Value and time of every path for every lead.

    Parameters
    ----------
    roles
        Roles of the structure.
    paths
        Its paths, nurture last.
    value
        Expected margin minus expected cost, leads by paths; -inf where the lead may not go.
    won
        Chance that the path ends in a won deal, leads by paths; 0 for nurture.
    hours
        Expected hours, leads by paths by roles.
    eligible
        Whether every role of the path may touch the lead, leads by paths.
    """

    roles: tuple[str, ...]
    paths: tuple[Path, ...]
    value: Floats
    won: Floats
    hours: Floats
    eligible: Flags

    def by_first_touch(self, net_values: Floats) -> Floats:
        """Best of a figure per path by first role, in the order of the structure, nurture last."""
        best: Floats = np.maximum.reduceat(net_values, _starts(self.paths), axis=1)
        return best


def _starts(paths: tuple[Path, ...]) -> list[int]:
    return [i for i, path in enumerate(paths) if not i or path[:1] != paths[i - 1][:1]]


def first_touch(structure: Structure, prospects: Prospects) -> Economics:
    """Value every path of a structure for every lead.

    Raises
    ------
    StructureError
        When `p_close` is missing, or `p_qualify` is missing and the structure has a role that screens or qualifies.
    """
    return Chains.of(structure).value(prospects)


class _Step(NamedTuple):
    """Constants of one place in the chain, an array over the paths; neutral where a path is shorter."""

    cost: Floats
    screens: bool
    sensitivity: Floats
    false_pass: Floats
    qualifies: bool
    qualifying: Flags
    effect: Floats
    fee_per_qualified: Floats
    kept: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Chains:
    """The paths of a structure laid out as arrays, so that all leads and paths are valued at once.

    Parameters
    ----------
    structure
        The structure.
    paths
        Its paths, nurture last.
    steps
        Constants of the first, second, ... role of every path.
    hours
        Hours of a touch, steps by paths by roles.
    close_effect
        Factor on the odds to close, by path.
    anyone
        Paths without a limit to segments.
    segments
        Paths that serve a segment, by segment.
    customers_only, newcomers_only
        Paths with a limit to customers or to others.
    """

    structure: Structure
    paths: tuple[Path, ...]
    steps: tuple[_Step, ...]
    hours: Floats
    close_effect: Floats
    anyone: Flags
    segments: tuple[tuple[str, Flags], ...]
    customers_only: Flags
    newcomers_only: Flags

    @classmethod
    def of(cls, structure: Structure) -> Chains:
        """Lay out a structure."""
        paths = structure.paths()
        roles = [[structure.role_named(name) for name in path] for path in paths]
        depth = max(map(len, paths))
        hours = np.zeros((depth, len(paths), len(structure.role)))
        for p, path in enumerate(paths):
            for d, name in enumerate(path):
                hours[d, p, structure.roles.index(name)] = roles[p][d].hours_per_touch
        named = sorted({segment for role in structure.role for segment in role.eligible.segments})

        def serves(chain: list[Role], segment: str | None) -> bool:
            return all(not role.eligible.segments or segment in role.eligible.segments for role in chain)

        def limited(customer: bool) -> Flags:
            return np.array([any(role.eligible.customer is customer for role in chain) for chain in roles])

        return cls(
            structure=structure,
            paths=paths,
            steps=tuple(_step(roles, d) for d in range(depth)),
            hours=hours,
            close_effect=np.array([chain[-1].effect if chain else 1.0 for chain in roles]),
            anyone=np.array([serves(chain, None) for chain in roles]),
            segments=tuple((name, np.array([serves(chain, name) for chain in roles])) for name in named),
            customers_only=limited(True),
            newcomers_only=limited(False),
        )

    def value(self, prospects: Prospects) -> Economics:
        """Value every path for every lead; see `first_touch`."""
        arriving, closing = self._likelihoods(prospects)
        shape = (len(prospects), len(self.paths))
        q = arriving[:, None]
        reach, value = np.ones(shape), np.zeros(shape)
        reached = []
        for step in self.steps:
            reached.append(reach)
            value = value - reach * step.cost
            if step.screens:
                passed = step.sensitivity * q + step.false_pass * (1 - q)
                q = np.divide(step.sensitivity * q, passed, out=np.zeros(shape), where=passed > 0)
                reach = reach * passed
            if step.qualifies:
                reach = reach * np.where(step.qualifying, shift_odds(q, step.effect), 1.0)
                value = value - reach * step.fee_per_qualified
                q = np.where(step.qualifying, 1.0, q)
            reach = reach * step.kept
        won = reach * q * shift_odds(closing[:, None], self.close_effect)
        won[:, -1] = 0.0
        value = value + won * prospects.margin[:, None]
        value[:, -1] = 0.0
        eligible = self._eligible(prospects)
        hours = np.einsum("dnp,dpr->npr", np.array(reached), self.hours)
        return Economics(self.structure.roles, self.paths, np.where(eligible, value, -np.inf), won, hours, eligible)

    def _likelihoods(self, prospects: Prospects) -> tuple[Floats, Floats]:
        """Return P(qualify) and P(close | qualify); with one likelihood, leads count as qualified on arrival."""
        p_close = prospects.along("p_close")
        if prospects.p_qualify is not None:
            q = prospects.p_qualify
            return q, np.minimum(np.divide(p_close, q, out=np.zeros(len(q)), where=q > 0), 1.0)
        if not all(role.closes for role in self.structure.role):
            raise StructureError(
                f"structure {self.structure.name!r} has roles that screen or qualify, and there is no likelihood to "
                "qualify; give a rate under [qualify] in the recipe or cut the structure to its closing roles"
            )
        return np.ones(len(prospects)), p_close

    def _eligible(self, prospects: Prospects) -> Flags:
        eligible = self.anyone
        for name, served in self.segments:
            eligible = np.where((prospects.segment == name)[:, None], served, eligible)
        customer = prospects.customer[:, None]
        barred = np.where(customer, self.newcomers_only, self.customers_only) | ~prospects.contactable[:, None]
        eligible = eligible & ~barred
        eligible[:, -1] = True
        return eligible


def _step(chains: list[list[Role]], depth: int) -> _Step:
    roles = [chain[depth] if depth < len(chain) else None for chain in chains]
    followers = [chain[depth + 1].name if depth + 1 < len(chain) else None for chain in chains]
    stages = [role.stage if role else None for role in roles]
    return _Step(
        cost=np.array([role.cost_per_touch if role else 0.0 for role in roles]),
        screens="screen" in stages,
        sensitivity=np.array([role.sensitivity if role else 1.0 for role in roles]),
        false_pass=np.array([1 - role.specificity if role else 1.0 for role in roles]),
        qualifies="qualify" in stages,
        qualifying=np.array([stage == "qualify" for stage in stages]),
        effect=np.array([role.effect if role and role.stage == "qualify" else 1.0 for role in roles]),
        fee_per_qualified=np.array([role.fee_per_qualified if role else 0.0 for role in roles]),
        kept=np.array([_kept(role, follower) for role, follower in zip(roles, followers, strict=True)]),
    )


def _kept(role: Role | None, follower: str | None) -> float:
    return 1 - sum(arrow.loss for arrow in role.hands_to if arrow.to == follower) if role else 1.0


def adapt(
    structure: Structure, *, has_qualify: bool, has_close: bool, segments: set[str] | None, has_customers: bool
) -> tuple[Structure, tuple[str, ...]]:
    """Cut a structure to what the data can feed.

    Parameters
    ----------
    structure
        The structure as the company wrote it.
    has_qualify, has_close
        Whether there is a likelihood or an assumed rate for the stage.
    segments
        Segments that occur in the data; None without a segment column.
    has_customers
        Whether the data say who is a customer.

    Returns
    -------
    tuple
        The structure that is left, and a plain sentence for each thing that was dropped.

    Raises
    ------
    StructureError
        When nothing is left that can be used.
    """
    if not has_close:
        raise StructureError("values need a likelihood to close; give a rate under [close] in the recipe")
    dropped: dict[str, str] = {}
    for role in structure.role:
        if not has_qualify and not role.closes:
            dropped[role.name] = "there is neither a likelihood to qualify nor a rate under [qualify]"
        elif role.eligible.segments and not set(role.eligible.segments) & (segments or set()):
            dropped[role.name] = f"no lead is known to be of segment {' or '.join(role.eligible.segments)}"
        elif role.eligible.customer and not has_customers:
            dropped[role.name] = "the data do not say who is a customer"
    while stranded := _stranded(structure, dropped):
        dropped[stranded] = "nobody is left to whom it could hand a lead"
    left = set(structure.roles) - set(dropped)
    if not left:
        reasons = "; ".join(f"{name}: {why}" for name, why in dropped.items())
        raise StructureError(f"structure {structure.name!r} has no role that can be used with these data ({reasons})")
    sentences = tuple(f"Role {name} is left out: {why}." for name, why in dropped.items())
    return (structure.keep(left) if dropped else structure), sentences


def _stranded(structure: Structure, dropped: dict[str, str]) -> str | None:
    for role in structure.role:
        if role.name not in dropped and not role.closes and all(arrow.to in dropped for arrow in role.hands_to):
            return role.name
    return None
