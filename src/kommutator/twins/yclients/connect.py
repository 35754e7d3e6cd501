"""Where the browser goes after consent: the application's Registration Redirect Url (§1.11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from kommutator.twins.yclients.applications import Application
from kommutator.twins.yclients.hook_switches import HookSwitches
from kommutator.twins.yclients.people import User
from kommutator.twins.yclients.signing import sign, user_data

Json = dict[str, Any]


@dataclass(frozen=True)
class Redirect:
    """What one redirect carries. `spoil`: how an attacker has damaged it ("" not at all).

    `data`: the person was changed after signing; `sign`: the base64 text was signed instead of the
    JSON; `unsigned`: no signature at all.
    """

    salon_ids: list[int]
    person: Json
    spoil: str = ""

    def url(self, application: Application, partner_token: str, switches: HookSwitches) -> str:
        """The address with the salons, which nothing signs, and the person, whom the token signs.

        Raises:
            ValueError: an unknown way to spoil it.
        """
        pairs = _salons(self.salon_ids, switches)
        if application.pass_user_data:
            pairs += self._signed(
                partner_token, plus="+" if switches.redirect_plus_to_space else ""
            )
        joint = "&" if "?" in application.redirect_url else "?"
        return application.redirect_url + joint + "&".join(pairs)

    def _signed(self, partner_token: str, *, plus: str) -> list[str]:
        text, signature = user_data(partner_token, self.person)
        match self.spoil:
            case "data":
                text, _ = user_data(partner_token, self.person | {"email": "other@example.com"})
            case "sign":
                signature = sign(partner_token, text.encode())
            case "unsigned":
                return [f"user_data={quote(text, safe=plus)}"]
            case "":
                pass
            case _:
                raise ValueError("spoil is data, sign or unsigned")
        return [f"user_data={quote(text, safe=plus)}", f"user_data_sign={signature}"]


def _salons(salon_ids: list[int], switches: HookSwitches) -> list[str]:
    if len(salon_ids) == 1 and not switches.redirect_single_as_list:
        return [f"salon_id={salon_ids[0]}"]
    numbered = switches.redirect_salons == "numbered"
    return [
        f"salon_ids[{place if numbered else ''}]={salon_id}"
        for place, salon_id in enumerate(salon_ids)
    ]


def person_view(user: User, salon_title: str, shape: str) -> Json:
    """Who clicked: with the keys seen live, or with those of the official example."""
    facts = {"name": user.name, "email": user.email, "phone": user.phone}
    if shape == "official":
        return {"user_id": user.id, **facts}
    return {
        "id": user.id,
        "name": user.name,
        "phone": user.phone,
        "email": user.email,
        "is_approved": True,
        "avatar": f"https://assets.yclients.com/general/0/01/{user.id}.png",
        "salon_name": salon_title,
    }
