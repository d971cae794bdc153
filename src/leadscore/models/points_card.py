"""The points card: what routes leads while there is no model, by rules that a person wrote.

Points are no likelihood and are never shown as one: what a card says is called rules wherever it is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise, product

import numpy as np
import numpy.typing as npt

from leadscore.data.schema import Decimal, Kind, category_key
from leadscore.data.snapshots import ActivityFeatures
from leadscore.decisions import NURTURE, Structure
from leadscore.models.features import Encoder, Feature
from leadscore.models.reasons import Reason, say
from leadscore.models.rules import CardTier, Rule, Rules, Test

__all__ = ["PointsCard", "card_activities", "card_encoder", "check_card"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]

_KINDS: Mapping[Test, Kind] = {"one_of": "category", "answer": "boolean", "number": "number", "missing": "category"}


@dataclass(frozen=True)
class PointsCard:
    """Adds up the points of encoded leads, and says which rules gave them.

    Parameters
    ----------
    rules
        Rules and tiers.
    encoder
        What :func:`card_encoder` made of them.

    Examples
    --------
    >>> rules = Rules(
    ...     points=(Rule(column="Employees", at_least=100, points=30), Rule(column="Email", missing=True, points=-10)),
    ...     tiers=(CardTier(tier="A", at_least=20, roles=("SDR",)), CardTier(tier="B", roles=("nurture",))),
    ... )
    >>> card = PointsCard(rules, card_encoder(rules))
    >>> X = card.encoder.encode([{"Employees": "240", "Email": "ann@example.org"}, {"Employees": 3}])
    >>> points = card.points(X)
    >>> points, card.score(points), [tier.tier for tier in card.tiers(points)]
    (array([ 30, -10]), array([99,  0]), ['A', 'B'])
    >>> [reason.text for reason in card.reasons(X[0])]
    ['rule: Employees 240 is at least 100: +30 points']
    """

    rules: Rules
    encoder: Encoder

    def points(self, X: Floats) -> Integers:
        """Sum of the points of each lead."""
        return self._holds(X).astype(np.intp) @ self._each

    def score(self, points: Integers) -> Integers:
        """Points on the scale from 0 (the least sum that a lead can have) to 99 (the greatest)."""
        least, most = self.range
        return 99 * (points - least) // (most - least)

    def tiers(self, points: Integers) -> list[CardTier]:
        """Tier of each lead."""
        cuts = np.array([tier.at_least for tier in self.rules.tiers[:-1]], dtype=np.intp)
        return [self.rules.tiers[band] for band in (points[:, None] < cuts).sum(axis=1)]

    def reasons(self, row: Floats) -> list[Reason]:
        """The rules that hold for one lead, those of most points first; their effect is in points."""
        held = [rule for rule, holds in zip(self.rules.points, self._holds(row[None])[0], strict=True) if holds]
        return [self._reason(rule, row) for rule in sorted(held, key=lambda rule: -abs(rule.points))]

    @cached_property
    def range(self) -> tuple[int, int]:
        """Least and greatest sum that any lead can have; they are equal where the rules tell nothing apart."""
        sums = [self._sums(group) for group in self._groups()]
        return sum(int(s.min()) for s in sums), sum(int(s.max()) for s in sums)

    @cached_property
    def _each(self) -> Integers:
        return np.array([rule.points for rule in self.rules.points], dtype=np.intp)

    @cached_property
    def _place(self) -> Mapping[str, int]:
        return {feature.name: j for j, feature in enumerate(self.encoder.features)}

    def _holds(self, X: Floats) -> npt.NDArray[np.bool_]:
        """Which rules hold, leads by rules."""
        return np.column_stack([self._test(rule, X[:, self._place[rule.subject]]) for rule in self.rules.points])

    def _test(self, rule: Rule, values: Floats) -> npt.NDArray[np.bool_]:
        if rule.test == "missing":
            return np.isnan(values)
        if rule.test == "one_of":
            feature = self.encoder.features[self._place[rule.subject]]
            return np.isin(values, [feature.code(value) for value in rule.one_of])
        if rule.test == "answer":
            return values == float(bool(rule.answer))
        low = -np.inf if rule.at_least is None else rule.at_least
        return (values >= low) & (values < (np.inf if rule.below is None else rule.below))

    def _reason(self, rule: Rule, row: Floats) -> Reason:
        place = self._place[rule.subject]
        value = self.encoder.decode(self.encoder.features[place], float(row[place]))
        told = rule.words
        if rule.test == "one_of":
            told = f"{rule.column} is {say(value)}"
        elif rule.test == "number":
            told = f"{rule.words.removesuffix(f' is {rule.limits}')} {say(value)} is {rule.limits}"
        name = rule.column or str(rule.activity)
        return Reason(name, value, float(rule.points), f"rule: {told}: {rule.points_in_words}")

    def _groups(self) -> Iterator[list[int]]:
        """Features that depend on each other: one column, or all windows of one kind of activity."""
        groups: dict[tuple[str, bool], list[int]] = {}
        for j, feature in enumerate(self.encoder.features):
            groups.setdefault((feature.source, feature.name != feature.source), []).append(j)
        yield from groups.values()

    def _sums(self, group: list[int]) -> Integers:
        """Points of everything that these features can say together."""
        options = [self._options(j) for j in group]
        # What happened in the last 7 days happened in the last 30 as well.
        possible = [each for each in product(*options) if not any(one > next_ for one, next_ in pairwise(each))]
        X = np.zeros((len(possible), len(self.encoder.features)))
        X[:, group] = possible
        own = [rule.subject in {self.encoder.features[j].name for j in group} for rule in self.rules.points]
        return self._holds(X)[:, own].astype(np.intp) @ self._each[own]

    def _options(self, j: int) -> list[float]:
        """One value of feature ``j`` on each side of everything that the rules ask of it."""
        feature = self.encoder.features[j]
        asked = [rule for rule in self.rules.points if rule.subject == feature.name]
        ends = {end for rule in asked for end in (rule.at_least, rule.below) if end is not None}
        if feature.name != feature.source:
            return sorted({0.0, *(float(max(0, np.ceil(end))) for end in ends)})
        if feature.kind == "number":
            return [np.nan, float(np.nextafter(min(ends), -np.inf)), *ends]
        return [np.nan, *map(float, range(2 if feature.kind == "boolean" else len(feature.levels) + 1))]


def card_encoder(
    rules: Rules, *, missing: tuple[str, ...] = (), decimals: Mapping[str, Decimal] | None = None
) -> Encoder:
    """The encoder of what the rules look at: columns, then activities.

    Parameters
    ----------
    rules
        The rules.
    missing
        Spellings of missing in this export.
    decimals
        Decimal sign of each column, where it is no point.
    """
    features: dict[str, Feature] = {}
    for rule in sorted(rules.points, key=lambda rule: rule.test == "missing"):
        if rule.column is not None:
            blank = Feature(rule.column, _KINDS[rule.test], source=rule.column)
            features[rule.column] = _with(features.get(rule.column, blank), rule, (decimals or {}).get(rule.column))
    activities = card_activities(rules)
    if activities is not None:
        asked = {rule.subject: rule for rule in rules.points if rule.activity is not None}
        for field, source in zip(activities.fields, activities.sources, strict=True):
            if field.name in asked:
                features[field.name] = _with(Feature(field.name, "number", source=source), asked[field.name], None)
    return Encoder(tuple(features.values()), tuple(sorted({" ".join(m.split()).casefold() for m in missing})))


def card_activities(rules: Rules) -> ActivityFeatures | None:
    """The counts of activities that the rules look at."""
    asked = [(rule.activity, rule.within_days) for rule in rules.points if rule.activity and rule.within_days]
    if not asked:
        return None
    types, windows = ({each[i] for each in asked} for i in (0, 1))
    return ActivityFeatures(tuple(sorted(map(str, types))), tuple(sorted(map(int, windows))), measures=("count",))


def check_card(rules: Rules, structure: Structure) -> None:
    """Hold a card against itself and the roles there are.

    Raises
    ------
    ValueError
        A role does not exist, the rules tell no leads apart, or no lead can fall into some tier.
    """
    known = (*dict.fromkeys(path[0] for path in structure.paths() if path), NURTURE)
    for tier in rules.tiers:
        for role in tier.roles:
            if role not in known:
                raise ValueError(
                    f"[rules] tiers, tier {tier.tier!r}, roles: the structure {structure.name!r} gives no new lead to "
                    f"{role!r}; allowed: {', '.join(known)}"
                )
    least, most = PointsCard(rules, card_encoder(rules)).range
    if least == most:
        raise ValueError(f"[rules] points: every lead has {least} points, whatever is known of it")
    for tier in rules.tiers:
        if tier.at_least is not None and not least < tier.at_least <= most:
            raise ValueError(
                f"[rules] tiers, tier {tier.tier!r}, at_least = {tier.at_least}: leads have from {least} to {most} "
                "points, so this tier would have no lead or leave none to the tiers below it"
            )


def _with(feature: Feature, rule: Rule, decimal: Decimal | None) -> Feature:
    """The feature with what one more rule asks of it; its usual value lies where the rules part leads."""
    if rule.test == "one_of":
        labels = {category_key(label): label for label in (*feature.labels, *map(_spelled, rule.one_of))}
        levels = tuple(key for key in labels if key is not None)
        feature = replace(feature, levels=levels, labels=tuple(labels[level] for level in levels))
    elif rule.test == "number":
        feature = replace(feature, typical=rule.below if rule.at_least is None else rule.at_least)
    return replace(feature, decimal=decimal or feature.decimal)


def _spelled(value: str | bool | int | float) -> str:
    return value if isinstance(value, str) else str(category_key(value))
