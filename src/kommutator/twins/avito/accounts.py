"""Sellers' accounts, their tokens, and the chats about their items."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from kommutator.twins.avito.replies import TokenRefused
from kommutator.twins.avito.switches import Switches
from kommutator.twins.clock import ShiftedClock
from kommutator.twins.core import TwinCore
from kommutator.twins.messenger.courier import Courier, Parcel, Route
from kommutator.twins.messenger.pace import Pace
from kommutator.twins.messenger.talks import Line, Talk, Talks

Json = dict[str, Any]
LIFE = timedelta(seconds=86_400)
FIRST_ACCOUNT = 94_235_311
HOOK_TIMEOUT_S = 2.0
SIGNATURE = "x-avito-messenger-signature"


@dataclass
class Account:
    """A seller with an application of their own.

    Attributes:
        paid: the tariff has the messenger's API.
        tokens: access token → when it ends.
        refresh: of the chain given by a code; used once, then another takes its place.
    """

    id: int
    name: str
    client_id: str
    client_secret: str
    courier: Courier
    paid: bool = True
    tokens: dict[str, datetime] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)
    refresh: str = ""


class World:
    """All accounts of the twin."""

    def __init__(self, core: TwinCore, clock: ShiftedClock, given: Mapping[str, str]) -> None:
        self.core = core
        self.clock = clock
        self.switches = Switches()
        self.talks = Talks()
        self.pace = Pace()
        self.accounts: dict[int, Account] = {}
        self._given = given
        self.reset()

    def reset(self) -> None:
        """One account without chats."""
        for account in self.accounts.values():
            account.courier.stop()
        self.accounts.clear()
        self.talks.clear()
        self.pace.clear()
        self.switches.__init__()  # type: ignore[misc]  # every switch at its default again
        self.add("Салон «Ромашка»", **self._given)

    def add(self, name: str, client_id: str = "", client_secret: str = "") -> Account:
        number = FIRST_ACCOUNT + len(self.accounts)
        account = self.accounts[number] = Account(
            number,
            name,
            client_id or self.core.ids.token(15),
            client_secret or self.core.ids.token(30),
            Courier(self.clock, self.core.bell.ring),
        )
        return account

    def account(self, number: int | None = None) -> Account:
        """By its number, the first one without. Raises LookupError."""
        for account in self.accounts.values():
            if number in (None, account.id):
                return account
        raise LookupError(f"no account {number}")

    # --- tokens --------------------------------------------------------------------------------

    def grant(self, form: Mapping[str, str]) -> Json:
        """Raises TokenRefused."""
        account = self._client(form)
        match form.get("grant_type"):
            case "client_credentials":
                return self._issue(account)
            case "authorization_code":
                if form.get("code") not in account.codes:
                    raise TokenRefused("invalid_grant", "code is wrong or used")
                account.codes.discard(form["code"])
            case "refresh_token":
                if not account.refresh or form.get("refresh_token") != account.refresh:
                    raise TokenRefused("invalid_grant", "refresh token is wrong or used")
            case _:
                raise TokenRefused("unsupported_grant_type", "unknown grant type")
        account.refresh = self.core.ids.token(30)
        scope = "messenger:read,messenger:write"
        return self._issue(account) | {"refresh_token": account.refresh, "scope": scope}

    def owner_of(self, token: str) -> Account | None:
        now = self.clock.now()
        for account in self.accounts.values():
            if (ends := account.tokens.get(token)) is not None and now < ends:
                return account
        return None

    def _client(self, form: Mapping[str, str]) -> Account:
        for account in self.accounts.values():
            if account.client_id == form.get("client_id"):
                if account.client_secret == form.get("client_secret"):
                    return account
                break
        raise TokenRefused("invalid_client", "client id or secret is wrong")

    def _issue(self, account: Account) -> Json:
        token = self.core.ids.token(33)
        account.tokens[token] = self.clock.now() + LIFE
        seconds = int(LIFE.total_seconds())
        return {"access_token": token, "expires_in": seconds, "token_type": "Bearer"}

    # --- chats ---------------------------------------------------------------------------------

    def buyer_writes(self, account: Account, order: Mapping[str, Any]) -> Talk:
        """`chat` (its id, made if new), `name`, `user_id`, `item`, `text`."""
        chat_id = str(order.get("chat") or f"u2i-{self.core.ids.token(12)}")
        fresh = self.talks.find(str(account.id), chat_id) is None
        talk = self.talks.open(
            Talk(
                chat_id,
                str(account.id),
                str(order.get("name", "Покупатель")),
                "item",
                facts={
                    "buyer": int(order.get("user_id", 5001)),
                    "item": {"id": 768_001, "title": str(order.get("item", "Стрижка"))},
                    "created": self._now(),
                },
            )
        )
        if fresh and self.switches.system_lines:
            words = "Покупатель открыл чат"
            self._tell(account, talk, Line("", ours=False, text=words, at=self._now()), "system")
        line = self.write(talk, str(order["text"]), ours=False)
        self._tell(account, talk, line, "text")
        return talk

    def seller_writes(self, account: Account, talk: Talk, text: str) -> Line:
        """By the API or by hand."""
        line = self.write(talk, text, ours=True)
        if self.switches.own_echo:
            self._tell(account, talk, line, "text")
        return line

    def write(self, talk: Talk, text: str, *, ours: bool) -> Line:
        line = Line(self.core.ids.token(16), ours, text, self._now())
        talk.lines.append(line)
        return line

    def route(self, account: Account, url: str) -> Route:
        """Hooks must be answered within 2 s; what is not taken is tried a few times."""

        def sign(body: bytes) -> Mapping[str, str]:
            if not self.switches.signed:
                return {}
            key = account.client_secret.encode()
            return {SIGNATURE: hmac.new(key, body, hashlib.sha256).hexdigest()}

        return Route(
            url, sign=sign, timeout_s=HOOK_TIMEOUT_S, pauses_s=(1.0, 5.0, 30.0), for_ever=False
        )

    def _tell(self, account: Account, talk: Talk, line: Line, kind: str) -> None:
        author = account.id if line.ours else 0 if kind == "system" else talk.facts["buyer"]
        message_id = line.id or self.core.ids.token(16)
        value = {
            "id": message_id,
            "chat_id": talk.id,
            "user_id": account.id,
            "author_id": author,
            "created": int(line.at),
            "type": kind,
            "chat_type": "u2i",
            "content": {"text": line.text},
            "item_id": talk.facts["item"]["id"],
        }
        body = {
            "id": str(self.core.ids.uuid()),
            "version": "v3.0.0",
            "timestamp": int(self._now()),
            "payload": {"type": "message", "value": value},
        }
        if account.courier.route is not None:
            account.courier.send(Parcel(message_id, body))

    def _now(self) -> float:
        return self.clock.now().timestamp()
