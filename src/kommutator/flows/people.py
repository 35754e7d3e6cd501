"""People of a tenant: made, changed, given passwords; every change is in the audit log."""

from __future__ import annotations

from uuid import UUID

from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.kit.errors import Conflict, InvalidInput
from kommutator.kit.ids import Ids
from kommutator.kit.passwords import LONGEST, SHORTEST, Passwords
from kommutator.store.database import Database
from kommutator.store.people import User


class People:
    """Changes to those who sign in. Permission is checked by the door that asks."""

    def __init__(self, db: Database, passwords: Passwords, *, ids: Ids) -> None:
        self._db = db
        self._passwords = passwords
        self._ids = ids

    async def create(
        self,
        by: str,
        enterprise: EnterpriseNumber | None,
        *,
        email: str,
        name: str,
        role: Role,
        password: str | None = None,
        locale: str | None = None,
    ) -> User:
        """Add someone; without a password they cannot sign in yet.

        Raises:
            InvalidInput: `role_not_here`, `password_too_short`, `password_too_long`.
            Conflict: `email_taken`.
        """
        check_role(role, enterprise)
        password_hash = None if password is None else await self._hash(password)
        async with self._db.unit() as unit:
            user = await unit.people.create(
                enterprise,
                user_id=self._ids.uuid(),
                email=email,
                name=name,
                role=role,
                password_hash=password_hash,
                locale=locale,
            )
            await unit.audit.add(
                enterprise,
                actor=by,
                action="user.create",
                target=str(user.id),
                detail={"email": email, "role": role.value},
            )
        return user

    async def update(
        self,
        by: Actor,
        enterprise: EnterpriseNumber | None,
        user_id: UUID,
        *,
        name: str | None = None,
        role: Role | None = None,
        locale: str | None = None,
        active: bool | None = None,
    ) -> User:
        """Change what is given; a lost right ends sessions and tokens at once.

        Raises:
            NotFound: `user_not_found`.
            Conflict: `cannot_lock_out_yourself`.
            InvalidInput: `role_not_here`.
        """
        if role is not None:
            check_role(role, enterprise)
        if by.user_id == user_id and (active is False or role not in (None, by.role)):
            raise Conflict("cannot_lock_out_yourself")
        async with self._db.unit() as unit:
            before = await unit.people.get(enterprise, user_id)
            user = await unit.people.update(
                enterprise, user_id, name=name, role=role, locale=locale, active=active
            )
            if user.token_epoch != before.token_epoch:
                await unit.sessions.end_of_user(enterprise, user_id)
            if enterprise is not None and not user.active:
                await unit.password_links.end_of_user(enterprise, user_id)
            await unit.audit.add(
                enterprise,
                actor=by.name,
                action="user.update",
                target=str(user_id),
                detail=_changes(before, user),
            )
        return user

    async def set_password(
        self,
        by: str,
        enterprise: EnterpriseNumber | None,
        user_id: UUID,
        password: str,
        *,
        keep_session: bytes | None = None,
    ) -> User:
        """A new password; sessions, tokens and links of before end, but not `keep_session`.

        Raises:
            InvalidInput: `password_too_short`, `password_too_long`.
            NotFound: `user_not_found`.
        """
        password_hash = await self._hash(password)
        async with self._db.unit() as unit:
            user = await unit.people.set_password(enterprise, user_id, password_hash)
            await unit.sessions.end_of_user(enterprise, user_id, keep=keep_session)
            if enterprise is not None:
                await unit.password_links.end_of_user(enterprise, user_id)
            await unit.audit.add(enterprise, actor=by, action="user.password", target=str(user_id))
        return user

    async def ensure_first_admin(self, email: str, password: str) -> User | None:
        """The platform administrator of the very first start; None if there is one already."""
        async with self._db.unit() as unit:
            if await unit.people.any_platform_admin_everywhere():
                return None
        return await self.create(
            "system",
            None,
            email=email,
            name=email.partition("@")[0],
            role=Role.PLATFORM_ADMIN,
            password=password,
        )

    async def _hash(self, password: str) -> str:
        if len(password) < SHORTEST:
            raise InvalidInput("password_too_short", shortest=SHORTEST)
        if len(password) > LONGEST:
            raise InvalidInput("password_too_long", longest=LONGEST)
        return await self._passwords.hash(password)


def check_role(role: Role, enterprise: EnterpriseNumber | None) -> None:
    """Platform staff belong to no tenant, everybody else to one.

    Raises:
        InvalidInput: `role_not_here`.
    """
    if (role is Role.PLATFORM_ADMIN) != (enterprise is None):
        raise InvalidInput("role_not_here", role=role.value)


def _changes(before: User, after: User) -> dict[str, object]:
    fields = ("name", "role", "locale", "active")
    return {
        field: getattr(after, field)
        for field in fields
        if getattr(before, field) != getattr(after, field)
    }
