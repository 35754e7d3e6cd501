"""Only the vendor's own hosts get our secret; a twin's host only if settings name it."""

import pytest

from kommutator.connectors.crm.amocrm.address import account_base, authorize_page
from kommutator.kit.errors import InvalidInput


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ("example.amocrm.ru", "https://example.amocrm.ru"),
        (" Example.AmoCRM.ru ", "https://example.amocrm.ru"),
        ("https://my-firm2.kommo.com/leads/detail/17?x=1", "https://my-firm2.kommo.com"),
        ("old.amocrm.com:443", "https://old.amocrm.com"),
        ("api-b.amocrm.ru", "https://api-b.amocrm.ru"),
    ],
)
def test_vendor(given: str, base: str) -> None:
    assert account_base(given) == base


@pytest.mark.parametrize(
    "given",
    [
        "",
        "//",
        "evil.example",
        "example.amocrm.ru.evil.example",
        "evil.example/.amocrm.ru",
        "evil.example#x.amocrm.ru",
        "evil.example\\.amocrm.ru",
        "x.amocrm.ru@evil.example",
        "user@x.amocrm.ru",
        "a.b.amocrm.ru",
        "www.amocrm.ru",
        "amocrm.ru",
        "x.amocrm.ru:8443",
        "http://x.amocrm.ru",
        "ftp://x.amocrm.ru",
        "x.amocrm.ruu",
        "хост.amocrm.ru",
        "x.amocrm.ru.",
        "127.0.0.1",
        "[::1]:80",
        "x.amocrm.ru:port",
        "x" * 250 + ".amocrm.ru",
    ],
)
def test_stranger(given: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        account_base(given)
    assert refused.value.code == "amocrm_address_foreign"


def test_twin_has_port_path_and_no_tls() -> None:
    ours = {"127.0.0.1"}
    assert account_base("127.0.0.1:18102", ours) == "http://127.0.0.1:18102"
    assert account_base("127.0.0.1:18102/a/large/", ours) == "http://127.0.0.1:18102/a/large"
    for wrong in ("127.0.0.1:1/../x", "127.0.0.1:1/a b", "ftp://127.0.0.1", "127.0.0.2:18102"):
        with pytest.raises(InvalidInput):
            account_base(wrong, ours)


def test_consent_screen_of_the_region() -> None:
    assert authorize_page(None) == "https://www.amocrm.ru/oauth"
    assert authorize_page("https://x.amocrm.ru") == "https://www.amocrm.ru/oauth"
    assert authorize_page("https://x.kommo.com") == "https://www.kommo.com/oauth"
