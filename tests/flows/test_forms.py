"""Addresses as people type and paste them."""

import pytest

from kommutator.flows.forms import crm_address
from kommutator.kit.errors import InvalidInput

NAMED = ("127.0.0.1",)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("demo.retailcrm.ru", "https://demo.retailcrm.ru"),
        (" https://Demo.RetailCRM.ru/admin/orders?x=1#top ", "https://demo.retailcrm.ru"),
        ("https://crm.boxed.example:8443/", "https://crm.boxed.example:8443"),
        ("http://127.0.0.1:18101/", "http://127.0.0.1:18101"),
        ("http://127.0.0.1:18101/a/large", "http://127.0.0.1:18101/a/large"),
    ],
)
def test_what_was_copied_from_the_address_bar_will_do(text: str, address: str) -> None:
    assert crm_address(text, private_hosts=NAMED) == address


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("  ", "domain_missing"),
        ("demo", "domain_private"),
        ("ftp://demo.retailcrm.ru", "domain_invalid"),
        ("https://u:p@demo.retailcrm.ru", "domain_invalid"),
        ("https://demo.retailcrm.ru:99999", "domain_invalid"),
        ("https://[", "domain_invalid"),
        ("http://demo.retailcrm.ru", "domain_needs_https"),
        ("https://10.0.0.1", "domain_private"),
    ],
)
def test_what_leads_nowhere_is_refused(text: str, slug: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        crm_address(text, private_hosts=())
    assert refused.value.code == slug
