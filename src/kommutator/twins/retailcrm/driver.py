"""The other direction: what RetailCRM and its users' browsers send to a gateway (§1.12)."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import aiohttp
from yarl import URL

from kommutator.twins.core import TwinCore
from kommutator.twins.orders import OrderRefused
from kommutator.twins.retailcrm.account import Account, ApiKey, Module
from kommutator.twins.retailcrm.switches import Switches
from kommutator.twins.retailcrm.system import account_settings

Json = dict[str, Any]

BODY_KEPT = 20_000


class DriverRefusal(OrderRefused):
    """The CRM would not offer this act at all."""


class Driver:
    """Fires the callbacks of one account exactly as the vendor does."""

    def __init__(self, core: TwinCore, switches: Switches, account: Account) -> None:
        self._core = core
        self._switches = switches
        self._account = account

    async def click(self, order: Json) -> Json:
        """A user presses the phone icon: makeCallUrl with clientId, code, phone, userId.

        `order`: `userId` or `code`, `phone`, and optionally `externalPhone` or `site`, `method`,
        `module`. All values travel as strings.

        Raises:
            DriverRefusal: no icon: no makeCallUrl, or the user has no code.
        """
        module, part = self._telephony(order.get("module"), "makeCallUrl")
        user_id, code = self._operator(part, order)
        fields = {
            "clientId": str(module.entity.get("clientId") or ""),
            "code": code,
            "phone": str(order.get("phone") or ""),
            "userId": str(user_id),
        }
        external = order.get("externalPhone") or _external_phone(part, order.get("site"))
        if external:
            fields["externalPhone"] = str(external)
        return await self._send("click", self._method(order), part["makeCallUrl"], fields)

    async def status(self, order: Json) -> Json:
        """A user changes the status in the CRM: changeUserStatusUrl with code, userId, status.

        Raises:
            DriverRefusal: no changeUserStatusUrl, or the user has no code.
        """
        user_id, wanted = int(order["userId"]), str(order.get("status", "busy"))
        user = self._account.users.get(user_id)
        if user is not None:
            user["status"] = wanted
            self._core.bell.ring()
        module, part = self._telephony(order.get("module"), "changeUserStatusUrl")
        _, code = self._operator(part, order)
        fields = {
            "clientId": str(module.entity.get("clientId") or ""),
            "code": code,
            "userId": str(user_id),
            "status": wanted,
        }
        return await self._send("status", self._method(order), part["changeUserStatusUrl"], fields)

    async def open_account(self, order: Json) -> Json:
        """A browser follows "Перейти в личный кабинет": POST of clientId to accountUrl.

        Raises:
            DriverRefusal: no module, or it has no accountUrl.
        """
        module = self._module(order.get("module"))
        if not module.entity.get("accountUrl"):
            raise DriverRefusal("the module has no accountUrl")
        fields = {"clientId": str(order.get("clientId") or module.entity.get("clientId") or "")}
        return await self._send("open-account", "POST", module.entity["accountUrl"], fields)

    async def activity(self, order: Json) -> Json:
        """The module is switched on, off, or frozen: POST to baseUrl + actions.activity.

        Raises:
            DriverRefusal: no module, or it has no such action.
        """
        module = self._module(order.get("module"))
        state = {
            "active": bool(order.get("active", module.entity["active"])),
            "freeze": bool(order.get("freeze", module.entity["freeze"])),
        }
        if order.get("apply", True):
            module.entity.update(state)
            self._core.bell.ring()
        fields = {
            "clientId": str(order.get("clientId") or module.entity.get("clientId") or ""),
            "activity": json.dumps(state),
            "systemUrl": str(order.get("systemUrl") or self._account.base_url),
        }
        return await self._send("activity", "POST", _action(module, "activity"), fields)

    async def settings(self, order: Json) -> Json:
        """Settings of the account changed: POST to baseUrl + actions.settings.

        Raises:
            DriverRefusal: no module, or it has no such action.
        """
        module = self._module(order.get("module"))
        fields = {
            "clientId": str(order.get("clientId") or module.entity.get("clientId") or ""),
            "settings": json.dumps(account_settings(self._account), ensure_ascii=False),
        }
        return await self._send("settings", "POST", _action(module, "settings"), fields)

    async def install(self, order: Json) -> Json:
        """Marketplace's simple connection: read `configUrl`, make a key, POST `register`.

        Raises:
            DriverRefusal: the configuration is not what the vendor expects.
        """
        url = str(order["configUrl"])
        async with self._core.browser() as browser, browser.get(url) as answer:
            config = await answer.json(content_type=None)
        if not config.get("success") or not config.get("registerUrl"):
            raise DriverRefusal("the configuration has no registerUrl")
        key = ApiKey(self._core.ids.token(24), frozenset(config.get("scopes") or []))
        self._account.keys.append(key)
        secret = str(order["secret"]).encode()
        register = {
            "token": hmac.new(secret, key.secret.encode(), hashlib.sha256).hexdigest(),
            "apiKey": key.secret,
            "systemUrl": self._account.base_url,
        }
        fields = {"register": json.dumps(register)}
        return await self._send("install", "POST", str(config["registerUrl"]), fields)

    def _module(self, code: Any) -> Module:
        modules = self._account.modules
        found = modules.get(str(code)) if code else next(iter(modules.values()), None)
        if found is None:
            raise DriverRefusal("no such module in the account")
        return found

    def _telephony(self, code: Any, url: str) -> tuple[Module, Json]:
        for module in self._account.modules.values():
            part = module.telephony
            if part is not None and code in (None, "", module.code) and part.get(url):
                return module, part
        raise DriverRefusal(f"no active telephony module with {url}")

    def _operator(self, part: Json, order: Json) -> tuple[int, str]:
        for item in part.get("additionalCodes") or []:
            if order.get("code") is not None and str(item["code"]) == str(order["code"]):
                return item["userId"], str(item["code"])
            if order.get("userId") is not None and str(item["userId"]) == str(order["userId"]):
                return item["userId"], str(item["code"])
        raise DriverRefusal("the user has no code in the module")

    def _method(self, order: Json) -> str:
        return str(order.get("method") or self._switches.make_call_method).upper()

    async def _send(self, kind: str, method: str, url: str, fields: dict[str, str]) -> Json:
        sent = {"method": method, "url": url, "fields": fields}
        report: Json = {"sent": sent, "answer": None, "error": None}
        try:
            report["answer"] = await self._exchange(method, url, fields)
        except (aiohttp.ClientError, TimeoutError, ValueError) as failure:
            report["error"] = f"{type(failure).__name__}: {failure}"
        at = self._core.clock.now().timestamp()
        self._account.callbacks.append({"at": at, "kind": kind, **report})
        self._core.bell.ring()
        return report

    async def _exchange(self, method: str, url: str, fields: dict[str, str]) -> Json:
        target = URL(url)
        async with self._core.browser() as browser:
            request = (
                browser.get(target.update_query(fields))
                if method == "GET"
                else browser.post(target, data=fields)
            )
            async with request as answer:
                body = await answer.text(errors="replace")
                return {
                    "status": answer.status,
                    "headers": dict(answer.headers),
                    "body": body[:BODY_KEPT],
                    "finalUrl": str(answer.url),
                    "redirects": [{"status": r.status, "url": str(r.url)} for r in answer.history],
                }


def _action(module: Module, name: str) -> str:
    path = (module.entity.get("actions") or {}).get(name)
    if not path:
        raise DriverRefusal(f"the module has no action {name!r}")
    return str(module.entity["baseUrl"]).rstrip("/") + "/" + str(path).lstrip("/")


def _external_phone(part: Json, site: Any) -> str | None:
    """The shop's own number, when the call starts from something tied to a shop."""
    for item in part.get("externalPhones") or []:
        if item["siteCode"] == site:
            return str(item["externalPhone"])
    return None
