"""`POST /<number>/messages`: what it takes, what it refuses at once, and at which pace."""

from __future__ import annotations

from typing import Any

from kommutator.twins.messenger.pace import Allowance
from kommutator.twins.messenger.talks import Talk
from kommutator.twins.whatsapp_cloud.replies import (
    DISABLED,
    NO_TEMPLATE,
    PAIR,
    PAUSED,
    TEMPLATE_PARAMS,
    TOO_FAST,
    WINDOW,
    invalid,
)
from kommutator.twins.whatsapp_cloud.world import Number, Template, World

Json = dict[str, Any]
LONGEST_TEXT = 4096
LONGEST_PARAM = 1024


def take(world: World, number: Number, order: Json) -> Json:
    """Raises Refusal."""
    if order.get("messaging_product") != "whatsapp":
        raise invalid("The parameter messaging_product is required.")
    talk = _receiver(world, number, order)
    match order.get("type", "text"):
        case "text":
            text = _text(order)
            if world.switches.window == "now" and not world.in_window(talk):
                raise WINDOW
        case "template":
            text = _filled(world, order.get("template"))
        case other:
            raise invalid(f"This twin does not know the type {other}.")
    _pace(world, number, talk)
    line = world.write(number, talk, text, order)
    contact = {"input": order.get("to") or order.get("recipient"), "wa_id": talk.facts["phone"]}
    sent: Json = {"id": line.id}
    if order.get("type") == "template":
        sent["message_status"] = "accepted"
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [sent]}


def _receiver(world: World, number: Number, order: Json) -> Talk:
    to, user_id = order.get("to"), order.get("recipient")
    if isinstance(to, str) and to:
        digits = to.lstrip("+")
        if not digits.isdigit():
            raise invalid("The parameter to is not a phone number.")
        return world.person(number, {"phone": digits})
    for talk in world.talks.of(number.id):
        if talk.facts["user_id"] == user_id:
            return talk
    raise invalid("The parameter to is required.")


def _text(order: Json) -> str:
    text = order.get("text")
    body = text.get("body") if isinstance(text, dict) else None
    if not isinstance(body, str) or not 0 < len(body) <= LONGEST_TEXT:
        raise invalid(f"text['body'] must be between 1 and {LONGEST_TEXT} characters long.")
    return body


def _filled(world: World, given: object) -> str:
    asked: Json = given if isinstance(given, dict) else {}
    language = (asked.get("language") or {}).get("code")
    template = _found(world.templates, asked.get("name"), language)
    if template.status == "PAUSED":
        raise PAUSED
    if template.status == "DISABLED":
        raise DISABLED
    values = [
        str(one.get("text", ""))
        for part in asked.get("components") or ()
        if part.get("type") == "body"
        for one in part.get("parameters") or ()
    ]
    if len(values) != template.params:
        raise TEMPLATE_PARAMS
    text = template.body
    for place, value in enumerate(values, 1):
        if not 0 < len(value) <= LONGEST_PARAM or any(one in value for one in "\n\t"):
            raise invalid("Param text cannot have new-line/tab characters or be empty.")
        text = text.replace(f"{{{{{place}}}}}", value)
    return text


def _found(templates: list[Template], name: object, language: object) -> Template:
    for template in templates:
        approved = template.status in ("APPROVED", "PAUSED", "DISABLED")
        if (template.name, template.language) == (name, language) and approved:
            return template
    raise NO_TEMPLATE


def _pace(world: World, number: Number, talk: Talk) -> None:
    """The pair's allowance is a bucket: so many at once, one more each few seconds."""
    switches, now = world.switches, world.clock.base.monotonic()
    if world.pace.wait_s(number.id, Allowance(switches.per_second, 1.0), now) > 0:
        raise TOO_FAST
    key = f"{number.id}:{talk.id}"
    until = max(world.pair_until.get(key, now), now) + switches.pair_seconds
    if until - now > switches.pair_seconds * switches.pair_burst:
        raise PAIR
    world.pair_until[key] = until
    world.pace.count(number.id, now)
