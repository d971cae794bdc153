from __future__ import annotations

import pytest

from leadscore.errors import SettingsError
from leadscore.serving import Settings


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_keys_may_be_off_on_loopback(host):
    assert Settings(host=host, auth=False).host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "crm.example.com", "localhost.example.com", ""])
def test_keys_may_not_be_off_elsewhere(host):
    with pytest.raises(SettingsError, match=r"loopback.*keys add") as refused:
        Settings(host=host, auth=False)
    assert refused.value.exit_code == 3


def test_a_file_is_read_and_overridden_and_its_store_lies_beside_it(tmp_path):
    (tmp_path / "service.toml").write_text('port = 9000\nstore = "log/decisions.db"\nunknown_fields = "ignore"\n')
    settings = Settings.from_toml(tmp_path / "service.toml", port=9001, host=None)
    assert (settings.port, settings.host, settings.unknown_fields) == (9001, "127.0.0.1", "ignore")
    assert settings.store == str(tmp_path / "log" / "decisions.db")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prot = 1\nhots = 2", "there is no prot, hots. Known keys: host, port"),
        ("port = 70000", "port.*65535"),
        ("port = ", "no TOML"),
        ('auth = false\nhost = "0.0.0.0"', "loopback"),
    ],
)
def test_a_wrong_file_is_named_with_its_remedy(tmp_path, text, said):
    (tmp_path / "service.toml").write_text(text)
    with pytest.raises(SettingsError, match=said):
        Settings.from_toml(tmp_path / "service.toml")


def test_a_missing_file_is_bad_input(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read"):
        Settings.from_toml(tmp_path / "nowhere.toml")
