"""One API call on its way through an endpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kommutator.twins.core import TwinCore
from kommutator.twins.retailcrm.account import Account, ApiKey
from kommutator.twins.retailcrm.phpform import NOTHING_WORDS, entity_field
from kommutator.twins.retailcrm.replies import Answer, denied, missing
from kommutator.twins.retailcrm.switches import Switches

Json = dict[str, Any]


@dataclass
class Call:
    """What an endpoint may use: the account, the key, the parsed query and form."""

    account: Account
    key: ApiKey
    query: Json
    form: Json
    args: dict[str, str]
    switches: Switches
    core: TwinCore
    path: str = ""

    def now(self) -> str:
        """The present moment in the account's zone, as the API writes it."""
        return self.account.local(self.core.clock.now())

    def epoch(self) -> float:
        """The present moment in epoch seconds."""
        return self.core.clock.now().timestamp()

    def filters(self) -> Json:
        """The map in `filter`; the official Python client sends `filter=None` for no filter."""
        value = self.query.get("filter")
        return value if isinstance(value, dict) else {}

    def entity(self, name: str) -> Json:
        """The JSON map in a form field."""
        return entity_field(self.form, name)

    def param(self, name: str) -> str | None:
        """A plain value from the form or the query."""
        value = self.form.get(name, self.query.get(name))
        if value is None or isinstance(value, dict | list) or value in NOTHING_WORDS:
            return None
        return str(value)

    def required_param(self, name: str) -> str:
        """A plain value that must be there.

        Raises:
            ApiError: 400 `Parameter 'x' is missing`.
        """
        value = self.param(name)
        if value is None:
            raise missing(name)
        return value

    def sees_site(self, code: Any) -> bool:
        """Whether the key may look at a shop's entities."""
        return self.key.sites is None or code in self.key.sites

    def site(self) -> str | None:
        """The shop a new entity goes to.

        Raises:
            ApiError: 403 for a shop the key may not use or that does not exist; 400 when the
                switch wants a shop to be named and none was.
        """
        code = self.param("site")
        if code is None:
            reachable = self.key.sites or tuple(self.account.sites)
            if self.switches.site_required and len(reachable) > 1:
                raise missing("site")
            default = self.account.default_site()
            return default if self.sees_site(default) else next(iter(reachable), None)
        if code not in self.account.sites or not self.sees_site(code):
            raise denied()
        return code

    def violation(self, kind: str, detail: str) -> None:
        """Write down something the vendor would swallow but a careful client would not send."""
        self.core.traffic.violation(
            at=self.epoch(), account=self.account.name, kind=kind, detail=detail
        )

    def created(self, body: Json) -> Answer:
        """The answer to a `…/create`."""
        return Answer(body, self.switches.create_status)


Endpoint = Callable[[Call], Answer]
