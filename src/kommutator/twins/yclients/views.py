"""How control paths show what the twin holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kommutator.twins.yclients.company import Company
from kommutator.twins.yclients.rows import Client, Record

if TYPE_CHECKING:
    from kommutator.twins.yclients.world import World

Json = dict[str, Any]


def credentials_view(world: World) -> Json:
    """Addresses, tokens, users and branches: what a test needs to begin."""
    base = world.core.base_url
    partner = next(iter(world.partners.values()))
    return {
        "base_url": base,
        "api_url": f"{base}/api/v1",
        "marketplace_url": f"{base}/marketplace",
        "partner_token": partner.token,
        "partner_id": partner.id,
        "application_id": world.standing.application_id,
        "system_user_id": world.system_user_id,
        "user_token": world.users[world.system_user_id].token,
        "users": [
            {
                "id": user.id,
                "name": user.name,
                "login": user.login,
                "password": user.password,
                "user_token": user.token,
                "is_system": user.is_system,
                "companies": sorted(user.access),
            }
            for user in world.users.values()
        ],
        "groups": [
            {
                "id": group.id,
                "title": group.title,
                "crm_token": group.crm_token,
                "companies": list(group.company_ids),
            }
            for group in world.groups.values()
        ],
        "companies": [{"id": c.id, "title": c.title} for c in world.companies.values()],
    }


def company_view(world: World, company: Company) -> Json:
    """Everything a branch holds, plainly: ids as numbers, times branch-local."""
    return {
        "id": company.id,
        "title": company.title,
        "timezone": company.timezone_name,
        "now": world.local_now(company).isoformat(sep=" ", timespec="seconds"),
        "license_end": company.license.end.isoformat(),
        "services": [
            {"id": s.id, "title": s.title, "category_id": s.category_id, "active": s.active}
            for s in company.services.values()
        ],
        "staff": [
            {
                "id": s.id,
                "name": s.name,
                "lengths": {str(n): seconds for n, seconds in s.lengths.items()},
                "bookable": s.bookable,
                "hidden": s.hidden,
                "fired": s.fired,
            }
            for s in company.staff.values()
        ],
        "clients": [client_view(c) for c in company.clients.values()],
        "records": [record_view(r) for r in company.records.values()],
    }


def client_view(client: Client) -> Json:
    """A client."""
    return {
        "id": client.id,
        "name": client.name,
        "surname": client.surname,
        "phone": client.phone,
        "sms_not": client.sms_not,
        "comment": client.comment,
    }


def record_view(record: Record) -> Json:
    """A record."""
    return {
        "id": record.id,
        "visit_id": record.visit_id,
        "staff_id": record.staff_id,
        "client_id": record.client_id,
        "services": [line.id for line in record.services],
        "date": record.start.isoformat(sep=" "),
        "length": record.seance_length,
        "attendance": record.attendance,
        "comment": record.comment,
        "api_id": record.api_id,
        "online": record.online,
        "deleted": record.deleted,
        "hash": record.hash,
        "created_at": record.created_at,
        "changed_at": record.changed_at,
    }
