"""Free text: which columns hold it, and what is read from it."""

from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from leadscore.data.text import TextReading, holds_titles, pieces, text_columns


@given(st.text())
def test_pieces_are_short_and_hold_no_digit(text: str) -> None:
    found = pieces(text)
    assert len(set(found)) == len(found)
    assert all(3 <= len(piece) <= 5 and not any(map(str.isdigit, piece)) for piece in found)


def test_addresses_and_numbers_are_passed_over() -> None:
    assert pieces("jo@acme.com +49 30 123456 https://acme.com A4") == ()


def test_the_figure_does_not_depend_on_the_order_of_the_weights() -> None:
    weights = {" dem": 0.1, "emo": 0.2, "mo ": 0.3, " dem ": 0.7}
    turned = dict(reversed(weights.items()))
    assert TextReading("wording", weights).figure_of("demo") == TextReading("wording", turned).figure_of("demo")
    assert TextReading("wording", weights).figure_of("nothing known") == 0.0


def test_text_is_told_from_ids_and_codes() -> None:
    n = 200
    numbers = [chr(97 + i % 26) + chr(97 + i // 26) for i in range(n)]
    frame = pd.DataFrame(
        {
            "Message": [f"please call me about {t}" for t in numbers],
            "Ref": [f"00Q{i:05d}" for i in range(n)],
            "Source": ["paid search", "trade fair"] * (n // 2),
        },
        dtype="str",
    )
    assert text_columns(frame, list(frame)) == ("Message",)
    assert text_columns(frame, ["Ref"]) == ()
    assert text_columns(frame, [], given=["Source"]) == ("Source",)


def test_messages_are_no_titles() -> None:
    assert holds_titles(pd.Series(["Head of IT", "CFO", "Poet"]))
    assert not holds_titles(pd.Series(["The head of our sales team would like to see a demo on Monday, please"]))
    assert not holds_titles(pd.Series([], dtype="str"))
