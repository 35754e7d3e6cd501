"""Whose calls somebody may cancel or take: one's own; whoever configures, anybody's."""

from __future__ import annotations

from collections.abc import Collection

from kommutator.domain.tenancy import Actor, Permission
from kommutator.kit.errors import Forbidden


def may_cancel(
    actor: Actor, own: str | None, *, requested_by: str | None, phones: Collection[str]
) -> bool:
    """Clicked by the actor, or in the CRM for the actor's own phone.

    Args:
        own: the actor's own extension.
        phones: those that the click rings, or rang.
    """
    if not actor.may(Permission.PLACE_CALLS):
        return False
    return actor.may(Permission.CONFIGURE) or requested_by == actor.name or own in phones


def may_take(actor: Actor, own: str | None, to: str | None) -> bool:
    """To the own phone (`to` None), or to any."""
    if not actor.may(Permission.PLACE_CALLS):
        return False
    return actor.may(Permission.CONFIGURE) or to is None or to == own


def refuse() -> Forbidden:
    """`not_allowed`: only those who configure may do that to others' calls."""
    return Forbidden("not_allowed", permission=Permission.CONFIGURE.value)
