"""Every request that came, with who asked and what was answered."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

REQUESTS_KEPT = 5000
# Never kept, wherever they stand in a body.
_SECRETS = frozenset({"password", "user_token", "api_key", "code", "crm_token", "partner_token"})


@dataclass
class Asked:
    """One request. `status` 0: nobody heard the answer; None: none yet."""

    number: int
    at: float
    method: str
    path: str
    query: Json
    ip: str
    company: str = ""
    partner: str = ""
    user: str = ""
    body: Any = None
    status: int | None = None

    def dump(self) -> Json:
        """The request as JSON."""
        return {
            "number": self.number,
            "at": self.at,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "ip": self.ip,
            "company": self.company,
            "partner": self.partner,
            "user": self.user,
            "body": self.body,
            "status": self.status,
        }


class RequestLog:
    """The last requests, oldest first."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._rows: deque[Asked] = deque(maxlen=REQUESTS_KEPT)

    def clear(self) -> None:
        """Forget them; numbers go on."""
        self._rows.clear()

    def arrived(self, *, at: float, method: str, path: str, query: Json, ip: str) -> Asked:
        """Note a request; the gate fills in the rest."""
        row = Asked(next(self._numbers), at, method, path, query, ip)
        self._rows.append(row)
        return row

    def rows(self) -> list[Json]:
        """All of them as JSON."""
        return [row.dump() for row in self._rows]


def without_secrets(body: Any) -> Any:
    """A body as it may be kept."""
    if isinstance(body, dict):
        return {k: "***" if k in _SECRETS else without_secrets(v) for k, v in body.items()}
    if isinstance(body, list):
        return [without_secrets(part) for part in body]
    return body
