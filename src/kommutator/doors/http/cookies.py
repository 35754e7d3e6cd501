"""The session's cookie: unreadable for scripts, and alive inside the CRM's frame over https."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from kommutator.flows.house import House
from kommutator.flows.sign_in import NewSession

_PLAIN = "kommutator"
_SECURE = "__Host-kommutator"


def name(house: House) -> str:
    """Over https the `__Host-` prefix keeps neighbouring hosts from setting it."""
    return _SECURE if house.settings.https else _PLAIN


def read(request: Request) -> str | None:
    """The token that came along."""
    return request.cookies.get(name(request.app.state.house))


def put(house: House, response: Response, session: NewSession) -> None:
    """Give the cookie out."""
    seconds = int((session.session.expires_at - house.clock.now()).total_seconds())
    _set(house, response, session.token, seconds)


def drop(house: House, response: Response) -> None:
    """Take it back."""
    _set(house, response, "", 0)


def keep(house: House, response: Response, what: str, value: str, seconds: int) -> None:
    """Another secret that a browser brings back, beside the session's."""
    _set(house, response, value, seconds, f"{name(house)}_{what}")


def kept(request: Request, what: str) -> str | None:
    """What `keep` gave out."""
    return request.cookies.get(f"{name(request.app.state.house)}_{what}")


def _set(
    house: House, response: Response, value: str, seconds: int, called: str | None = None
) -> None:
    parts = [f"{called or name(house)}={value}", "Path=/", f"Max-Age={seconds}", "HttpOnly"]
    # Inside the CRM's iframe we are a third party: only None and a partitioned jar work there.
    parts += (
        ["Secure", "SameSite=None", "Partitioned"] if house.settings.https else ["SameSite=Lax"]
    )
    response.headers.append("set-cookie", "; ".join(parts))
