"""Every kind RetailCRM sends, in its spellings, and what nobody announced."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommutator.connectors.crm.retailcrm.hooks import (
    AccountVisit,
    Activity,
    ChangeUserStatus,
    MakeCall,
    SettingsChange,
    Unknown,
    parse,
    read_fields,
    trusted_address,
)

CLIENT = "fake-client-000000000001"


def test_make_call_by_query() -> None:
    query = (
        f"clientId={CLIENT}&code=150&phone=%2B375000000070&userId=19&externalPhone=%2B70000000900"
    )
    assert parse("make-call", read_fields(query.encode())) == MakeCall(
        CLIENT, "+375000000070", "19", "150", "+70000000900"
    )


def test_make_call_by_form() -> None:
    body = f"clientId={CLIENT}&userId=19&phone=%2B375000000070"
    assert parse("make-call", read_fields(b"", body.encode())) == MakeCall(
        CLIENT, "+375000000070", "19", None, None
    )


def test_plus_that_arrived_as_a_space() -> None:
    query = f"clientId={CLIENT}&userId=19&phone=+375000000070"
    hook = parse("make-call", read_fields(query.encode()))
    assert isinstance(hook, MakeCall)
    assert hook.phone == "+375000000070"


@pytest.mark.parametrize("missing", ["phone=", "userId=19", "phone=%2B375000000070"])
def test_make_call_without_what_it_needs(missing: str) -> None:
    hook = parse("make-call", read_fields(f"clientId={CLIENT}&{missing}".encode()))
    assert isinstance(hook, Unknown)
    assert (hook.kind, hook.reason, hook.client_id) == ("make-call", "fields_unusable", CLIENT)


def test_status() -> None:
    query = f"clientId={CLIENT}&code=150&userId=19&status=dinner"
    assert parse("status", read_fields(query.encode())) == ChangeUserStatus(
        CLIENT, "19", "150", "dinner"
    )


def test_status_nobody_told_us_about() -> None:
    hook = parse("status", {"clientId": CLIENT, "userId": "19", "status": "asleep"})
    assert hook == Unknown(
        "status",
        "fields_unusable",
        CLIENT,
        {"clientId": CLIENT, "userId": "19", "status": "asleep"},
    )


@pytest.mark.parametrize(
    ("activity", "active", "freeze"),
    [
        ('{"active":true,"freeze":false}', True, False),
        ('{"active":false,"freeze":true}', False, True),
        ('{"active":"1","freeze":0}', True, False),
        ('{"active":false}', False, False),
    ],
)
def test_activity(activity: str, active: bool, freeze: bool) -> None:
    fields = {"clientId": CLIENT, "activity": activity, "systemUrl": "https://demo.retailcrm.ru"}
    assert parse("activity", fields) == Activity(
        CLIENT, active, freeze, "https://demo.retailcrm.ru"
    )


@pytest.mark.parametrize("activity", ["", "[]", "{", '{"active":"maybe"}', '{"freeze":true}'])
def test_activity_that_says_nothing(activity: str) -> None:
    hook = parse("activity", {"clientId": CLIENT, "activity": activity})
    assert isinstance(hook, Unknown)


def test_settings() -> None:
    settings = '{"timezone":{"value":"Asia/Almaty"},"default_currency":{"value":"KZT"}}'
    hook = parse("settings", {"clientId": CLIENT, "settings": settings})
    assert isinstance(hook, SettingsChange)
    assert hook.time_zone == "Asia/Almaty"
    assert hook.settings["default_currency"] == {"value": "KZT"}
    plain = parse("settings", {"clientId": CLIENT, "settings": '{"timezone":"Asia/Almaty"}'})
    assert isinstance(plain, SettingsChange)
    assert plain.time_zone == "Asia/Almaty"


def test_account_visit() -> None:
    assert parse("account", {"clientId": CLIENT}) == AccountVisit(CLIENT)


def test_unknown_kind_is_kept_and_named() -> None:
    hook = parse("billing", {"clientId": CLIENT, "x": "y"})
    assert hook == Unknown("billing", "kind_unknown", CLIENT, {"clientId": CLIENT, "x": "y"})


def test_nobodys_hook() -> None:
    assert parse("account", {"x": "y"}) == Unknown("account", "client_id_missing", None, {"x": "y"})


def test_the_secret_stays_out_of_logs() -> None:
    hooks = [
        parse("make-call", {"clientId": CLIENT, "userId": "1", "phone": "1"}),
        parse("status", {"clientId": CLIENT, "userId": "1", "status": "free"}),
        parse("activity", {"clientId": CLIENT, "activity": '{"active":true}'}),
        parse("settings", {"clientId": CLIENT, "settings": '{"a":1}'}),
        parse("account", {"clientId": CLIENT}),
        parse("other", {"clientId": CLIENT}),
    ]
    assert CLIENT not in repr(hooks)


@pytest.mark.parametrize(
    ("query", "body", "content_type", "expected"),
    [
        (b"a=1&b=2", b"b=3", "application/x-www-form-urlencoded", {"a": "1", "b": "3"}),
        (b"a=1", b'{"b":2,"c":{"d":1}}', "application/json", {"a": "1", "b": "2", "c": '{"d":1}'}),
        (b"", b'{"b":', "application/json", {}),
        (b"", b"\xff\xfe=1", "", {"��": "1"}),
        (b"a=1&" * 60, b"", "", {}),
        (b"a=", b"", "", {"a": ""}),
    ],
)
def test_fields(query: bytes, body: bytes, content_type: str, expected: dict[str, str]) -> None:
    assert read_fields(query, body, content_type) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://new.retailcrm.ru/admin", "https://new.retailcrm.ru"),
        ("https://NEW.simla.com", "https://new.simla.com"),
        ("https://crm.boxed.example:8443", "https://crm.boxed.example:8443"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9"),
        ("http://127.0.0.1:9/a/large/", "http://127.0.0.1:9/a/large"),
        ("http://new.retailcrm.ru", None),
        ("http://crm.boxed.example", None),
        ("https://new.retailcrm.ru:8443", None),
        ("https://user@new.retailcrm.ru", None),
        ("https://retailcrm.ru.evil.example", None),
        ("https://evilretailcrm.ru", None),
        ("https://10.0.0.1", None),
        ("ftp://127.0.0.1", None),
        ("https://[", None),
        ("", None),
    ],
)
def test_where_our_key_may_go(url: str, expected: str | None) -> None:
    current = "https://crm.boxed.example"
    assert trusted_address(url, current, extra_hosts={"127.0.0.1"}) == expected


@given(
    st.sampled_from(["make-call", "status", "activity", "settings", "account", "other"]),
    st.binary(max_size=200),
    st.binary(max_size=200),
    st.sampled_from(["", "application/json", "application/x-www-form-urlencoded"]),
)
def test_no_bytes_make_it_raise(kind: str, query: bytes, body: bytes, content_type: str) -> None:
    fields = read_fields(query, body, content_type)
    hook = parse(kind, fields)
    assert isinstance(hook, Unknown) or hook.client_id == fields["clientId"].strip()


@given(
    st.sampled_from(["make-call", "status", "activity", "settings"]),
    st.dictionaries(
        st.sampled_from(["phone", "userId", "code", "status", "activity", "settings"]),
        st.one_of(st.text(max_size=20), st.just('{"active":[],"timezone":{"value":[]}}')),
    ),
)
def test_no_fields_make_it_raise(kind: str, fields: dict[str, str]) -> None:
    hook = parse(kind, fields | {"clientId": CLIENT})
    assert hook.client_id == CLIENT


def test_no_nul_comes_through() -> None:
    fields = read_fields(b"userId=1%009", b"phone=%00%2B375000000070")
    assert fields == {"userId": "19", "phone": "+375000000070"}
    assert read_fields(b"", b'{"userId":"1\\u00009"}', "application/json") == {"userId": "19"}
