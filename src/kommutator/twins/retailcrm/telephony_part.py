"""The telephony part of a module: `integrations.telephony` (contract §1.5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kommutator.twins.retailcrm.account import Account
from kommutator.twins.retailcrm.checks import whole_number
from kommutator.twins.retailcrm.replies import NOT_VALID, entity_error

Json = dict[str, Any]

URLS = ("makeCallUrl", "changeUserStatusUrl")
FLAGS = ("allowEdit", "inputEventSupported", "outputEventSupported", "hangupEventSupported")


@dataclass
class TelephonyReading:
    """The part as it will be kept, and what in it the account does not know."""

    part: Json = field(default_factory=dict)
    unknown_users: list[int] = field(default_factory=list)
    unknown_sites: list[str] = field(default_factory=list)

    def info(self) -> Json:
        """The `info` of the answer; empty lists are left out."""
        info: Json = {}
        if self.unknown_users:
            info["notExistUsersIds"] = self.unknown_users
        if self.unknown_sites:
            info["notExistSiteCodes"] = self.unknown_sites
        return info


def read_telephony(sent: Json, account: Account) -> TelephonyReading:
    """Keep the known keys; unknown users and shops are reported, not refused.

    Raises:
        ApiError: 400, a list that is none.
    """
    reading = TelephonyReading()
    for name in URLS:
        if sent.get(name):
            reading.part[name] = str(sent[name])
    for name in FLAGS:
        if name in sent:
            reading.part[name] = bool(sent[name])
    reading.part["additionalCodes"] = list(_codes(sent, account, reading))
    reading.part["externalPhones"] = list(_external_phones(sent, account, reading))
    return reading


def _codes(sent: Json, account: Account, reading: TelephonyReading) -> list[Json]:
    kept: list[Json] = []
    for item in _items(sent, "additionalCodes", ("userId", "code")):
        user_id = whole_number(item["userId"])
        if user_id is None:
            raise entity_error({"additionalCodes": NOT_VALID})
        if user_id in account.users:
            kept.append({"userId": user_id, "code": str(item["code"])})
        else:
            reading.unknown_users.append(user_id)
    return kept


def _external_phones(sent: Json, account: Account, reading: TelephonyReading) -> list[Json]:
    kept: list[Json] = []
    for item in _items(sent, "externalPhones", ("siteCode", "externalPhone")):
        site = str(item["siteCode"])
        if site in account.sites:
            kept.append({"siteCode": site, "externalPhone": str(item["externalPhone"])})
        else:
            reading.unknown_sites.append(site)
    return kept


def _items(sent: Json, name: str, needed: tuple[str, ...]) -> list[Json]:
    value = sent.get(name) or []
    rows = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(rows, list) or not all(_complete(row, needed) for row in rows):
        raise entity_error({name: NOT_VALID})
    return rows


def _complete(row: Any, needed: tuple[str, ...]) -> bool:
    return isinstance(row, dict) and all(row.get(key) not in (None, "") for key in needed)
