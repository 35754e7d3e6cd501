"""Disposable tokens at our clock, and from which pages the widget may speak."""

from __future__ import annotations

from collections.abc import Collection

from kommutator.connectors.crm.amocrm.address import account_base
from kommutator.connectors.crm.amocrm.signed import Disposable, peek, read_disposable
from kommutator.domain.oauth import OAuthApp
from kommutator.kit.clock import Clock
from kommutator.kit.errors import InvalidInput


class WidgetTokens:
    """Implements `flows.amocrm.widget.Signature`."""

    def __init__(self, clock: Clock, private_hosts: Collection[str] = ()) -> None:
        self._clock = clock
        self._private_hosts = private_hosts

    def peek(self, token: str) -> Disposable:
        """Raises Unauthorized: see `signed.peek`."""
        return peek(token, self._private_hosts)

    def verify(self, token: str, app: OAuthApp, account_id: str) -> Disposable:
        """Raises Unauthorized: see `signed.read_disposable`."""
        return read_disposable(
            token,
            app,
            now=self._clock.now(),
            account_id=account_id,
            private_hosts=self._private_hosts,
        )


def is_page_of_amocrm(origin: str, private_hosts: Collection[str] = ()) -> bool:
    """Whether a browser's `Origin` is an account's own address."""
    scheme, _, host = origin.partition("://")
    try:
        return account_base(host, private_hosts) == f"{scheme}://{host}"
    except InvalidInput:
        return False
