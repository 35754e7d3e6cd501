import base64
import importlib.util
import stat
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from kommutator.kit.keyring import KeyRingError
from kommutator.settings import Settings, SettingsError, load_settings

ROOT = Path(__file__).parent.parent
KEY = base64.b64encode(bytes(32)).decode()


def test_nothing_needs_to_be_set() -> None:
    settings = load_settings({})
    assert (settings.port, settings.cache_ttl_min_s, settings.cache_ttl_max_s) == (8000, 60, 120)
    assert (settings.refresh_min_s, settings.refresh_max_s) == (180, 300)


def test_all_mistakes_are_told_at_once_and_no_value_is_repeated() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(
            {
                "KOMMUTATOR_PORT": "http-please",
                "KOMMUTATOR_PUBLIC_URL": "ftp://user:leak-me@x",
                "KOMMUTATOR_MASTER_KEYS": "k1:leak-me-too",
                "KOMMUTATOR_REFRESH_JITTER": "0.5",
                "KOMMUTATOR_TRUSTED_PROXIES": "10.0.0.0/8,nonsense",
                "KOMMUTATOR_PULBIC_URL": "https://x.example",
            }
        )
    assert [mistake.variable for mistake in caught.value.mistakes] == [
        "KOMMUTATOR_PULBIC_URL",
        "KOMMUTATOR_PORT",
        "KOMMUTATOR_PUBLIC_URL",
        "KOMMUTATOR_MASTER_KEYS",
        "KOMMUTATOR_TRUSTED_PROXIES",
        "KOMMUTATOR_TRUSTED_PROXIES",
        "KOMMUTATOR_REFRESH_JITTER",
    ]
    assert "did you mean KOMMUTATOR_PUBLIC_URL?" in str(caught.value)
    assert "leak-me" not in str(caught.value)
    assert "http-please" not in str(caught.value)


def test_a_span_that_is_upside_down_is_a_mistake() -> None:
    with pytest.raises(SettingsError, match="CACHE_TTL_MIN_S is greater than"):
        load_settings({"KOMMUTATOR_CACHE_TTL_MIN_S": "200"})


def test_the_environment_of_the_process_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOMMUTATOR_PORT", "8100")
    monkeypatch.setenv("KOMMUTATOR_TRUSTED_PROXIES", "10.0.0.0/8")
    monkeypatch.setenv("KOMMUTATOR_METRICS_TOKEN", "")
    settings = load_settings()
    assert (settings.port, settings.metrics_token) == (8100, None)
    assert settings.trusted_proxies == (IPv4Network("10.0.0.0/8"),)


def test_a_given_environment_stands_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOMMUTATOR_PORT", "8100")
    assert load_settings({}).port == 8000


def test_secrets_do_not_show_in_repr() -> None:
    settings = load_settings(
        {
            "KOMMUTATOR_MASTER_KEYS": f"k1:{KEY}",
            "KOMMUTATOR_DATABASE_URL": "postgresql://u:leak-me@db/x",
            "KOMMUTATOR_ADMIN_PASSWORD": "leak-me-as-well",
        }
    )
    assert KEY not in repr(settings)
    assert "leak-me" not in repr(settings)


def test_the_key_file_is_made_once_and_only_for_its_owner(tmp_path: Path) -> None:
    settings = load_settings({"KOMMUTATOR_HOME": str(tmp_path / "new")})
    ring, made = settings.key_ring()
    assert made == tmp_path / "new" / "master.key"
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    again, made_again = settings.key_ring()
    assert (again, made_again) == (ring, None)
    made.chmod(0o640)
    with pytest.raises(KeyRingError, match="chmod 600"):
        settings.key_ring()


def test_every_setting_is_described() -> None:
    assert [n for n, field in Settings.model_fields.items() if not field.description] == []


def test_the_page_about_settings_is_current() -> None:
    spec = importlib.util.spec_from_file_location("settings_doc", ROOT / "tools/settings_doc.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert (ROOT / "docs/settings.md").read_text(encoding="utf-8") == tool.render()
    for name in Settings.model_fields:
        assert f"`KOMMUTATOR_{name.upper()}`" in tool.render()
