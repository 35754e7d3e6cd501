"""Every path of the API with the scope it asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kommutator.twins.retailcrm import (
    customers,
    events,
    modules,
    notes,
    orders,
    references,
    system,
    tasks,
    uploads,
    users,
    whois,
)
from kommutator.twins.retailcrm.call import Endpoint

_ARGUMENT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Route:
    """One method and path of the API."""

    method: str
    template: str
    scope: str | None
    endpoint: Endpoint
    pattern: re.Pattern[str]
    unversioned: bool = False

    @property
    def legacy_path(self) -> str:
        """How credentials of old keys name it."""
        return f"/api{self.template}"


def _route(
    method: str, template: str, scope: str | None, endpoint: Endpoint, *, unversioned: bool = False
) -> Route:
    pattern = re.compile(_ARGUMENT.sub(r"(?P<\1>[^/]+)", template) + "$")
    return Route(method, template, scope, endpoint, pattern, unversioned)


# Fixed words stand before `{…}` so that `create` is never taken for an id.
ROUTES: tuple[Route, ...] = (
    _route("GET", "/credentials", None, system.credentials, unversioned=True),
    _route("GET", "/api-versions", None, system.api_versions, unversioned=True),
    _route("GET", "/system-info", None, system.system_info, unversioned=True),
    _route("GET", "/settings", None, system.settings),
    _route("GET", "/integration-modules/{code}", "integration_read", modules.get_module),
    _route("POST", "/integration-modules/{code}/edit", "integration_write", modules.edit_module),
    _route(
        "POST",
        "/integration-modules/{code}/update-scopes",
        "integration_write",
        modules.update_scopes,
    ),
    _route("POST", "/telephony/call/event", "telephony_write", events.call_event),
    _route("POST", "/telephony/calls/upload", "telephony_write", uploads.upload_calls),
    _route("GET", "/telephony/manager", "telephony_read", whois.find_manager),
    _route("GET", "/users", "user_read", users.list_users),
    _route("GET", "/users/{id}", "user_read", users.get_user),
    _route("POST", "/users/{id}/status", "user_write", users.set_status),
    _route("GET", "/user-groups", "user_read", users.list_groups),
    _route("GET", "/customers", "customer_read", customers.list_customers),
    _route("POST", "/customers/create", "customer_write", customers.create_customer),
    _route("POST", "/customers/notes/create", "customer_write", notes.create_note),
    _route("POST", "/customers/notes/{id}/delete", "customer_write", notes.delete_note),
    _route("GET", "/customers/{id}", "customer_read", customers.get_customer),
    _route("POST", "/customers/{id}/edit", "customer_write", customers.edit_customer),
    _route("GET", "/customers-corporate", "customer_read", customers.list_corporate),
    _route("GET", "/orders", "order_read", orders.list_orders),
    _route("POST", "/orders/create", "order_write", orders.create_order),
    _route("GET", "/orders/{id}", "order_read", orders.get_order),
    _route("POST", "/orders/{id}/edit", "order_write", orders.edit_order),
    _route("GET", "/tasks", "task_read", tasks.list_tasks),
    _route("POST", "/tasks/create", "task_write", tasks.create_task),
    _route("GET", "/tasks/{id}", "task_read", tasks.get_task),
    _route("POST", "/tasks/{id}/edit", "task_write", tasks.edit_task),
    _route("GET", "/reference/sites", "reference_read", references.sites),
    _route("GET", "/reference/order-methods", "reference_read", references.order_methods),
    _route("GET", "/reference/order-types", "reference_read", references.order_types),
    _route("GET", "/reference/statuses", "reference_read", references.statuses),
    _route("GET", "/reference/status-groups", "reference_read", references.status_groups),
)

ALL_SCOPES: frozenset[str] = frozenset(route.scope for route in ROUTES if route.scope)


def find(method: str, version: str | None, path: str) -> tuple[Route, dict[str, str]] | None:
    """The route of a path such as `/users/28` (after `/api/v5`), with its arguments."""
    for route in ROUTES:
        served = version == "v5" or (version is None and route.unversioned)
        if not served or route.method != method:
            continue
        if match := route.pattern.match(path):
            return route, match.groupdict()
    return None
