"""Signing in with a password or through a CRM, and the console sessions that follow."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kommutator.domain.connection import Account
from kommutator.domain.outcome import Budget
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.kit.clock import Clock
from kommutator.kit.errors import Forbidden, TooMany, Unauthorized
from kommutator.kit.ids import Ids
from kommutator.kit.passwords import LONGEST, Passwords
from kommutator.settings import Settings
from kommutator.store.database import Database
from kommutator.store.people import User
from kommutator.store.sessions import Origin, Session

_CROWD = 10


@dataclass(frozen=True, slots=True)
class NewSession:
    """`token` goes into the cookie and nowhere else."""

    token: str = field(repr=False)
    session: Session


class SignIn:
    """Who are you? Wrong passwords are slowed per account and address, over all processes."""

    def __init__(
        self, db: Database, settings: Settings, passwords: Passwords, *, clock: Clock, ids: Ids
    ) -> None:
        self._db = db
        self._settings = settings
        self._passwords = passwords
        self._clock = clock
        self._ids = ids

    async def password(self, email: str, password: str, *, address: str) -> User:
        """Check a password; the answer and its time are alike for a wrong one and for nobody.

        Raises:
            TooMany: `sign_in_too_often`.
            Unauthorized: `sign_in_refused`.
        """
        email = email.replace("\x00", "")  # no text of PostgreSQL holds it
        await self._slow_down(email, address)
        async with self._db.unit() as unit:
            user = await unit.people.by_email_everywhere(email)
            alive = user is not None and user.active
            if user is not None and user.enterprise is not None:
                alive = alive and (await unit.enterprises.get(user.enterprise)).active
        held = user.password_hash if user is not None and alive else None
        fits, better = await self._passwords.check(password[:LONGEST], held)
        if user is None or not fits or len(password) > LONGEST:
            raise Unauthorized("sign_in_refused")
        await self._welcome(user, email, address, better)
        return user

    async def open_session(
        self, user: User, *, replaces: str | None = None, origin: Origin = "password"
    ) -> NewSession:
        """A fresh session for someone whose password was just checked, or whom YClients signed.

        `replaces` is the cookie that came along; it never survives a sign-in (fixation).
        """
        return await self._open(
            user.enterprise,
            user=user,
            role=user.role,
            actor_name=user.email,
            origin=origin,
            replaces=replaces,
        )

    async def enter_from_crm(self, account: Account, *, replaces: str | None = None) -> NewSession:
        """A session of the tenant's administrator who came by the CRM's verified link."""
        return await self._open(
            account.enterprise,
            user=None,
            role=Role.ENTERPRISE_ADMIN,
            actor_name=f"{account.kind.value}:{account.connection_id}",
            origin="retailcrm",
            origin_ref=str(account.connection_id),
            replaces=replaces,
        )

    async def session(self, token: str) -> Session:
        """The living session of a cookie.

        Raises:
            Unauthorized: `session_ended`.
        """
        async with self._db.unit() as unit:
            session = await unit.sessions.by_hash_everywhere(token_hash(token), self._clock.now())
        if session is None:
            raise Unauthorized("session_ended")
        return session

    async def end(self, token: str) -> None:
        """Sign out; quietly if it ended before."""
        async with self._db.unit() as unit:
            await unit.sessions.end_everywhere(token_hash(token))

    async def _open(
        self,
        enterprise: EnterpriseNumber | None,
        *,
        user: User | None,
        role: Role,
        actor_name: str,
        origin: Origin,
        origin_ref: str | None = None,
        replaces: str | None,
    ) -> NewSession:
        token, csrf = self._ids.token(), self._ids.token()
        now = self._clock.now()
        expires_at: datetime = now + timedelta(hours=self._settings.session_hours)
        user_id = None if user is None else user.id
        async with self._db.unit() as unit:
            if replaces is not None:
                await unit.sessions.end_everywhere(token_hash(replaces))
            await unit.sessions.create(
                enterprise,
                token_hash=token_hash(token),
                user_id=user_id,
                role=role,
                actor_name=actor_name,
                origin=origin,
                origin_ref=origin_ref,
                csrf=csrf,
                expires_at=expires_at,
            )
            await unit.audit.add(
                enterprise, actor=actor_name, action="session.open", detail={"origin": origin}
            )
        locale = None if user is None else user.locale
        session = Session(
            user_id, enterprise, role, actor_name, origin, origin_ref, csrf, now, expires_at, locale
        )
        return NewSession(token, session)

    async def _slow_down(self, email: str, address: str) -> None:
        """Committed on its own, so that a refused attempt counts too."""
        async with self._db.unit() as unit:
            draw = await unit.budgets.take_everywhere(
                [
                    self._account_budget(email, address),
                    self._crowd_budget(email),
                    self._address_budget(address),
                ],
                horizon=0.0,
            )
        if not draw.granted:
            raise TooMany("sign_in_too_often", retry_after=draw.wait)

    async def _welcome(self, user: User, email: str, address: str, better: str | None) -> None:
        async with self._db.unit() as unit:
            await unit.people.forgive_everywhere(self._account_budget(email, address).key)
            if better is not None:
                await unit.people.rehash(user.enterprise, user.id, better)

    def _account_budget(self, email: str, address: str) -> Budget:
        return Budget(
            f"sign-in:{_who(email)}:{address}",
            rate=1 / self._settings.login_pause_s,
            burst=self._settings.login_per_account,
        )

    def _crowd_budget(self, email: str) -> Budget:
        """Many addresses against one account; wide, so that nobody is locked out by others."""
        return Budget(
            f"sign-in:{_who(email)}",
            rate=_CROWD / self._settings.login_pause_s,
            burst=_CROWD * self._settings.login_per_account,
        )

    def _address_budget(self, address: str) -> Budget:
        return Budget(
            f"sign-in:{address}",
            rate=self._settings.login_per_address / (10 * self._settings.login_pause_s),
            burst=self._settings.login_per_address,
        )


def _who(email: str) -> str:
    return hashlib.sha256(email.strip().lower().encode("utf-8", "replace")).hexdigest()[:32]


def token_hash(token: str) -> bytes:
    """How a cookie's token is stored."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def actor_of_session(session: Session) -> Actor:
    """The session's holder as whoever asks."""
    return Actor(
        name=session.actor_name,
        role=session.role,
        enterprise=session.enterprise,
        user_id=session.user_id,
    )


def check_csrf(session: Session, given: str | None) -> None:
    """Raises Forbidden: `csrf_mismatch`."""
    held = session.csrf.encode()
    if not hmac.compare_digest(held, (given or "").encode("utf-8", "replace")):
        raise Forbidden("csrf_mismatch")
