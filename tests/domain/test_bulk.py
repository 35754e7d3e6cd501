"""Bulk writes: what goes together, what is told apart, what a file says."""

from typing import Any

import pytest

from kommutator.domain.bulk import (
    BulkAction,
    BulkItem,
    ItemState,
    found_creations,
    found_updates,
    holds,
    next_batch,
    read_items,
    spans,
    stamped,
)
from kommutator.domain.bulk_sheet import read_sheet
from kommutator.kit.errors import InvalidInput

PHONE = {"field_code": "PHONE", "values": [{"value": "+375000000070", "enum_code": "WORK"}]}


def update(position: int, entity_id: int, **body: Any) -> BulkItem:
    return BulkItem(position, entity_id, body)


def creation(position: int, stamp: int, **body: Any) -> BulkItem:
    return BulkItem(position, None, body, stamp=stamp)


def test_a_batch_has_the_first_word_about_each_card_and_no_second() -> None:
    waiting = [update(1, 7), update(2, 8), update(3, 7), update(4, 9), update(5, 8)]
    assert [item.position for item in next_batch(waiting, 3)] == [1, 2, 4]
    assert [item.position for item in next_batch(waiting, 2)] == [1, 2]
    assert [item.position for item in next_batch([creation(1, 5), creation(2, 5)], 9)] == [1, 2]


def test_equal_items_are_told_apart_by_their_moments() -> None:
    given = [{"name": "a"}, {"name": "b"}, {"name": "a"}, {"name": "a", "created_at": 50}]
    items = stamped(read_items(BulkAction.CREATE, given), 1000)
    assert [item.stamp for item in items] == [1000, 1000, 999, 50]


def test_a_creation_is_found_by_moment_and_values_and_nobody_elses_is_taken() -> None:
    sent = [
        creation(1, 100, name="a", price=5),
        creation(2, 100, name="a", price=6),
        creation(3, 99, name="a", price=5),
        creation(4, 100, name="b", custom_fields_values=[PHONE]),
        creation(5, 100, name="c"),
    ]
    other_spelling = {"field_id": 3, "field_code": "PHONE", "values": [{"value": "375000000070"}]}
    held = [
        {"id": 11, "created_at": 100, "name": "a", "price": 5},  # another item's, known
        {"id": 12, "created_at": 100, "name": "a", "price": 5},
        {"id": 13, "created_at": 99, "name": "a", "price": 5},
        {"id": 14, "created_at": 100, "name": "b", "custom_fields_values": [other_spelling]},
        {"id": 15, "created_at": 101, "name": "c"},
    ]
    results = list(found_creations(sent, held, {11}))
    assert [(one.position, one.state, one.entity_id) for one in results] == [
        (1, ItemState.DONE, 12), (2, ItemState.WAITING, None), (3, ItemState.DONE, 13),
        (4, ItemState.DONE, 14), (5, ItemState.WAITING, None),
    ]  # fmt: skip


def test_an_update_is_done_if_everything_holds() -> None:
    sent = [update(1, 7, price=5), update(2, 8, price=5), update(3, 9, price=5)]
    held = {7: {"price": 5, "name": "x"}, 8: {"price": 4}}
    states = [one.state for one in found_updates(sent, held)]
    assert states == [ItemState.DONE, ItemState.WAITING, ItemState.WAITING]


@pytest.mark.parametrize(
    ("body", "entity", "expected"),
    [
        ({"tags_to_add": [{"name": "vip"}]}, {"_embedded": {"tags": [{"name": "vip"}]}}, True),
        ({"tags_to_add": [{"id": 4}]}, {"_embedded": {"tags": [{"id": 4, "name": "x"}]}}, True),
        ({"tags_to_add": [{"name": "vip"}]}, {"_embedded": {"tags": []}}, False),
        ({"tags_to_delete": [{"name": "vip"}]}, {"_embedded": {"tags": [{"name": "vip"}]}}, False),
        ({"custom_fields_values": [PHONE]}, {"custom_fields_values": None}, False),
        ({"custom_fields_values": [PHONE]}, {"custom_fields_values": [PHONE]}, True),
        ({"custom_fields_values": [{"field_id": 1, "values": None}]}, {}, True),
        (
            {"custom_fields_values": [{"field_id": 1, "values": [{"value": 5}]}]},
            {"custom_fields_values": [{"field_id": 1, "values": [{"value": "5"}]}]},
            True,
        ),
        ({"loss_reason_id": 3}, {"price": 3}, False),
    ],
)
def test_what_holds(body: dict[str, Any], entity: dict[str, Any], expected: bool) -> None:
    assert holds(body, entity) is expected


def test_lost_creations_are_looked_for_in_spans_of_time() -> None:
    sent = [creation(1, 1000), creation(2, 5), creation(3, 990), creation(4, 1299)]
    assert [[item.position for item in span] for span in spans(sent)] == [[2], [3, 1, 4]]


def test_a_table_is_read_as_spreadsheets_write_it() -> None:
    raw = (
        "\ufeffid;name;price;tags_to_add;field:PHONE;field:123\r\n"
        "7;Сделка;10 000;vip, new;'+375000000070;красный\r\n"
        "8;;;;;\r\n"
    ).encode()
    assert read_sheet(raw) == [
        {
            "id": 7, "name": "Сделка", "price": 10000,
            "tags_to_add": [{"name": "vip"}, {"name": "new"}],
            "custom_fields_values": [PHONE, {"field_id": 123, "values": [{"value": "красный"}]}],
        },
        {"id": 8},
    ]  # fmt: skip
    assert read_sheet("id,name\n7,Сделка\n".encode("cp1251")) == [{"id": 7, "name": "Сделка"}]
    assert read_sheet(b'{"items": [{"id": 7}]}') == read_sheet(b'[{"id": 7}]') == [{"id": 7}]


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), [[float("-inf")]], "a\x00", {"\ud800": 1}, 2**63]
)
def test_what_cannot_be_stored_or_sent_as_it_is_meant_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_items(BulkAction.UPDATE, [{"id": 7, "price": 1}, {"id": 8, "price": value}])
    assert (refused.value.code, refused.value.params["position"]) == ("bulk_item_unreadable", 2)


def test_a_bottomless_item_is_refused_and_breaks_nothing() -> None:
    value: object = 1
    for _ in range(900):
        value = [value]
    with pytest.raises(InvalidInput) as refused:
        read_items(BulkAction.UPDATE, [{"id": 7, "x": value}])
    assert refused.value.code == "bulk_item_unreadable"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"id;prise\n1;2\n", "bulk_sheet_column"),
        (b"id;price\n1;much\n", "bulk_sheet_number"),
        ("id;price\n1;²\n".encode(), "bulk_sheet_number"),
        (b"id;name;name\n1;a;b\n", "bulk_sheet_column_twice"),
        (b"id;name\n1;a; b\n", "bulk_sheet_row"),
        (b'id;name\n1;"a\n2;b\n3;c\n', "bulk_sheet_unreadable"),
        (b"[1, 2]", "bulk_sheet_unreadable"),
        (b"[" * 100_000, "bulk_sheet_unreadable"),
        (b'{"a": 1', "bulk_sheet_unreadable"),
        (b"\x98\xff\xfe", "bulk_sheet_unreadable"),
    ],
)
def test_what_is_no_table_is_refused(raw: bytes, code: str) -> None:
    with pytest.raises(InvalidInput, match=code):
        read_sheet(raw)
