"""The encoder: from the fields of a lead to one row of floats, the same for a file, a batch and a request.

A number is itself, an answer is 0 or 1, a category is its level's position; an e-mail address, a telephone number or a
name is the position of its kind. Missing is NaN. A level that is rare or was
never seen gets the position after the last one, so that a new spelling is scored as "another" and never as "missing".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from leadscore.data.contact import CONTACT_EXAMPLES, CONTACT_SAYS, contact_kinds
from leadscore.data.schema import Contact, Decimal, Field, Kind, category_key
from leadscore.data.text import TextReading
from leadscore.models.codecs import (
    boolean_codec,
    category_codec,
    contact_codec,
    encode_column,
    number_codec,
    text_codec,
    wording_codec,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Encoder", "Feature"]

Floats = npt.NDArray[np.float64]

_MIN_LEADS_PER_LEVEL = 15
_MAX_LEVELS = 80
TEXT_EXAMPLES = ("Head of Operations",)


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of the encoded matrix.

    Parameters
    ----------
    name
        Field of the export, or name of an activity feature.
    kind
        ``number``, ``boolean`` or ``category``.
    levels
        Keys of a category in the order of their codes, most frequent first; the code ``len(levels)`` means another.
    labels
        The levels as the export spells them.
    typical
        Median of a number, usual value of an answer or a category, for the wording of reasons.
    source
        Name under which reasons add up several features; ``name`` unless it is an activity feature.
    decimal
        Decimal sign of a number's texts, as found in training.
    contact
        What personal data a category is the kind of; None when its levels are the cells themselves.
    text
        What is read from the free text in the field ``source``; None when the cells themselves are encoded.
    """

    name: str
    kind: Kind
    levels: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    typical: float | str | None = None
    source: str = ""
    decimal: Decimal = "."
    contact: Contact | None = None
    text: TextReading | None = None

    @property
    def column(self) -> str:
        """Field whose cells are encoded."""
        return self.name if self.text is None else self.source

    @property
    def speaks_for_cell(self) -> bool:
        """Whether this feature tells that the cell is missing or unseen, of several that are read from one text."""
        return self.text is None or self.text.part == "wording"

    @property
    def title(self) -> str:
        """Name for a reason: of personal data it says what the value is the kind of."""
        return self.name if self.contact is None else f"{self.name} ({CONTACT_SAYS[self.contact]})"

    @property
    def examples(self) -> tuple[Any, ...]:
        """Values as a caller would send them; none of a real lead."""
        if self.contact is not None:
            return (CONTACT_EXAMPLES[self.contact],)
        if self.text is not None:
            return TEXT_EXAMPLES
        if self.kind == "number":
            return () if self.typical is None else (self.typical,)
        return self.labels[:3] if self.kind == "category" else (True, False)

    def code(self, value: Any) -> float:
        """Encode one value.

        Examples
        --------
        >>> source = Feature("Lead Source", "category", levels=("web", "webinar"))
        >>> source.code(" Webinar "), source.code("Podcast"), source.code(None)
        (1.0, 2.0, nan)
        >>> Feature("Mail", "category", levels=("free",), labels=("free",), contact="email").code("jo@gmail.com")
        0.0
        """
        return self.codec()(value)

    def codec(self, *, remember: bool = False) -> Callable[[Any], float]:
        """A function that encodes one value, for encoding many; ``remember`` what was read from each text."""
        if self.text is not None:
            read = self.text.remembered if remember else self.text.__call__
            if self.text.part == "wording":
                return partial(wording_codec, read=read)
            return partial(text_codec, read=read, codec=category_codec(self.levels, self.labels))
        if self.kind == "category":
            codec = category_codec(self.levels, self.labels)
            return codec if self.contact is None else partial(contact_codec, contact=self.contact, codec=codec)
        if self.kind == "boolean":
            return boolean_codec
        return number_codec if self.decimal == "." else partial(number_codec, decimal=self.decimal)


@dataclass(frozen=True)
class Encoder:
    """Encodes leads as rows of floats.

    Parameters
    ----------
    features
        Columns of the matrix in order.
    missing
        Spellings, in lower case, that mean missing in this export beside those of every export.

    Examples
    --------
    >>> import pandas as pd
    >>> leads = pd.DataFrame({"Source": ["Web", "web ", "Fair"] * 20, "Employees": ["10", "1,200", ""] * 20})
    >>> fields = (Field("Source", "category"), Field("Employees", "number"))
    >>> encoder = Encoder.fit(leads, fields)
    >>> encoder.encode_frame(leads.head(3))
    array([[0.0e+00, 1.0e+01],
           [0.0e+00, 1.2e+03],
           [1.0e+00,     nan]])
    >>> encoder.encode([{"Source": "WEB", "Employees": 1200}])
    array([[   0., 1200.]])
    """

    features: tuple[Feature, ...]
    missing: tuple[str, ...] = ()

    @classmethod
    def fit(
        cls,
        frame: pd.DataFrame,
        fields: Sequence[Field],
        *,
        sources: Mapping[str, str] | None = None,
        missing: Sequence[str] = (),
    ) -> Encoder:
        """Learn the levels and usual values of each field.

        Parameters
        ----------
        frame
            Leads to learn from; text, or numbers for activity features.
        fields
            Columns to encode.
        sources
            For each activity feature the activity that it tells of.
        missing
            Spellings of missing in this export.
        """
        named = sources or {}
        features = (g for f in fields for g in _fit_features(frame[f.name], f, named.get(f.name, f.name)))
        return cls(tuple(features), tuple(sorted({" ".join(m.split()).casefold() for m in missing})))

    @property
    def levels(self) -> tuple[int, ...]:
        """Number of codes of each feature (levels and one for another); 0 for numbers and answers."""
        return tuple(len(f.levels) + 1 if f.kind == "category" else 0 for f in self.features)

    @cached_property
    def _row_plan(self) -> tuple[tuple[str, Callable[[Any], float]], ...]:
        return tuple((f.column, f.codec()) for f in self.features)

    def encode(self, leads: Sequence[Mapping[str, Any]]) -> Floats:
        """Encode leads given as mappings; a field that a mapping lacks is missing."""
        if self.missing:
            leads = [{name: value for name, value in lead.items() if not self.is_missing(value)} for lead in leads]
        rows = [[code(lead[name]) if name in lead else np.nan for name, code in self._row_plan] for lead in leads]
        return np.array(rows, dtype=float).reshape(len(leads), len(self.features))

    def is_missing(self, value: Any) -> bool:
        """Whether this export writes missing like that."""
        return isinstance(value, str) and category_key(value) in self._missing_keys

    @cached_property
    def _missing_keys(self) -> frozenset[str | None]:
        return frozenset([None, *self.missing])

    def encode_frame(self, frame: pd.DataFrame) -> Floats:
        """Encode a frame; a column that it lacks is missing.

        Each distinct value is read once by the same function as in :meth:`encode`, so both give the same floats.
        """
        matrix = np.full((len(frame), len(self.features)), np.nan)
        for j, feature in enumerate(self.features):
            if feature.column in frame.columns:
                matrix[:, j] = _encode_column(frame[feature.column], feature, self.is_missing if self.missing else None)
        return matrix

    def decode(self, feature: Feature, code: float) -> float | str | bool | None:
        """Turn a code back into what a person reads; None for missing."""
        if math.isnan(code):
            return None
        if feature.kind == "boolean":
            return bool(code)
        if feature.kind == "category":
            return feature.labels[int(code)] if int(code) < len(feature.labels) else "another"
        return code

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        features = [asdict(f) for f in self.features]
        return {"features": features, "missing": list(self.missing)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Encoder:
        """Read the JSON form."""
        return cls(tuple(map(_feature_from_dict, content["features"])), tuple(content["missing"]))


def _feature_from_dict(content: Mapping[str, Any]) -> Feature:
    text = content.get("text")
    lists = {key: tuple(content[key]) for key in ("levels", "labels")}
    return Feature(**{**content, **lists, "text": None if text is None else TextReading(**text)})


def _encode_column(column: pd.Series, feature: Feature, is_missing: Callable[[Any], bool] | None = None) -> Floats:
    import pandas as pd  # not at the top: the service encodes leads of requests, and starts without it

    if feature.kind == "number" and feature.text is None and pd.api.types.is_float_dtype(column):
        numbers = column.to_numpy(dtype=float)
        return np.where(np.isfinite(numbers), numbers, np.nan)
    return encode_column(column, feature.codec(remember=True), is_missing)


def _fit_features(column: pd.Series, field: Field, source: str) -> Sequence[Feature]:
    if not field.texts:
        return [_fit_feature(column, field, source)]
    return [_fit_text(column, field.name, reading) for reading in field.texts]


def _fit_text(column: pd.Series, source: str, reading: TextReading) -> Feature:
    name = f"{source} ({reading.part})"
    if reading.part == "wording":
        feature = Feature(name, "number", source=source, text=reading)
        figures = _encode_column(column, feature)
        known = figures[~np.isnan(figures)]
        return replace(feature, typical=float(np.median(known)) if len(known) else None)
    kinds = {v: "" if (key := category_key(v)) is None else reading.remembered(key) for v in column.unique()}
    fitted = _fit_feature(column.map(kinds).astype("str"), Field(name, "category"), source)
    return replace(fitted, text=reading)


def _fit_feature(column: pd.Series, field: Field, source: str) -> Feature:
    if field.kind != "category":
        codes = _encode_column(column, Feature(field.name, field.kind, decimal=field.decimal))
        known = codes[~np.isnan(codes)]
        middle = float(np.median(known)) if len(known) else None
        if field.kind == "boolean" and middle is not None:
            middle = float(np.mean(known) > 0.5)
        return Feature(field.name, field.kind, typical=middle, source=source, decimal=field.decimal)
    if field.contact is not None:
        column = contact_kinds(column, field.contact)
    spelled = column.value_counts()
    counts: dict[str, int] = {}
    labels: dict[str, str] = {}
    for value, count in spelled.items():
        key = category_key(value)
        if key is not None:
            counts[key] = counts.get(key, 0) + int(count)
            labels.setdefault(key, " ".join(str(value).split()))
    kept = sorted((k for k, c in counts.items() if c >= _MIN_LEADS_PER_LEVEL), key=lambda k: (-counts[k], k))
    levels = tuple(kept[:_MAX_LEVELS])
    shown = tuple(labels[k] for k in levels)
    usual = shown[0] if shown else None
    return Feature(field.name, "category", levels, shown, usual, source, contact=field.contact)
