"""Wrong turns: each ends with its exit code and one clear line, and leaves nothing half-done."""

from __future__ import annotations

import json
import signal
import time
import urllib.error
import urllib.request

import pytest


def test_a_missing_file_is_bad_input(user):
    ended = user.run("train", "nowhere.toml")
    assert (ended.code, "nowhere.toml" in ended.last_line) == (3, True)
    assert user.run("sample", "leads", "--leads", "400").code == 0
    ended = user.run("train", "leads/sample.toml", "--data", "gone.csv")
    assert (ended.code, "gone.csv" in ended.last_line) == (3, True)


def test_a_typo_in_a_recipe_is_named_with_what_was_meant(user):
    assert user.run("sample", "leads", "--leads", "400").code == 0
    recipe = user.home / "leads/sample.toml"
    recipe.write_text(recipe.read_text().replace("horizon_days", "horizn_days"))
    ended = user.run("train", recipe)
    assert ended.code == 3
    assert "horizn_days" in ended.last_line
    assert "horizon_days" in ended.last_line
    assert "[qualify]" in ended.last_line


@pytest.mark.parametrize("words", [("train",), ("train", "x.toml", "--bogus"), ("nonsense",), ("score", "x.csv")])
def test_wrong_usage_is_2(user, words):
    assert user.run(*words).code == 2


def test_no_model_yet_is_said_with_the_command_that_makes_one(user):
    for words in (("tiers",), ("serve", "--no-auth"), ("pull", "--to", "x"), ("promote",), ("rollback",)):
        ended = user.run(*words)
        assert ended.code == 3, (words, ended.err)
        assert "leadscore train" in ended.last_line


def test_an_open_service_on_the_network_is_refused(newcomer):
    ended = newcomer.run("serve", "--no-auth", "--host", "0.0.0.0")
    assert ended.code == 3
    assert "loopback" in ended.last_line


def test_too_few_outcomes_are_refused_and_nothing_is_registered(user):
    assert user.run("sample", "leads", "--leads", "200").code == 0
    ended = user.run("train", "leads/sample.toml", "--quiet")
    assert ended.code == 4
    assert "too few" in ended.last_line or "needed" in ended.last_line
    assert not (user.home / "models").exists()


def test_ctrl_c_in_the_middle_of_training_leaves_no_model(user):
    assert user.run("sample", "leads", "--leads", "3000").code == 0
    process = user.start("train", "leads/sample.toml")
    assert process.stderr is not None
    for line in process.stderr:
        if "P(qualify)" in line:
            process.send_signal(signal.SIGINT)
            break
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.strip().splitlines()[-1] == "interrupted; nothing was left half-written"
    assert user.run("tiers").code == 3


def test_ctrl_c_while_the_run_is_logged_leaves_no_version(user):
    assert user.run("sample", "leads", "--leads", "3000").code == 0
    process = user.start("train", "leads/sample.toml")
    database = user.home / "models/mlflow.db"
    deadline = time.monotonic() + 120
    while not database.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    # Either the key came in time and there is no model, or training was done and there is a whole one.
    ended = user.run("tiers", "challenger", "--json")
    assert (process.returncode, ended.code) in {(130, 3), (0, 0), (130, 0)}
    if ended.code == 0:
        assert ended.json["tiers"]


def test_keys_open_the_service_and_revoked_ones_do_not(newcomer):
    made = newcomer.run("keys", "add", "hubspot")
    assert made.code == 0
    key = made.out.strip()
    assert key.startswith("lsk_")
    assert key[:12] in newcomer.run("keys", "list").out
    with newcomer.serving() as stranger:
        assert _status(stranger.url, {}) == 401
        assert _status(stranger.url, {"Authorization": f"Bearer {key}"}) == 200
        assert newcomer.run("keys", "revoke", key[:12]).code == 0
        time.sleep(2)
        assert _status(stranger.url, {"Authorization": f"Bearer {key}"}) == 401
    assert newcomer.run("keys", "revoke", key[:12]).code == 3


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"lead_id": "a", "fields": {"Employes": 5}}', 422),
        (b'{"lead_id": "a", "fields": {"Employees": NaN}}', 422),
        (b'{"fields": {}}', 422),
        (b'{"lead_id": "a", "fields": {}, "x": "' + b"y" * 2_000_000 + b'"}', 413),
        (b"\xff\xfe", 400),
        (b"", 400),
    ],
)
def test_bad_bodies_get_a_short_problem(newcomer, body, status):
    with newcomer.serving("--no-auth") as client:
        request = urllib.request.Request(f"{client.url}/v1/score", data=body, method="POST")
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=60)
        with caught.value as error:
            problem = json.loads(error.read())
        assert error.code == status
        assert error.headers["Content-Type"] == "application/problem+json"
        assert len(json.dumps(problem)) < 1000


def _status(url: str, headers: dict[str, str]) -> int:
    body = json.dumps({"lead_id": "x", "fields": {}}).encode()
    request = urllib.request.Request(f"{url}/v1/score", data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_rows_that_are_no_leads_lie_in_a_file_beside_the_user(user):
    assert user.run("sample", "leads", "--leads", "4000", "--months", "12").code == 0
    with (user.home / "leads/leads.csv").open("a") as file:
        file.write("\n\nGenerated by the CRM\n")
    ended = user.run("train", "leads/sample.toml", "--json")
    assert ended.code == 0, ended.err
    assert any("sample.left-out.csv" in warning for warning in ended.json["warnings"])
    assert "Generated by the CRM" in (user.home / "sample.left-out.csv").read_text()
