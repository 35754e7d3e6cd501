"""Whether an online booking may be: the vendor's codes 431-438, in the order they are met (§1.4).

Texts of the codes are ours but for "already taken", which the vendor's blueprint has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kommutator.twins.yclients import phones
from kommutator.twins.yclients.call import Call, number
from kommutator.twins.yclients.local_time import read_local
from kommutator.twins.yclients.replies import BAD_FORMAT, Refusal, invalid
from kommutator.twins.yclients.slots import in_order, is_free
from kommutator.twins.yclients.staff import Staff

Json = dict[str, Any]

BAD_PHONE, WRONG_CODE, TAKEN, BLACKLISTED = 431, 432, 433, 434
NO_NAME, NOBODY_FREE, OVERLAP, NO_SUCH_SERVICE = 435, 436, 437, 438
MONTHS = ("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября",
          "октября", "ноября", "декабря")  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """One appointment that may be: with whom, what, when."""

    id: Any
    staff: Staff
    services: tuple[int, ...]
    start: datetime
    length: int
    custom_fields: Json

    @property
    def end(self) -> datetime:
        """When it ends."""
        return self.start + timedelta(seconds=self.length)


def check_person(call: Call, body: Json) -> None:
    """Phone, SMS code, black list, name, e-mail.

    Raises:
        Refusal: 431, 432, 434 (HTTP 403), 435, or a plain 422 for the e-mail.
    """
    company, digits = call.company, phones.digits_of(body.get("phone"))
    if not phones.is_valid(digits):
        raise _no(BAD_PHONE, "Неверный формат номера телефона")
    if company.settings.confirm_number:
        sent = company.codes.get(digits)
        if sent is None or str(body.get("code", "")) != sent:
            raise _no(WRONG_CODE, "Неверный код подтверждения")
    if digits in company.blacklist:
        text = "Запись для этого номера телефона недоступна"
        raise Refusal(403, text, code=BLACKLISTED)
    if not str(body.get("fullname") or "").strip():
        raise _no(NO_NAME, "Не указано имя клиента")
    if call.switches.email_required and "@" not in str(body.get("email") or ""):
        raise invalid(email="Не указан email")


def check_appointments(call: Call, body: Json) -> list[Wanted]:
    """The appointments with the employees who will do them, all of them possible together.

    Raises:
        Refusal: 400 for another shape; 438, 436, 433, 437.
    """
    rows = body.get("appointments")
    if not isinstance(rows, list) or not rows or not all(isinstance(one, dict) for one in rows):
        raise Refusal(400, BAD_FORMAT)
    found: list[Wanted] = []
    for one in rows:
        found.append(_wanted(call, one, found))
    return found


def taken(staff: Staff, start: datetime) -> str:
    """The vendor's words for a time that is busy or not worked."""
    when = f"{start.day} {MONTHS[start.month - 1]} {start.year} в {start:%H:%M}"
    return (
        f"К сотруднику {staff.name}({staff.id}) нельзя записаться на {when}. "
        "Выбранное время уже занято или является нерабочим."
    )


def _wanted(call: Call, one: Json, before: Sequence[Wanted]) -> Wanted:
    company, mark = call.company, one.get("id")
    wanted = one.get("services") or []
    if not isinstance(wanted, list):
        raise Refusal(400, BAD_FORMAT)
    services = tuple(number(word) for word in wanted)
    for service_id in services:
        service = company.services.get(service_id)
        if service is None or not service.active or not service.online:
            raise _no(NO_SUCH_SERVICE, "Выбранная услуга больше недоступна", mark)
    start = read_local(company, one.get("datetime"))
    if start is None:
        raise invalid(datetime="Недопустимая дата")
    staff_id = number(one.get("staff_id"))
    if staff_id:
        return _with(call, one, _known(call, staff_id, services, mark), services, start, before)
    if company.settings.any_master:
        for staff in in_order(company.staff.values()):
            if _does(staff, services) and _possible(call, staff, services, start, before):
                return _with(call, one, staff, services, start, before)
    raise _no(NOBODY_FREE, "Нет свободных сотрудников на выбранное время", mark)


def _known(call: Call, staff_id: int, services: tuple[int, ...], mark: Any) -> Staff:
    staff = call.staff(staff_id)
    if staff is None or not (staff.visible and staff.bookable):
        raise _no(TAKEN, "Запись к выбранному сотруднику недоступна", mark)
    if not _does(staff, services):
        raise _no(NO_SUCH_SERVICE, "Сотрудник не оказывает выбранную услугу", mark)
    return staff


def _with(
    call: Call,
    one: Json,
    staff: Staff,
    services: tuple[int, ...],
    start: datetime,
    before: Sequence[Wanted],
) -> Wanted:
    mark, length = one.get("id"), _length(call, staff, services)
    end = start + timedelta(seconds=length)
    if not _bookable(call, staff, start, length):
        raise _no(TAKEN, taken(staff, start), mark)
    if any(w.staff.id == staff.id and start < w.end and w.start < end for w in before):
        raise _no(OVERLAP, "Выбранные записи пересекаются по времени", mark)
    extra = one.get("custom_fields")
    return Wanted(mark, staff, services, start, length, extra if isinstance(extra, dict) else {})


def _does(staff: Staff, services: tuple[int, ...]) -> bool:
    shown = staff.visible and staff.bookable
    return shown and all(number_ in staff.lengths for number_ in services)


def _length(call: Call, staff: Staff, services: tuple[int, ...]) -> int:
    if not services:
        return call.switches.default_seance_seconds
    return sum(staff.lengths[number_] for number_ in services)


def _possible(
    call: Call,
    staff: Staff,
    services: tuple[int, ...],
    start: datetime,
    before: Sequence[Wanted],
) -> bool:
    length = _length(call, staff, services)
    end = start + timedelta(seconds=length)
    if any(w.staff.id == staff.id and start < w.end and w.start < end for w in before):
        return False
    return _bookable(call, staff, start, length)


def _bookable(call: Call, staff: Staff, start: datetime, length: int) -> bool:
    company = call.company
    earliest = call.world.local_now(company) + timedelta(minutes=company.settings.seance_delay_step)
    return start >= earliest and is_free(company, staff, start, length)


def _no(code: int, text: str, mark: Any = None) -> Refusal:
    return Refusal(422, text, code=code, appointment=mark)
