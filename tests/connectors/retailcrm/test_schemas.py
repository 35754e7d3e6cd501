"""Readers against the vendor's samples and their known deviations."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from kommutator.connectors.crm.retailcrm import schemas
from kommutator.connectors.crm.retailcrm.schemas import Customer, Page, User
from kommutator.kit import plain_json
from tests.connectors.retailcrm.samples import answer_of

MOSCOW = ZoneInfo("Europe/Moscow")


def test_credentials() -> None:
    read = schemas.read_credentials(answer_of("php__ApiTest__testCredentials"))
    assert read.scopes == {"order_read", "customer_read", "reference_read"}
    assert "/api/integration-modules/{code}" in read.paths
    assert (read.selective, read.sites) == (False, ())


def test_selective_credentials() -> None:
    body = {"scopes": [], "siteAccess": "access_selective", "sitesAvailable": ["one"]}
    read = schemas.read_credentials(body)
    assert (read.selective, read.sites) == (True, ("one",))


def test_users() -> None:
    body = answer_of("php__UsersTest__testList")
    assert schemas.read_users(body) == [
        User("28", "programmer", "programmer@example.com", "free", True)
    ]
    assert schemas.read_page(body) == Page(1, 1)


def test_users_with_gaps() -> None:
    body = {"users": {"0": {"id": "7", "active": False}, "1": {"firstName": "no id"}, "2": None}}
    assert schemas.read_users(body) == [User("7", "7", None, None, False)]


def test_page_without_pagination() -> None:
    assert schemas.read_page({}) == Page(1, 1)
    assert schemas.read_page({"pagination": {"currentPage": "2", "totalPageCount": 3}}) == Page(
        2, 3
    )


def test_customers() -> None:
    assert schemas.read_customers(answer_of("php__CustomersTest__testCustomersList")) == [
        Customer("1233", "Иванов Иван Иванович", ("80000000322",), "24", "Иван", "Иванов")
    ]


def test_lookup() -> None:
    read = schemas.read_lookup(answer_of("php__TelephonyTest__testManager"))
    assert (read.manager_id, read.manager_code) == ("1", "12")
    assert read.customer == Customer("1", "John John John", ("88000000125",), None, "John", "John")
    assert set(read.links) == {"newOrderLink", "newCustomerLink"}


@pytest.mark.parametrize("nothing", [[], None, {}])
def test_lookup_of_a_stranger(nothing: object) -> None:
    read = schemas.read_lookup({"manager": nothing, "customer": nothing, "links": nothing})
    assert (read.manager_id, read.customer, read.links) == (None, None, {})


def test_module_without_telephony() -> None:
    read = schemas.read_module(answer_of("php__IntegrationTests__testGet"))
    assert read.raw["code"] == "mg-fbmessenger"
    assert (read.telephony, read.codes, read.lines) == ({}, {}, {})


def test_module_with_codes_as_int_and_text() -> None:
    telephony = {
        "additionalCodes": [{"userId": 19, "code": "150"}, {"userId": "18", "code": 151}],
        "externalPhones": [{"siteCode": "one", "externalPhone": "+70000000001"}, {"siteCode": "x"}],
    }
    read = schemas.read_module({"integrationModule": {"integrations": {"telephony": telephony}}})
    assert read.codes == {"19": "150", "18": "151"}
    assert read.lines == {"+70000000001": "one"}


def test_event_and_upload_replies() -> None:
    event = schemas.read_event_reply(answer_of("php__TelephonyTest__testCallEvent"))
    assert (event.missing_codes, event.missing_users) == ((), ())
    event = schemas.read_event_reply({"notExistCodes": ["150"], "notExistUsers": [7]})
    assert (event.missing_codes, event.missing_users) == (("150",), ("7",))
    upload = schemas.read_upload_reply(answer_of("php__TelephonyTest__testCallsUpload"))
    assert (upload.processed, upload.duplicates) == (1, frozenset())
    assert schemas.read_upload_reply({"duplicateCalls": ["a"]}).duplicates == {"a"}


def test_edit_info_as_list_and_as_map() -> None:
    listed = answer_of("php__IntegrationTests__testEmbedJsEdit")["info"]
    mapped = answer_of("go__integration_module_edit_201")["info"]
    assert listed == []
    assert plain_json.as_map(listed) == {}
    assert set(plain_json.as_map(mapped)) == {"deliveryType", "billingInfo"}


def test_scalars() -> None:
    assert [plain_json.as_text(v) for v in (7, "7", " x ", "", None, True, [], 1.5)] == [
        "7",
        "7",
        "x",
        None,
        None,
        None,
        None,
        "1.5",
    ]


def test_writers() -> None:
    assert schemas.json_field([{"a": "я", "b": 1}]) == '[{"a":"я","b":1}]'
    assert schemas.vendor_id("19") == 19
    assert schemas.vendor_id("a-1") == "a-1"
    assert schemas.without_blanks({"a": 0, "b": None, "c": "", "d": False, "e": []}) == {
        "a": 0,
        "d": False,
    }


def test_times_in_the_accounts_zone() -> None:
    moment = datetime(2026, 1, 20, 22, 30, 5, tzinfo=UTC)
    assert schemas.local_time(moment, MOSCOW) == "2026-01-21 01:30:05"
    assert schemas.local_minute(moment, MOSCOW) == "2026-01-21 01:30"
    assert schemas.local_time(moment.replace(tzinfo=None), MOSCOW) == "2026-01-21 01:30:05"
