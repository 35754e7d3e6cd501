"""Answers have the keys and the kinds of values that the vendor's samples have (noise on)."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.yclients_town import YTown
from tests.twins.yclients.salon.booth import DAY, PHONE, Booth

SAMPLES = Path(__file__).parents[1] / "samples"
# What the samples show of pictures, goods and money that the twin's salons do not have.
NOT_HERE = {"image_group", "consumables", "finance_transactions", "resource_instances", "header",
            "header_background", "menu_background", "terms_of_use", "confidentiality"}  # fmt: skip
# Days and moments are numbers in these samples by an artefact of their generator; the twin says
# both by a switch.
MOMENTS = {"booking_dates", "working_dates", "datetime", "seance_date", "date", "create_date"}


def sample(name: str) -> Any:
    (path,) = SAMPLES.glob(f"{name}.json")
    return json.loads(path.read_text("utf-8"))["body"]


def differences(wanted: Any, got: Any, where: str = "") -> list[str]:
    """Keys of the sample that are missing, and values of another kind."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        found = []
        for name, value in wanted.items():
            if name in NOT_HERE or name.isdigit():
                continue
            if name not in got:
                found.append(f"{where}.{name} is missing")
            elif name not in MOMENTS:
                found += differences(value, got[name], f"{where}.{name}")
        return found
    if isinstance(wanted, list) and isinstance(got, list):
        return differences(wanted[0], got[0], f"{where}[]") if wanted and got else []
    return [] if kind(wanted) == kind(got) else [f"{where}: {wanted!r} there, {got!r} here"]


def kind(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return "flag"
    # PHP's empty map is a list, and a missing number is a zero.
    if isinstance(value, dict | list):
        return "map"
    return "number" if isinstance(value, int | float) else "word"


READS = {
    "GET_companies.response": "/companies",
    "GET_company_id.response": "/company/{c}",
    "GET_company_company_id_services_service_id.response": "/company/{c}/services",
    "GET_company_company_id_staff_staff_id.response": "/company/{c}/staff",
    "GET_staff_company_id_staff_id.response": "/staff/{c}",
    "GET_company_company_id_service_categories_id.response": "/company/{c}/service_categories",
    "GET_company_company_id_settings_online.response": "/company/{c}/settings/online",
    "GET_company_company_id_staff_schedule.response": "/company/{c}/staff/schedule?start_date={day}"
    "&end_date={day}&include[]=busy_intervals&include[]=off_day_type",
    "GET_schedule_company_id_staff_id_start_date_end_date.response": "/schedule/{c}/{a}/{day}"
    "/{day}",
    "GET_timetable_seances_company_id_staff_id_date.response": "/timetable/seances/{c}/{a}/{day}",
    "GET_book_services_company_id.response": "/book_services/{c}?staff_id={a}",
    "GET_book_staff_company_id.response": "/book_staff/{c}",
    "GET_book_dates_company_id.response": "/book_dates/{c}",
    "GET_book_times_company_id_staff_id_date.response": "/book_times/{c}/{a}/{day}",
    "GET_book_staff_seances_company_id_staff_id.response": "/book_staff_seances/{c}/{a}",
    "GET_record_company_id_record_id.response": "/record/{c}/{r}",
    "GET_records_company_id.response": "/records/{c}",
    "GET_user_records_record_id_record_hash.response": "/user/records/{r}/{hash}",
    "GET_visits_visit_id.response": "/visits/{v}",
    "GET_client_company_id_id.response": "/client/{c}/{cl}",
    "GET_clients_company_id.response": "/clients/{c}",
    "GET_comments_company_id.response": "/comments/{c}",
    "GET_license_company_id.response": "/license/{c}",
    "GET_groups.response": "/groups",
    "GET_user_permissions_company_id.response": "/user/permissions/{c}",
    "GET_activity_company_id_search.response": "/activity/{c}/search",
    "GET_master_record_review_recordToken.response": "/master_record_review/{hash}",
}
# Where a value may be of two kinds, or the samples contradict the strict schema of a live client,
# which the twin follows.
LIVE = {
    ".data[].off_day_type", ".data[].user_id", ".data[].client", ".data[].birth_date",
    ".data.records[].deleted", ".data.records[].prepaid", ".data.records[].prepaid_confirmed",
}  # fmt: skip


@pytest.fixture
async def filled(booth: Booth) -> dict[str, Any]:
    """The booth with a visit, a review and a group event; what paths are filled with."""
    town, record = booth.town, await booth.make("10:00")
    event = {"service_id": booth.cut, "staff_id": booth.bob, "datetime": f"{DAY} 10:00:00"}
    await town.order("activities", company=booth.company, **event)
    await booth.ask("POST", f"/comments/{{c}}/{booth.ann}", {"mark": 5, "text": "Да", "name": "И"})
    row = booth.inside.records[record]
    return {"c": booth.company, "a": booth.ann, "day": DAY, "r": record, "hash": row.hash,
            "v": row.visit_id, "cl": row.client_id}  # fmt: skip


@pytest.mark.parametrize("name", READS)
async def test_reads(town: YTown, filled: dict[str, Any], name: str) -> None:
    answer = await town.ask("GET", READS[name].format(**filled), user=town.owner_token)
    assert answer.status == 200, answer.text
    wrong = differences(sample(name), answer.json)
    assert [line for line in wrong if line.partition(": ")[0] not in LIVE] == []


async def test_a_booking_as_the_sample_sends_it(booth: Booth) -> None:
    body = sample("POST_book_record_company_id.request")
    for one, at in zip(body["appointments"], ("10:00", "12:00"), strict=True):
        one |= {"services": [booth.cut], "staff_id": booth.ann, "datetime": f"{DAY} {at}:00"}
    answer = await booth.ask("POST", "/book_record/{c}", body, user="")
    assert answer.status == 201, answer.text
    assert differences(sample("POST_book_record_company_id.response"), answer.json) == []
    (first, second) = (await booth.ask("GET", "/records/{c}")).data
    assert first["custom_fields"]["my_custom_field"] == 123
    assert (first["api_id"], second["api_id"], first["is_mobile"]) == ("777", "777", 1)
    moved = await booth.ask(
        "PUT", f"/book_record/{{c}}/{second['id']}", {"datetime": f"{DAY} 15:00:00"}, user=""
    )
    wrong = differences(sample("PUT_book_record_company_id_record_id.response"), moved.json)
    # The old sample has ids as words and an older name of the specialization.
    assert {line.split(".")[2].partition(" ")[0] for line in wrong} <= {"company", "staff"}


async def test_a_login_as_the_bare_sample(town: YTown) -> None:
    login = {"login": "owner@salon.example", "password": "salon-owner"}
    answer = await town.ask("POST", "/auth", login)
    assert differences(sample("POST_auth.response"), answer.data) == []


async def test_visits_of_a_client(booth: Booth) -> None:
    await booth.make("10:00")
    path = "/company/{c}/clients/visits/search"
    answer = await booth.ask("POST", path, {"client_phone": PHONE})
    wanted = sample("POST_company_company_id_clients_visits_search.response")
    wanted["data"]["records"][0]["comer"] = None
    assert differences(wanted, answer.json) == []


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("staff", "/company/{c}/staff"),
        ("service", "/company/{c}/services"),
        ("service_category", "/company/{c}/service_categories"),
        ("record", "/records/{c}"),
    ],
)
async def test_without_noise_as_a_strict_live_client_wants(
    booth: Booth, name: str, path: str
) -> None:
    await booth.town.order("switches", type_noise=False)
    await booth.make("10:00")
    wanted = json.loads((SAMPLES / "strict_schema_examples.json").read_text("utf-8"))[name]
    (row, *_) = (await booth.ask("GET", path)).data
    wrong = [line for line in differences(wanted, row) if not line.endswith("is missing")]
    assert wrong == []
    missing = set(wanted) - set(row) - NOT_HERE
    assert missing <= ABSENT.get(name, set())


# Fields of the strict client that no reader of salons needs.
ABSENT = {
    "staff": {
        "dismissal_date", "dismissal_reason", "is_chain", "is_rating_shown", "employee",
        "is_online_random_choice_allowed", "seance_step", "seance_search_start",
        "seance_search_finish", "is_timetable_off", "is_fullness_accounting", "google_clients",
        "timetable_markup_divider_interval", "user", "chain", "grid_settings", "domain",
        "google_link",
    },
    "service": {
        "tax_variant", "vat_id", "repeat_visit_days_step", "is_need_limit_date", "date_from",
        "date_to", "schedule_template_type", "online_invoicing_status",
        "is_abonement_autopayment_enabled", "autopayment_before_visit_time",
        "abonement_restriction_value", "is_chain", "is_price_managed_only_in_chain",
        "is_comment_managed_only_in_chain", "price_prepaid_amount", "price_prepaid_percent",
    },
}  # fmt: skip


def test_the_errors_are_the_vendors_own() -> None:
    """Each text of the contract's list that this twin's half may say is in its sources."""
    rows = json.loads((SAMPLES / "errors.json").read_text("utf-8"))["items"]
    source = "\n".join(
        path.read_text("utf-8")
        for path in (Path(__file__).parents[4] / "src/kommutator/twins/yclients").glob("*.py")
    )
    texts = [text for row in rows for text in row.get("bulk_client_errors", [])]
    texts += [row["body"]["meta"]["message"] for row in rows if "body" in row]
    texts += [t for row in rows for t in row.get("body_message", "").split(" | ") if t]
    fixed = [
        text.partition("{")[0].partition("(")[0].rpartition(" ")[0] or text
        for text in texts
        if not text.startswith(("К сотруднику Ирина", "Не указан филиал"))
    ]
    assert [text for text in fixed if text not in source] == []
    assert len(fixed) > 15
