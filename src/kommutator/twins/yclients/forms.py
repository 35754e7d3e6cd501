"""What a booking widget reads before anything else: its form and its words (§1.4)."""

from __future__ import annotations

from kommutator.twins.yclients.call import Call, Route
from kommutator.twins.yclients.replies import NOT_FOUND, Answer, Refusal

_STEPS = (("master", "Выберите специалиста"), ("service", "Выберите услугу"))


def bookform(call: Call) -> Answer:
    """`GET /bookform/{id}`."""
    wanted = call.id("form")
    company = next(
        (one for one in call.world.companies.values() if one.bookform_id == wanted), None
    )
    if company is None:
        raise Refusal(404, NOT_FOUND)
    return Answer(
        {
            "steps": [
                {"step": step, "title": title, "num": place, "hidden": "0", "default": -1}
                for place, (step, title) in enumerate(_STEPS, 1)
            ],
            "style": {"show_header": True, "logo": "", "main_color": "666"},
            "group_id": company.group_id,
            "company_id": company.id,
            "phone_confirmation": company.settings.confirm_number,
            "lang": "ru-RU",
            "langs": [{"id": 1, "code": "ru-RU", "title": "Русский"}],
            "comment_required": False,
            "sms_enabled": True,
        }
    )


def words(call: Call) -> Answer:
    """`GET /i18n/{lang}`: texts of the widget; here Russian ones only."""
    if not call.args["lang"].startswith("ru"):
        raise Refusal(404, NOT_FOUND)
    return Answer({"404": {"not-found": "Страница не найдена"}, "action": {"send": "Отправить"}})


ROUTES = (
    Route("GET", "/api/v1/bookform/{form}", bookform),
    Route("GET", "/api/v1/i18n/{lang}", words),
)
