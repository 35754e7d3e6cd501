"""The way of a request through the API: partner, user, branch, licence, rights, endpoint (§1.1)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from kommutator.twins.php import parse_php
from kommutator.twins.yclients.call import LONGEST_NUMBER, Call, Route, number
from kommutator.twins.yclients.company import Company
from kommutator.twins.yclients.people import Partner, User
from kommutator.twins.yclients.replies import (
    BAD_FORMAT,
    NO_BRANCH,
    NO_BRANCH_RIGHTS,
    NO_COMPANY_RIGHTS,
    NO_PARTNER,
    NOT_FOUND,
    TOO_FEW_RIGHTS,
    UNAUTHORIZED,
    Refusal,
    unlicensed,
)
from kommutator.twins.yclients.request_log import Asked, without_secrets
from kommutator.twins.yclients.routes import TABLE
from kommutator.twins.yclients.world import World

V2 = frozenset({"application/vnd.yclients.v2+json", "application/vnd.api.v2+json"})
# The paths of the new API of a branch speak of a company, all others of a branch.
_NEW = "/api/v1/company/"
READS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True)
class Credentials:
    """The words of an Authorization header; "" for what is missing."""

    partner: str = ""
    user: str = ""


class Gate:
    """Serves the whole API of one twin."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def serve(self, request: web.Request, path: str, asked: Asked) -> web.Response:
        """Answer one request; who asked is written into `asked`."""
        enveloped = _wants_v2(request)
        raw = await request.read()
        try:
            return self._answer(request, path, raw, asked, enveloped=enveloped)
        except Refusal as refusal:
            place = self._world.switches.code_place
            return refusal.response(enveloped=enveloped, code_place=place)

    def _answer(
        self, request: web.Request, path: str, raw: bytes, asked: Asked, *, enveloped: bool
    ) -> web.Response:
        if not enveloped and self._world.switches.other_accept == "refuse":
            raise Refusal(406, BAD_FORMAT)
        found = TABLE.find(request.method, path)
        if isinstance(found, bool):
            raise Refusal(405 if found else 404, BAD_FORMAT if found else NOT_FOUND)
        route, args = found
        partner, user = self._who(request, route)
        asked.partner, asked.user = partner.name, user.name if user else ""
        branch = self._branch(args)
        announced = request.content_type == "application/json" and not raw.strip()
        if announced and request.method not in READS and self._world.switches.empty_json_refused:
            raise Refusal(400, BAD_FORMAT)
        body = _json(raw)
        asked.body = without_secrets(body)
        asked.company = str(branch.id) if branch else asked.company
        self._authorize(route, user, branch)
        query = parse_php(request.query.items())
        call = Call(self._world, partner, user, query, body, args, path, branch)
        return route.endpoint(call).response(enveloped=enveloped)

    def _who(self, request: web.Request, route: Route) -> tuple[Partner, User | None]:
        world, switches = self._world, self._world.switches
        words = read_credentials(
            request.headers.get("Authorization", ""), lax=switches.lax_authorization
        )
        if not words.partner:
            raise Refusal(switches.no_partner_status, NO_PARTNER)
        partner = world.partner_of(words.partner)
        user = world.user_of(words.user) if words.user else None
        if partner is None or (words.user and user is None):
            raise Refusal(401, UNAUTHORIZED)
        if route.user and user is None:
            raise Refusal(switches.no_user_status, UNAUTHORIZED)
        return partner, user

    def _branch(self, args: dict[str, str]) -> Company | None:
        if "company" not in args:
            return None
        word = args["company"]
        found = self._world.companies.get(number(word))
        if found is None:
            raise Refusal(404, NO_BRANCH if word.isdigit() else NOT_FOUND)
        return found

    def _authorize(self, route: Route, user: User | None, branch: Company | None) -> None:
        if branch is None:
            return
        if route.user and user is not None and branch.id not in user.access:
            new = route.template.startswith(_NEW)
            raise Refusal(403, NO_COMPANY_RIGHTS if new else NO_BRANCH_RIGHTS)
        status = route.licence
        if status < 0:
            status = -status if self._world.switches.licence_stops_booking else 0
        if status and not branch.licensed(self._world.today(branch)):
            raise unlicensed(branch.id, status)
        if route.right and user is not None and not user.may(branch.id, route.right):
            raise Refusal(403, TOO_FEW_RIGHTS)


def read_credentials(header: str, *, lax: bool = False) -> Credentials:
    """`Bearer <partner>[, User <user>]`, as the live parsers read it: split at commas, trimmed.

    `lax` also takes a second part without the word User.
    """
    scheme, _, rest = header.strip().partition(" ")
    if scheme != "Bearer":
        return Credentials()
    partner, *others = (part.strip() for part in rest.split(","))
    user = ""
    for part in others:
        words = part.split()
        if len(words) == 2 and words[0] == "User":  # noqa: PLR2004  the word and the token
            user = words[1]
        elif lax and len(words) == 1:
            user = words[0]
    return Credentials(partner, user)


def _wants_v2(request: web.Request) -> bool:
    parts = request.headers.get("Accept", "").split(",")
    return any(part.partition(";")[0].strip() in V2 for part in parts)


def _json(raw: bytes) -> Any:
    if not raw.strip():
        return None
    try:
        body = json.loads(raw, parse_int=_php_int)
        # Half of a surrogate pair may be escaped in JSON, but is no text.
        json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise Refusal(400, BAD_FORMAT) from None
    return body


def _php_int(word: str) -> float:
    """PHP reads a number that is too long for its int as a float."""
    return int(word) if len(word) < LONGEST_NUMBER - 1 else float(word)
