import pytest

from kommutator.doors.http.client import client_of
from kommutator.settings import load_settings

TRUSTED = load_settings({"KOMMUTATOR_TRUSTED_PROXIES": "127.0.0.1/32,10.0.0.0/8"}).trusted_proxies


def seen(peer: str | None, scheme: str = "http", **headers: str) -> tuple[str, bool, bool]:
    scope = {
        "client": None if peer is None else (peer, 1),
        "scheme": scheme,
        "headers": [(n.replace("_", "-").encode(), v.encode()) for n, v in headers.items()],
    }
    client = client_of(scope, TRUSTED)
    return client.address, client.https, client.direct_loopback


@pytest.mark.parametrize(
    ("peer", "headers", "expected"),
    [
        ("203.0.113.9", {}, ("203.0.113.9", False, False)),
        ("127.0.0.1", {}, ("127.0.0.1", False, True)),
        ("::1", {}, ("::1", False, True)),
        (None, {}, ("unknown", False, False)),
        # a stranger says whatever they like
        ("203.0.113.9", {"x_forwarded_for": "127.0.0.1"}, ("203.0.113.9", False, False)),
        ("203.0.113.9", {"x_forwarded_proto": "https"}, ("203.0.113.9", False, False)),
        # our proxy speaks for its peer; what that peer claimed before is not believed
        ("127.0.0.1", {"x_forwarded_for": "6.6.6.6, 203.0.113.9"}, ("203.0.113.9", False, False)),
        ("127.0.0.1", {"x_forwarded_for": "203.0.113.9, 10.0.0.2"}, ("203.0.113.9", False, False)),
        ("127.0.0.1", {"x_forwarded_for": "127.0.0.1"}, ("127.0.0.1", False, False)),
        ("127.0.0.1", {"x_forwarded_for": "junk"}, ("127.0.0.1", False, False)),
        ("127.0.0.1", {"x_forwarded_proto": "https"}, ("127.0.0.1", True, False)),
        ("127.0.0.1", {"forwarded": "for=1.2.3.4"}, ("127.0.0.1", False, False)),
    ],
)
def test_who_is_asking(
    peer: str | None, headers: dict[str, str], expected: tuple[str, bool, bool]
) -> None:
    assert seen(peer, **headers) == expected


def test_tls_of_our_own_counts() -> None:
    assert seen("203.0.113.9", "https") == ("203.0.113.9", True, False)
