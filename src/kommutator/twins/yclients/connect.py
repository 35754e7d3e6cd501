"""Where the browser goes after consent: the application's Registration Redirect Url (§1.11)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from kommutator.twins.yclients.applications import Application
from kommutator.twins.yclients.hook_switches import HookSwitches
from kommutator.twins.yclients.signing import user_data

Json = dict[str, Any]


def redirect_url(
    application: Application,
    salon_ids: list[int],
    person: Json,
    partner_token: str,
    switches: HookSwitches,
) -> str:
    """The address with the salons, which nothing signs, and the person, whom the token signs."""
    pairs = _salons(salon_ids, switches)
    if application.pass_user_data:
        text, signature = user_data(partner_token, person)
        safe = "+" if switches.redirect_plus_to_space else ""
        pairs += [f"user_data={quote(text, safe=safe)}", f"user_data_sign={signature}"]
    joint = "&" if "?" in application.redirect_url else "?"
    return application.redirect_url + joint + "&".join(pairs)


def _salons(salon_ids: list[int], switches: HookSwitches) -> list[str]:
    if len(salon_ids) == 1 and not switches.redirect_single_as_list:
        return [f"salon_id={salon_ids[0]}"]
    numbered = switches.redirect_salons == "numbered"
    return [
        f"salon_ids[{place if numbered else ''}]={salon_id}"
        for place, salon_id in enumerate(salon_ids)
    ]


def person_view(user: Json, salon_title: str) -> Json:
    """Who clicked, with the keys that were seen live."""
    return {
        "id": user["id"],
        "name": user["name"],
        "phone": user["phone"],
        "email": user["email"],
        "is_approved": True,
        "avatar": f"https://assets.yclients.com/general/0/01/{user['id']}.png",
        "salon_name": salon_title,
    }
