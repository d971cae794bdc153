from __future__ import annotations

import json

import pytest

from leadscore.serving.problems import JsonReply


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_json_does_not_have_is_never_sent(number):
    with pytest.raises(ValueError, match="JSON compliant"):
        JsonReply({"p_close": number})


def test_words_that_look_like_one_are():
    content = {"lead_id": "NaN", "reason_1": "Zürich: Infinity", "value": 1e-7, "none": None, "list": (1, True)}
    assert json.loads(JsonReply(content).body) == {**content, "list": [1, True]}
