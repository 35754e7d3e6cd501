"""Webhook bodies → notices: every trap of the vendor's, and whatever a stranger may send."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommutator.connectors.crm.amocrm.hook_form import MAX_BYTES, MAX_DEPTH, MAX_KEY, read_form
from kommutator.connectors.crm.amocrm.hooks import Notice, dedupe_key, read_hook
from kommutator.domain.crm_data import EntityKind
from kommutator.kit.errors import InvalidInput
from tests.connectors.amocrm import hook_samples as samples
from tests.connectors.amocrm.php_form import build


def told(sample: dict[str, Any]) -> Notice:
    (notice,) = read_hook(build(sample)).notices
    return notice


def test_a_lead_changed_its_stage() -> None:
    notice = told(samples.LEAD_STATUS)
    assert (notice.action, notice.entity, notice.kind, notice.entity_id) == (
        "status",
        "leads",
        EntityKind.LEADS,
        25399013,
    )
    assert (notice.status_id, notice.old_status_id, notice.pipeline_id) == (142, 7039101, 1300)
    assert (notice.responsible_id, notice.account_id) == (123123, 7039099)
    assert notice.updated_at == datetime(2014, 10, 17, 13, 59, 32, tzinfo=UTC)


def test_values_of_fields_keep_their_three_shapes() -> None:
    fields = told(samples.LEAD_STATUS).raw["custom_fields"]
    assert fields["1"]["values"] == {"0": "1542067200"}  # a date: a bare list
    assert fields["2"]["values"] == {"value": "2"}  # a radio button: an object
    assert fields["3"]["values"] == {"0": {"value": "x", "enum": "5"}}


@pytest.mark.parametrize(
    ("sample", "action", "entity", "number"),
    [
        (samples.CONTACT_ADD, "add", "contacts", "10952709"),
        (samples.COMPANY_ADD, "add", "companies", "10959143"),
        (samples.LEAD_UPDATE, "update", "leads", "25399013"),
        (samples.LEAD_DELETE, "delete", "leads", "25399013"),
        (samples.COMPANY_DELETE, "delete", "companies", "10959143"),
        (samples.NOTE, "note", "leads", "25399013"),
        (samples.COMPANY_NOTE, "note", "companies", "10959143"),
        (samples.TASK, "update", "tasks", "11122233"),
        (samples.UNSORTED_ADD, "add", "unsorted", "40789acb990dbb97"),
        (samples.UNSORTED_ACCEPT, "delete", "unsorted", "40789acb990dbb97"),
        (samples.MESSAGE, "add", "message", "2f61amo-c914-r429-m4f1"),
        (samples.TEMPLATE_REVIEW, "add", "unnamed", "6955"),
        (samples.PIPELINE_MAIL, "mail_in", "leads", "4921027"),
        (samples.PIPELINE_STATUS, "status", "leads", "4831596"),
        (samples.CUSTOMER_PERIOD, "period", "customers", "4831596"),
    ],
)
def test_every_kind_is_named(sample: dict[str, Any], action: str, entity: str, number: str) -> None:
    notice = told(sample)
    assert (notice.action, notice.entity, notice.id) == (action, entity, number)


def test_an_owner_may_change_into_the_same() -> None:
    notice = told(samples.RESPONSIBLE)
    assert (notice.responsible_id, notice.old_responsible_id) == (123123, 123123)


def test_a_hook_of_the_digital_pipeline_is_short() -> None:
    notice = told(samples.PIPELINE_STATUS)
    assert (notice.pipeline_id, notice.old_pipeline_id) == (752663, 752662)
    assert (notice.status_id, notice.old_status_id) == (16203337, 16203334)
    assert (notice.updated_at, notice.account_id, notice.subdomain) == (None, 7039099, "example")


def test_a_deletion_has_no_more_than_its_id() -> None:
    notice = told(samples.COMPANY_DELETE)
    assert notice == Notice(
        "delete", "companies", "10959143", raw={"id": "10959143", "type": "company"}
    )
    assert notice.deletes


def test_a_declined_card_of_the_tray_deletes_nothing_of_ours() -> None:
    notice = told(samples.UNSORTED_ACCEPT)
    assert (notice.kind, notice.deletes, notice.raw["action"]) == (None, False, "accept")
    assert notice.raw["accept_result"] == {"leads": {"0": "2132111"}, "contacts": {"0": "3454532"}}


def test_times_of_a_task_without_a_zone_are_none() -> None:
    assert told(samples.TASK).updated_at == datetime(2017, 7, 20, 15, 0, tzinfo=UTC)


def test_a_time_beyond_all_times_is_none() -> None:
    (notice,) = read_hook(
        b"leads[add][0][id]=7&leads[add][0][updated_at]=999999999999999999"
    ).notices
    assert notice.updated_at is None


def test_a_note_keeps_its_metadata_and_its_misspelt_key() -> None:
    note = told(samples.NOTE).raw["note"]
    assert (note["metadata"], note["attachement"]) == ('{"event_source":{"type":1}}', "file.png")


def test_linked_leads_are_a_map() -> None:
    assert told(samples.CONTACT_ADD).raw["linked_leads_id"] == {"7551167": {"ID": "7551167"}}


@pytest.mark.parametrize("first", [True, False])
def test_the_account_may_come_first_or_last(first: bool) -> None:
    leads = samples.LEAD_UPDATE
    account = {"account": samples.ACCOUNT}
    body = read_hook(build({**account, **leads} if first else {**leads, **account}))
    assert (body.account_id, body.subdomain) == (7039099, "example")
    (notice,) = body.notices
    assert (notice.account_id, notice.subdomain) == (7039099, "example")


def test_one_request_tells_of_several_things() -> None:
    notices = read_hook(build(samples.SEVERAL)).notices
    assert [(n.action, n.entity, n.id) for n in notices] == [
        ("add", "leads", "1"),
        ("add", "leads", "2"),
        ("status", "leads", "1"),
        ("add", "contacts", "3"),
        ("add", "companies", "4"),
        ("delete", "contacts", "5"),
    ]
    assert {n.account_id for n in notices} == {7039099}


def test_brackets_may_come_unescaped() -> None:
    (notice,) = read_hook(b"leads[add][0][id]=7&leads[add][0][name]=a+b%2Bc").notices
    assert (notice.id, notice.raw["name"]) == ("7", "a b+c")


# --- the form itself -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "tree"),
    [
        (b"", {}),
        (b"&&=&[a]=1", {}),
        (b"a", {"a": ""}),
        (b"a=1&a=2", {"a": "2"}),
        (b"a[]=x&a[]=y&a[7]=z&a[]=w", {"a": {"0": "x", "1": "y", "7": "z", "8": "w"}}),
        (b"a[007]=x&a[]=y", {"a": {"007": "x", "0": "y"}}),
        (b"a=1&a[b]=2", {"a": {"b": "2"}}),
        (b"a[b]=2&a=1", {"a": "1"}),
        (b"a[b=1", {"a[b": "1"}),
        (b"a[b]c[d]=1", {"a": {"b": "1"}}),
        (b"a[b][=1", {"a": {"b": "1"}}),
        (b"a%5Bb%5D=%D0%9A", {"a": {"b": "К"}}),
        (b"a=%FF%00b", {"a": "�b"}),
        (b"a=1=2", {"a": "1=2"}),
        (b"a[]=1&a=2&a[]=3", {"a": {"0": "3"}}),
    ],
)
def test_names_are_read_as_php_does(body: bytes, tree: dict[str, Any]) -> None:
    assert read_form(body) == tree


@pytest.mark.parametrize(
    "body",
    [
        b"a" * (MAX_BYTES + 1),
        b"&" * 50_000,
        b"a" + b"[b]" * MAX_DEPTH + b"=1",
        b"a[" + b"k" * (MAX_KEY + 1) + b"]=1",
    ],
    ids=["bytes", "fields", "depth", "key"],
)
def test_bounds_are_kept(body: bytes) -> None:
    with pytest.raises(InvalidInput, match="amocrm_hook_unreadable"):
        read_hook(body)


_KEYS = st.one_of(
    st.integers(0, 30).map(str),
    st.text(
        st.characters(exclude_characters="[]\x00", codec="utf-8"),
        min_size=1,
        max_size=8,
    ),
)
_NAMES = st.text(st.characters(exclude_characters="[]\x00 ", codec="utf-8"), min_size=1, max_size=8)
_TEXTS = st.text(st.characters(exclude_characters="\x00", codec="utf-8"), max_size=20)
_TREES = st.recursive(
    _TEXTS, lambda inner: st.dictionaries(_KEYS, inner, min_size=1, max_size=4), max_leaves=20
)


@given(st.dictionaries(_NAMES, _TREES, max_size=4))
def test_what_php_builds_is_read_back(tree: dict[str, Any]) -> None:
    assert read_form(build(tree)) == tree


@given(st.binary(max_size=400))
def test_bytes_of_a_stranger_are_only_refused(body: bytes) -> None:
    try:
        notices = read_hook(body).notices
    except InvalidInput:
        return
    assert all("\x00" not in (notice.id or "") for notice in notices)


_GROUPS = st.sampled_from(["leads", "contacts", "task", "unsorted", "account", "x", "0"])
_INNER = st.sampled_from(["add", "note", "0", "id", "note]", "", "updated_at", "type", "1e9"])
_VALUES = st.sampled_from(["1", "company", "99999999999999999", "-1", "٣", "", "1e400"])


@given(st.lists(st.tuples(_GROUPS, st.lists(_INNER, max_size=6), _VALUES), max_size=30))
def test_nearly_right_bodies_raise_nothing(fields: list[tuple[str, list[str], str]]) -> None:
    body = "&".join(f"{group}{''.join(f'[{k}]' for k in keys)}={v}" for group, keys, v in fields)
    for notice in read_hook(body.encode()).notices:
        assert notice.kind in {None, *EntityKind}
        assert notice.entity_id is None or notice.entity_id >= 0


# --- news and repeats ------------------------------------------------------------------------


def test_a_body_with_a_time_is_known_by_itself() -> None:
    body = build(samples.LEAD_STATUS)
    assert dedupe_key(body, "one") == dedupe_key(body, "other") == dedupe_key(body)
    assert dedupe_key(body) != dedupe_key(build(samples.LEAD_UPDATE))
    assert len(dedupe_key(body)) == 64


@pytest.mark.parametrize("sample", [samples.LEAD_DELETE, samples.PIPELINE_STATUS])
def test_a_body_without_a_time_is_known_by_its_request(sample: dict[str, Any]) -> None:
    body = build(sample)
    assert dedupe_key(body, "one") == dedupe_key(body, "one")
    assert dedupe_key(body, "one") != dedupe_key(body, "other")
