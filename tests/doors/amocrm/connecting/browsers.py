"""A person's browser on its way to amoCRM's consent screen and back."""

from urllib.parse import parse_qs, urlsplit

from tests.support.asgi import Asgi, Reply
from tests.support.house import PASSWORD

CALLBACK = "/api/v1/amocrm/auth/callback"
CLIENT, SECRET = "5d1f7c52-aaaa-4000-8000-000000000001", "not-a-real-integration-secret-of-64"
REFERER = "one.amocrm.ru"


async def signed_in(stranger: Asgi, email: str) -> Asgi:
    """A browser with a session of the console."""
    reply = await stranger.post("/console/login", form={"email": email, "password": PASSWORD})
    cookie = (reply.header("set-cookie") or "").partition(";")[0]
    assert reply.status == 303, reply.body
    return Asgi(stranger.app, headers={"cookie": cookie})


async def set_out(caller: Asgi, query: str = "") -> str:
    reply = await caller.get(f"/api/v1/amocrm/auth{query}")
    assert reply.status == 200, reply.body
    assert reply.json()["state_expires_in"] == 1200
    asked = urlsplit(reply.json()["auth_url"])
    assert (asked.scheme, asked.netloc, asked.path) == ("https", "www.amocrm.ru", "/oauth")
    fields = parse_qs(asked.query)
    assert fields["client_id"] == [CLIENT]
    return fields["state"][0]


async def come_back(caller: Asgi, state: str, **more: str) -> Reply:
    fields = {"code": "def50200", "referer": REFERER, "client_id": CLIENT, **more}
    query = "&".join(f"{name}={value}" for name, value in fields.items() if value)
    return await caller.get(f"{CALLBACK}?state={state}&{query}", headers={"accept": "text/html"})
