"""The account about itself: key, version, settings (contract §1.1, §1.11)."""

from __future__ import annotations

from typing import Any

from kommutator.twins.retailcrm.account import Account
from kommutator.twins.retailcrm.call import Call
from kommutator.twins.retailcrm.replies import Answer

Json = dict[str, Any]

SETTINGS_CHANGED_AT = "2025-02-08 08:29:40"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


def credentials(call: Call) -> Answer:
    """`GET /api/credentials`: what this key may do."""
    limited = call.key.sites is not None
    body: Json = {
        "scopes": sorted(call.key.scopes),
        "credentials": list(call.key.legacy_paths),
        "siteAccess": "access_selective" if limited else "access_full",
    }
    if limited:
        body["sitesAvailable"] = list(call.key.sites or ())
    return Answer(body)


def api_versions(call: Call) -> Answer:  # noqa: ARG001  every endpoint has one signature
    """`GET /api/api-versions`."""
    return Answer({"versions": ["3.0", "4.0", "5.0"]})


def system_info(call: Call) -> Answer:
    """`GET /api/system-info`."""
    account = call.account
    return Answer(
        {
            "systemVersion": account.system_version,
            "publicUrl": account.base_url,
            "technicalUrl": account.base_url,
        }
    )


def settings(call: Call) -> Answer:
    """`GET /settings`: the zone of every zoneless date lives here."""
    return Answer({"settings": account_settings(call.account)})


def account_settings(account: Account) -> Json:
    """Settings as the API and the settings callback show them."""

    def dated(value: str) -> Json:
        return {"value": value, "updated_at": SETTINGS_CHANGED_AT}

    return {
        "default_currency": dated("RUB"),
        "system_language": dated("RU"),
        "timezone": dated(account.zone.key),
        "work_times": [
            {
                "day_type": day,
                "start_time": "09:00",
                "end_time": "19:00",
                "lunch_start_time": "13:00",
                "lunch_end_time": "14:00",
            }
            for day in WEEKDAYS
        ],
        "mg": {
            "order_creation": {
                "default": {
                    "site": account.default_site(),
                    "order_type": "eshop-individual",
                    "order_method": "messenger",
                },
                "channels": [],
            }
        },
    }
