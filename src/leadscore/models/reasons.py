"""Reasons: which fields moved a likelihood, in a sentence that a sales rep understands.

The effects are on the raw log-odds of a stage, before calibration; the effects of several features that tell of one
source (three windows of e-mail opens) are added up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadscore.models.features import Encoder, Feature

__all__ = ["Explainer", "Reason", "explain", "say"]

Floats = npt.NDArray[np.float64]

_NOTICEABLE = 0.01


@dataclass(frozen=True, slots=True)
class Reason:
    """Effect of one source field on the log-odds of a stage.

    Parameters
    ----------
    field
        Name of the source field.
    value
        The lead's value as a person reads it; None when missing.
    effect
        Change of the log-odds against the average lead.
    text
        Sentence for a sales rep.
    """

    field: str
    value: str | float | bool | None
    effect: float
    text: str

    @property
    def direction(self) -> str:
        """``raises`` or ``lowers``."""
        return "raises" if self.effect >= 0 else "lowers"


class Explainer:
    """Words the strongest effects of leads.

    Parameters
    ----------
    encoder
        Names, levels and usual values.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        places: dict[str, list[int]] = {}
        for j, feature in enumerate(encoder.features):
            places.setdefault(feature.source, []).append(j)
        self._sources, self._places = list(places), list(places.values())
        self._firsts = [first for first, *_ in self._places]
        self._others = [(k, others) for k, (_, *others) in enumerate(self._places) if others]

    def __call__(self, row: Floats, effects: Floats, *, top: int | None = None) -> list[Reason]:
        """Reasons of one lead, the strongest first.

        Parameters
        ----------
        row
            Encoded lead, shape (features,).
        effects
            Effect of each feature, shape (features,).
        top
            How many; all when None.
        """
        each = effects.tolist()
        sums = [each[j] for j in self._firsts]
        for k, others in self._others:
            for j in others:
                sums[k] += each[j]
        kept = [(-size, self._sources[k], k) for k, size in enumerate(map(abs, sums)) if size >= _NOTICEABLE]
        kept.sort()
        return [self._reason(k, row, each, sums[k]) for _, _, k in kept[:top]]

    def _reason(self, k: int, row: Floats, each: list[float], effect: float) -> Reason:
        places = self._places[k]
        leading = places[0] if len(places) == 1 else max(places, key=lambda j: abs(each[j]))
        feature = self._encoder.features[leading]
        if feature.text is not None:
            return _text_reason(self._encoder, self._sources[k], row, effect)
        return _reason(self._encoder, self._sources[k], feature, float(row[leading]), effect)


def explain(encoder: Encoder, row: Floats, effects: Floats, *, top: int | None = None) -> list[Reason]:
    """Word the strongest effects of a single lead, as :class:`Explainer` does for many."""
    return Explainer(encoder)(row, effects, top=top)


def _reason(encoder: Encoder, source: str, feature: Feature, code: float, effect: float) -> Reason:
    value = encoder.decode(feature, code)
    verb = "raises it" if effect >= 0 else "lowers it"
    typical = feature.typical
    if feature.kind == "boolean" and typical is not None:
        typical = bool(typical)
    usual = "" if typical is None or typical == value else f", typical {say(typical)}"
    return Reason(source, value, effect, f"{feature.title} {say(value)}{usual}: {verb}")


def _text_reason(encoder: Encoder, source: str, row: Floats, effect: float) -> Reason:
    """Word what was read from a text, such as ``Title (seniority head, function operations): raises it``."""
    verb = "raises it" if effect >= 0 else "lowers it"
    own = [j for j, feature in enumerate(encoder.features) if feature.source == source]
    kinds = {j: encoder.decode(encoder.features[j], float(row[j])) for j in own}
    told = [
        f"{text.part} {kinds[j]}"
        for j in own
        if (text := encoder.features[j].text) and text.part != "wording" and kinds[j] not in (None, "other", "another")
    ]
    missing = all(kind is None for kind in kinds.values())
    value = "unknown" if missing else ", ".join(told) or "its wording"
    return Reason(source, None if missing else value, effect, f"{source} ({value}): {verb}")


def say(value: str | float | bool | None) -> str:
    """Word a value of a lead.

    Examples
    --------
    >>> say(1200.0), say(0.256), say(True), say(None)
    ('1,200', '0.26', 'yes', 'unknown')
    """
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value if len(value) <= 60 else value[:57] + "..."
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 100 else f"{value:.2g}"
