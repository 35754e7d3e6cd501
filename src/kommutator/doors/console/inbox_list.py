"""The inbox's list of talks: whoever waits for a person first, then by time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from kommutator.domain.salon.copy import SALONS
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.doors.console.visit import Visit
from kommutator.kit.given import whole
from kommutator.store.views.inbox import TalkWanted

SHOWS = ("", "waiting", "bot", "staff")
_STEP, _MOST = 50, 400


@dataclass(frozen=True, slots=True)
class Filters:
    """Which talks. `show`: one of `SHOWS`; `lines`: how many at most."""

    show: str = ""
    search: str = ""
    channel: UUID | None = None
    salon: UUID | None = None
    limit: int = _STEP

    @property
    def narrowed(self) -> bool:
        return bool(self.show or self.search or self.channel or self.salon)

    def query(self, **changes: Any) -> str:
        """For an address, with some of it changed; begins with "?" unless it is empty."""
        limit = self.limit if self.limit != _STEP else ""
        words: dict[str, Any] = {
            "show": self.show,
            "search": self.search,
            "channel": self.channel or "",
        }
        words |= {"salon": self.salon or "", "limit": limit, **changes}
        found = urlencode({name: one for name, one in words.items() if one})
        return f"?{found}" if found else ""

    def more(self) -> str:
        return self.query(limit=min(self.limit + _STEP, _MOST))

    def wanted(self) -> TalkWanted:
        return TalkWanted(
            waiting=True if self.show == "waiting" else None,
            speaking=self.show if self.show in ("bot", "staff") else None,
            connection_id=self.channel,
            salon=self.salon,
            text=self.search,
            limit=self.limit,
        )


def filters(
    show: str = "", search: str = "", channel: str = "", salon: str = "", limit: str = ""
) -> Filters:
    """Dependency; a link that somebody bent shows everything."""
    plain = "".join(char for char in search if char.isprintable()).strip()
    return Filters(
        show=show if show in SHOWS else "",
        search=plain[:100],
        channel=_id(channel),
        salon=_id(salon),
        limit=max(_STEP, min(whole(limit) or 0, _MOST)),
    )


async def told_list(see: Visit, enterprise: EnterpriseNumber, asked: Filters) -> dict[str, Any]:
    """What `parts/inbox_list.html` needs."""
    inbox, wanted = see.house.inbox, asked.wanted()
    if wanted.waiting:
        talks = list(await inbox.list(enterprise, wanted))
    else:
        talks = list(await inbox.list(enterprise, replace(wanted, waiting=True)))
        talks += await inbox.list(enterprise, replace(wanted, waiting=False))
    shown = talks[: asked.limit]
    waiting = await inbox.waiting(enterprise)
    mark = hashlib.sha256(repr((shown, waiting)).encode()).hexdigest()[:16]
    more = len(talks) >= asked.limit and asked.limit < _MOST
    return {
        "talks": shown,
        "waiting": waiting,
        "more": more,
        "list_mark": mark,
        "salon_names": await _salon_names(see, enterprise),
    }


async def _salon_names(see: Visit, enterprise: EnterpriseNumber) -> dict[UUID, str]:
    """Where there are several."""
    accounts = await see.house.directory.accounts(enterprise)
    names = {one.connection_id: one.name for one in accounts if one.kind in SALONS}
    return names if len(names) > 1 else {}


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
