"""The vendor's documents and live shapes, read into the house's types."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from kommutator.connectors.crm.yclients.permissions import NEEDED, read_rights
from kommutator.connectors.crm.yclients.records import (
    hides_client,
    read_visit,
    replacement,
)
from kommutator.connectors.crm.yclients.schemas import (
    read_category,
    read_client,
    read_days,
    read_salon,
    read_service,
    read_staff,
)
from kommutator.domain.salon.facts import Attendance, Booked, Category, Span, WorkDay
from tests.connectors.yclients.samples import sample

LIVE = sample("strict_schema_examples")


def documented(name: str) -> Any:
    return sample(name)["data"]


def test_a_live_record() -> None:
    visit = read_visit(LIVE["record"])
    assert visit is not None
    assert (visit.id, visit.staff_id, visit.visit_id) == (122641972, 6544, 102742863)
    assert visit.starts_at == datetime(2026, 7, 21, 12)  # noqa: DTZ001  the salon's own time
    assert (visit.seance_s, visit.services) == (7200, (Booked(331, "Маникюр", 1700),))
    assert (visit.client_id, visit.client_name) == (30249946, "Ирина")
    assert visit.client_phone == "+79160000033"
    assert visit.changed_at == datetime(2026, 7, 20, 11, 7, 40, tzinfo=UTC)
    assert visit.created_at == datetime(2026, 7, 20, 9, 27, 6, tzinfo=UTC)
    assert (visit.api_id, visit.activity_id, visit.deleted, visit.online) == (None,) * 2 + (
        False,
    ) * 2
    assert visit.raw is LIVE["record"]


def test_documented_records() -> None:
    visits = [read_visit(item) for item in documented("GET_records_company_id")]
    assert next(visit and (visit.id, visit.visit_id, visit.client_id) for visit in visits) == (
        2,
        8262996,
        None,
    )
    second = visits[1]
    assert second is not None
    assert (second.attendance, second.online, second.services) == (Attendance.CAME, True, ())
    one = read_visit(documented("GET_record_company_id_record_id"))
    assert one is not None
    assert (one.client_phone, one.client_name) == ("+70001234567", "Иван Иванович Иванов")


def test_the_salons_own_time_wins_over_a_wrong_zone() -> None:
    odd = {**LIVE["record"], "datetime": "2026-07-21T13:00:00+04:00"}
    visit = read_visit(odd)
    assert visit is not None
    assert visit.starts_at.hour == 12
    only = read_visit({**odd, "date": None})
    assert only is not None
    assert (only.starts_at.hour, only.starts_at.tzinfo) == (13, None)


@pytest.mark.parametrize(
    "changed", [{"id": 0}, {"staff_id": 0, "staff": []}, {"date": 0, "datetime": 0}]
)
def test_what_is_no_record(changed: dict[str, Any]) -> None:
    assert read_visit({**LIVE["record"], **changed}) is None


@pytest.mark.parametrize("client", [None, [], {}, ""])
def test_nobody_is_named(client: Any) -> None:
    visit = read_visit({**LIVE["record"], "client": client})
    assert visit is not None
    assert (visit.client_id, visit.client_name, visit.client_phone) == (None, None, None)


@pytest.mark.parametrize("phone", ["", None, "+7916***0033", 0])
def test_hidden_phones(phone: Any) -> None:
    held = {**LIVE["record"], "client": {**LIVE["record"]["client"], "phone": phone}}
    visit = read_visit(held)
    assert visit is not None
    assert (visit.client_id, visit.client_phone) == (30249946, None)
    assert hides_client(held)
    assert not hides_client(LIVE["record"])
    assert not hides_client({**held, "client": None})


@pytest.mark.parametrize(
    ("attendance", "visit_attendance", "read"),
    [(2, 0, 2), ("-1", 0, -1), (None, 1, 1), (None, None, 0), (7, 0, 0), (0, 1, 0)],
)
def test_attendance(attendance: Any, visit_attendance: Any, read: int) -> None:
    held = {**LIVE["record"], "attendance": attendance, "visit_attendance": visit_attendance}
    visit = read_visit(held)
    assert visit is not None
    assert visit.attendance == read


def test_type_noise_of_a_record() -> None:
    noisy = {
        **LIVE["record"],
        "id": "122641972",
        "staff_id": "6544",
        "deleted": 1,
        "comment": 0,
        "api_id": "0",
        "activity_id": "0",
        "custom_fields": [],
    }
    visit = read_visit(noisy)
    assert visit is not None
    assert (visit.id, visit.staff_id, visit.deleted) == (122641972, 6544, True)
    assert (visit.comment, visit.api_id, visit.activity_id) == ("", None, None)


def test_a_replacement_keeps_everything() -> None:
    held = {
        **LIVE["record"],
        "comment": "у окна",
        "api_id": "mark",
        "custom_color": "f44336",
        "record_labels": [{"id": "67345", "title": "VIP"}, {"id": 104474}],
        "custom_fields": {"field": [1, 2]},
        "activity_id": 9,
        "attendance": 2,
        "technical_break_duration": 600,
    }
    body = replacement(held, starts="2026-07-22 10:00:00", staff_id=7)
    assert body == {
        "staff_id": 7,
        "datetime": "2026-07-22 10:00:00",
        "seance_length": 7200,
        "services": [{"id": 331, "first_cost": 1700, "discount": 0, "cost": 1700, "amount": 1}],
        "client": {
            "id": 30249946,
            "phone": "+79160000033",
            "name": "Ирина",
            "surname": "",
            "patronymic": "",
            "email": "",
        },
        "save_if_busy": False,
        "send_sms": False,
        "attendance": 2,
        "record_labels": ["67345", "104474"],
        "custom_fields": {"field": [1, 2]},
        "activity_id": 9,
        "comment": "у окна",
        "api_id": "mark",
        "custom_color": "f44336",
        "sms_remain_hours": 5,
        "email_remain_hours": 1,
        "technical_break_duration": 600,
    }


def test_a_replacement_of_hardly_anything() -> None:
    body = replacement({"length": 900, "custom_fields": []}, starts="x", staff_id=1)
    assert (body["client"], body["services"], body["record_labels"]) == ({}, [], [])
    assert (body["seance_length"], body["comment"]) == (900, "")
    assert "custom_fields" not in body
    assert "activity_id" not in body


def test_services_old_and_new() -> None:
    old = [read_service(item) for item in documented("GET_services_company_id_service_id")]
    assert old[1] is not None
    assert (old[1].id, old[1].price_min, old[1].category_id) == (83169, 1300, 83167)
    assert old[1].staff_s[5905] == 2700
    assert old[1].duration_s == 3600  # nothing else told
    assert old[0] is not None
    assert (old[0].staff_s, old[0].duration_s) == ({}, 3600)
    new = read_service(LIVE["service"])
    assert new is not None
    assert (new.id, new.price_max, new.duration_s, new.staff_s) == (331, 2000, 3600, {6544: 3600})
    assert new.active
    assert read_service({"id": "x"}) is None


def test_staff_takes_the_usual_time_where_none_is_told() -> None:
    service = read_service({"id": 1, "duration": 1800, "staff": [{"id": 5, "seance_length": 0}]})
    assert service is not None
    assert service.staff_s == {5: 1800}


def test_staff() -> None:
    old = [read_staff(item) for item in documented("GET_staff_company_id_staff_id")]
    assert [one and (one.id, one.user_id, one.bookable) for one in old] == [
        (17969, 12345, True),
        (34006, 12345, True),
        (13616, 12345, True),
    ]
    live = read_staff(LIVE["staff"])
    assert live is not None
    assert (live.name, live.user_id, live.bookable, live.fired) == ("Мария Тест", None, True, False)
    gone = read_staff({**LIVE["staff"], "fired": "1", "is_bookable": False, "hidden": 1})
    assert gone is not None
    assert (gone.fired, gone.bookable, gone.hidden) == (True, False, True)
    assert read_staff({"id": 5, "fired": 1}) is not None
    assert read_staff({}) is None


def test_categories() -> None:
    rows = documented("GET_company_company_id_service_categories_id")
    assert [read_category(row) for row in rows] == [
        Category(345, "Стрижки мужские", 10),
        Category(3456, "Стрижки женские", 9),
    ]
    assert read_category({"title": "?"}) is None


def test_clients_old_and_new() -> None:
    cards = [read_client(item) for item in documented("GET_clients_company_id")]
    assert cards[0] is not None
    assert cards[1] is not None
    assert (cards[0].phone, cards[0].spent, cards[0].visits) == ("+79112345678", 71842, 34)
    assert cards[0].changed_at == datetime(2020, 2, 1, 8, tzinfo=UTC)
    assert (cards[0].birthday, cards[1].birthday) == (date(2010, 1, 1), None)
    one = read_client({**documented("GET_client_company_id_id"), "sms_not": 1})
    assert one is not None
    assert (one.name, one.opted_out) == ("Василий Васильевич Сонов", True)
    assert read_client({"name": "nobody"}) is None


def test_a_salon() -> None:
    salon = read_salon(documented("GET_company_id"), {"confirm_number": False}, "Europe/Kyiv")
    assert salon is not None
    assert (salon.id, salon.title, salon.time_zone) == (37532, "Новая компания", "Europe/Moscow")
    assert salon.asks_code
    assert salon.raw["online_settings"] == {"confirm_number": False}
    bare = read_salon({"id": "5"}, {}, "Europe/Kyiv")
    assert bare is not None
    assert (bare.time_zone, bare.asks_code, bare.slot_step_s) == ("Europe/Kyiv", False, 900)
    assert read_salon({}, {}, "UTC") is None


def test_hours() -> None:
    rows = documented("GET_company_company_id_staff_schedule")
    assert read_days(rows) == [
        WorkDay(
            123,
            date(2024, 1, 31),
            (Span(time(10), time(12)), Span(time(13), time(19))),
            (Span(time(15), time(16)),),
        )
    ]


def test_odd_hours() -> None:
    def row(*slots: tuple[Any, Any], staff: Any = 1) -> dict[str, Any]:
        told = [{"from": start, "to": end} for start, end in slots]
        return {"staff_id": staff, "date": "2026-01-05", "slots": told}

    day = date(2026, 1, 5)
    rows = [
        row(("14:00", "24:00"), ("x", "12:00"), ("15:00", "11:00")),
        row(("09:00", "10:00")),
        row(staff=2),
        row(("22:00", "00:00"), staff=3),
        row(staff=None),
        {"staff_id": 4, "date": "?"},
    ]
    assert read_days(rows) == [
        WorkDay(1, day, (Span(time(9), time(10)), Span(time(14), time(23, 59, 59)))),
        WorkDay(2, day, ()),
        WorkDay(3, day, (Span(time(22), time(23, 59, 59)),)),
    ]


def test_rights() -> None:
    tree = documented("GET_user_permissions_company_id")
    assert read_rights(tree).missing == ()
    assert read_rights(tree).phones
    less = {**tree, "clients": {**tree["clients"], "client_phones_access": "0"}}
    less["record_form"] = {"create_records_access": False, "delete_records_access": 0}
    found = read_rights(less)
    assert not found.phones
    assert found.missing == ("create_records", "delete_records", "phones")
    assert read_rights({}).missing == ()
    assert all(name in tree[room] for room, name in NEEDED.values())
