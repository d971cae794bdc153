from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.serving.problems import Rejected
from leadscore.serving.strict_json import Flaw, decode

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
documents = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(documents)
def test_what_is_json_arrives_unchanged(document):
    assert decode(json.dumps(document).encode()) == document


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body):
    with contextlib.suppress(Rejected):
        decode(body)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"\xff{}", "UTF-8"),
        (b'"\xed\xa0\x80"', "UTF-8"),
        (b"", "not JSON"),
        (b'\xef\xbb\xbf{"a": 1}', "not JSON"),
        (b'{"a": "raw \x00 byte"}', "not JSON"),
        (b'{"a": 1} {"b": 2}', "not JSON"),
        (b"[" * 100_000, "too deeply"),
        (b"[" * 900 + b"]" * 900 + b"x", "not JSON"),
        (b"1" * 5000, "too many digits"),
    ],
)
def test_what_is_not_json_is_refused_with_a_short_reason(body, said):
    with pytest.raises(Rejected, match=said) as refused:
        decode(body)
    assert len(str(refused.value)) < 100


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_a_number_beyond_a_float_is_a_flaw_in_its_place(number):
    assert decode(f'[1, {{"x": {number}}}]'.encode()) == [1, {"x": Flaw("not_finite")}]


def test_a_key_given_twice_is_a_flaw_even_with_equal_values():
    assert decode(rb'{"a": {"b": 1, "\u0062": 1}}') == {"a": Flaw("duplicate_key")}
