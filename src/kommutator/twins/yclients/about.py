"""Who asks, and what the branches are: auth, companies, chains, licence, rights (§1.1, §1.3)."""

from __future__ import annotations

import hmac
from typing import Any

from kommutator.twins.yclients import phones
from kommutator.twins.yclients.call import Call, Route
from kommutator.twins.yclients.company import Company
from kommutator.twins.yclients.people import User
from kommutator.twins.yclients.replies import UNAUTHORIZED, Answer, Refusal, invalid
from kommutator.twins.yclients.show_salon import company_body, company_row

Json = dict[str, Any]

_DAY = "%d.%m.%Y"
# Minutes or places; more is nobody's wish.
HIGHEST_SETTING = 100_000
_GROUP_RIGHTS = (
    "settings_access",
    "clients_access",
    "users_access",
    "loyalty_access",
    "loyalty_cards_manual_transactions_access",
    "network_services_access",
)
_ONLINE = ("confirm_number", "any_master", "seance_delay_step",
           "activity_online_record_clients_count_max")  # fmt: skip


def auth(call: Call) -> Answer:
    """`POST /auth`: the user token for a login and a password."""
    user = _who(call)
    return Answer(
        {
            "id": user.id,
            "user_token": user.token,
            "name": user.name,
            "phone": user.phone,
            "login": user.login,
            "email": user.email,
            "avatar": "https://assets.yclients.com/general/0/01/no-user.png",
            "is_approved": True,
            "is_email_confirmed": True,
        },
        status=201,
    )


def user_auth(call: Call) -> Answer:
    """`POST /user/auth`: the client cabinet's; only a token."""
    return Answer({"user_token": _who(call).token}, status=201)


def permissions(call: Call) -> Answer:
    """`GET /user/permissions/{company}`."""
    return Answer(call.asker.access[call.company.id])


def companies(call: Call) -> Answer:
    """`GET /companies`: all, or with `my=1` those open to the user."""
    rows = list(call.world.companies.values())
    if call.yes("my"):
        if call.user is None:
            raise Refusal(call.switches.no_user_status, UNAUTHORIZED)
        rows = [company for company in rows if company.id in call.user.access]
    if group := call.whole("group_id", 0):
        rows = [company for company in rows if company.group_id == group]
    if call.word("active"):
        rows = [company for company in rows if company.active is call.yes("active")]
    if call.word("count"):
        size, page = max(1, call.whole("count", 20)), max(1, call.whole("page", 1))
        rows = rows[(page - 1) * size : page * size]
    return Answer([company_row(call.world, company) for company in rows], {})


def company(call: Call) -> Answer:
    """`GET /company/{id}`; with `my=1` the user's rights too."""
    access: Json = {}
    if call.yes("my"):
        if call.user is None:
            raise Refusal(call.switches.no_user_status, UNAUTHORIZED)
        access = call.user.access.get(call.company.id, {})
    return Answer(company_body(call.world, call.company, access), {})


def groups(call: Call) -> Answer:
    """`GET /groups`: chains with the branches that are open to the user."""
    found = []
    for group in call.world.groups.values():
        mine = [n for n in group.company_ids if n in call.asker.access]
        if mine:
            titles = [{"id": n, "title": call.world.companies[n].title} for n in mine]
            access = dict.fromkeys(_GROUP_RIGHTS, "1")
            found.append(
                {"id": group.id, "title": group.title, "companies": titles, "access": access}
            )
    return Answer(found)


def licence(call: Call) -> Answer:
    """`GET /license/{company}`: until when the branch is paid for; answers for an expired one."""
    bought, branch = call.company.license, call.company
    return Answer(
        {
            "id": branch.id % 100_000,
            "salon_id": branch.id,
            "staff_limit": bought.staff_limit,
            "deactivation_date": bought.end.strftime(_DAY),
            "start_date": bought.start.strftime(_DAY),
            "name": bought.name,
            "active": int(branch.licensed(call.world.today(branch))),
            "options": [],
        }
    )


def validate_phone(call: Call) -> Answer:
    """`GET /validation/validate_phone/{phone}`."""
    return Answer({"is_valid": phones.is_valid(call.args["phone"])})


def settings_online(call: Call) -> Answer:
    """`GET /company/{c}/settings/online`."""
    return Answer(_online(call.company))


def change_settings_online(call: Call) -> Answer:
    """`PATCH /company/{c}/settings/online`: only what is named."""
    settings = call.company.settings
    wanted = {name: value for name, value in call.item().items() if name in _ONLINE}
    for name, value in wanted.items():
        known = type(value) is type(getattr(settings, name))
        if not known or not 0 <= value <= HIGHEST_SETTING:
            raise invalid(**{name: "Недопустимое значение"})
    for name, value in wanted.items():
        setattr(settings, name, value)
    call.changed("company", call.company.id, "update")
    return Answer(_online(call.company))


def settings_timetable(call: Call) -> Answer:
    """`GET /company/{c}/settings/timetable`."""
    most = call.company.settings.activity_online_record_clients_count_max
    return Answer({"record_type": 0, "activity_record_clients_count_max": most})


def settings_timeslots(call: Call) -> Answer:  # noqa: ARG001  one signature
    """`GET /company/{c}/settings/timeslots`: no branch here has a grid of its own."""
    return Answer({"is_enabled": False, "weekdays_settings": [], "dates_settings": []}, {})


def privacy(call: Call) -> Answer:
    """`GET /privacy_policy/{company}`."""
    text = f"Согласие на обработку персональных данных: {call.company.title}"
    return Answer({"agreement": {"content": text}})


def _online(company: Company) -> Json:
    return {name: getattr(company.settings, name) for name in _ONLINE}


def _who(call: Call) -> User:
    body = call.item()
    login, password = str(body.get("login", "")), str(body.get("password", ""))
    for user in call.world.users.values():
        names = {user.login, user.phone, user.email} - {""}
        if login in names and hmac.compare_digest(user.password.encode(), password.encode()):
            return user
    raise Refusal(401, UNAUTHORIZED)


_SETTINGS = "/api/v1/company/{company}/settings"
ROUTES = (
    Route("POST", "/api/v1/auth", auth),
    Route("POST", "/api/v1/booking/auth", auth),
    Route("POST", "/api/v1/user/auth", user_auth),
    Route("GET", "/api/v1/user/permissions/{company}", permissions, user=True),
    Route("GET", "/api/v1/companies", companies),
    Route("GET", "/api/v1/company/{company}", company),
    Route("GET", "/api/v1/groups", groups, user=True),
    Route("GET", "/api/v1/license/{company}", licence, user=True),
    Route("GET", "/api/v1/validation/validate_phone/{phone}", validate_phone),
    Route("GET", "/api/v1/privacy_policy/{company}", privacy),
    Route("GET", f"{_SETTINGS}/online", settings_online, user=True, licence=403),
    Route(
        "PATCH",
        f"{_SETTINGS}/online",
        change_settings_online,
        user=True,
        right="settings.settings_access",
        licence=403,
    ),
    Route("GET", f"{_SETTINGS}/timetable", settings_timetable, user=True, licence=403),
    Route("GET", f"{_SETTINGS}/timeslots", settings_timeslots, user=True, licence=403),
)
