"""amoCRM's token endpoint: codes and refresh tokens for pairs. Tries once, keeps nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import jwt
import msgspec

from kommutator.connectors.crm.amocrm.address import account_base
from kommutator.connectors.crm.amocrm.errors import AmoCrmError, judge, judge_silence
from kommutator.connectors.crm.amocrm.manifest import ACCESS_S, OAUTH_TIMEOUT_S
from kommutator.connectors.crm.amocrm.oauth_errors import refusal_of
from kommutator.connectors.crm.amocrm.records import read_account
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.oauth import AccountFacts, OAuthApp, TokenPair
from kommutator.kit.describe import mask
from kommutator.kit.errors import ErrorKind, InvalidInput, Stage
from kommutator.kit.http import Answer, HttpClient, Pairs, WireError
from kommutator.kit.plain_json import as_map, as_text, read_json

ACCOUNT_WITH = "version,datetime_settings,drive_url,is_api_filter_enabled,task_types,users_groups"
_LONGEST_TOKEN = 16_384
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+")  # what a header may carry (RFC 6750)


class AmoCrmAuthorizer:
    """Implements `domain.oauth.Authorizer`.

    Args:
        private_hosts: from settings; where a vendor's twin lives.
    """

    def __init__(self, http: HttpClient, *, private_hosts: Collection[str] = ()) -> None:
        self._http = http
        self._private_hosts = private_hosts

    async def exchange(self, app: OAuthApp, base_url: str, code: str) -> TokenPair:
        """A code for a pair. A code lives 20 minutes and works once.

        Raises:
            AmoCrmError: hints `amocrm_code_expired`, `amocrm_code_used`, `amocrm_code_garbage`,
                `amocrm_client_wrong`, `amocrm_redirect_wrong`, `amocrm_account_blocked`,
                `amocrm_unpaid`; UNSURE when the code may be spent without an answer.
        """
        return await self._pair(
            app, base_url, {"grant_type": "authorization_code", "code": code}, (code,)
        )

    async def refresh(self, app: OAuthApp, base_url: str, refresh: str) -> TokenPair:
        """A refresh token for the next pair. It works once; the timeout is 15 s.

        Raises:
            AmoCrmError: `refresh_revoked` and as `exchange`; UNSURE when the vendor may have
                rotated although no answer came; status 401 or 404 also where the account moved.
        """
        return await self._pair(
            app, base_url, {"grant_type": "refresh_token", "refresh_token": refresh}, (refresh,)
        )

    async def moved_to(self, api_domain: str, refresh: str) -> str | None:
        """The account's present base URL; None: the vendor does not know this token.

        `api_domain` is a claim of the access token, so it is held to the vendor's hosts.

        Raises:
            AmoCrmError: no answer, or one that leads to a foreign host.
        """
        answer = await self._ask(
            "GET",
            f"{self._base(api_domain)}/oauth2/account/current/subdomain",
            headers={"X-Refresh-Token": refresh},
            secrets=(refresh,),
        )
        if answer.status != 200:  # noqa: PLR2004  anything else knows no account
            self._unless_refused(answer, refresh)
            return None
        domain = as_text(as_map(_json(answer)).get("domain"))
        return None if domain is None else self._base(domain)

    async def whose(self, base_url: str, access: str) -> AccountFacts:
        """Which account the token opens.

        Raises:
            AmoCrmError: the token opens nothing, or no answer came.
        """
        answer = await self._ask(
            "GET",
            f"{base_url}/api/v4/account",
            headers={"Authorization": f"Bearer {access}"},
            params=(("with", ACCOUNT_WITH),),
            secrets=(access,),
        )
        verdict = judge(answer, writing=False)
        if verdict.judgement is not None:
            judged = verdict.judgement
            raise AmoCrmError(
                judged.kind,
                mask(judged.message, (access,)),
                status=answer.status,
                retry_after=judged.retry_after,
                hint=judged.hint,
            )
        facts = read_account(as_map(verdict.body))
        if facts is None:
            raise AmoCrmError(ErrorKind.TRANSIENT, "no account in the answer", status=answer.status)
        return facts

    async def _pair(
        self, app: OAuthApp, base_url: str, grant: Mapping[str, str], secrets: tuple[str, ...]
    ) -> TokenPair:
        body = {
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "redirect_uri": app.redirect_uri,
            **grant,
        }
        secrets = (*secrets, app.client_secret)
        answer = await self._ask(
            "POST", f"{base_url}/oauth2/access_token", body=body, secrets=secrets
        )
        if answer.status == 200:  # noqa: PLR2004  the only success
            return _read_pair(answer)
        raise refusal_of(answer, secrets)

    async def _ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Pairs = (),
        body: Mapping[str, str] | None = None,
        secrets: tuple[str, ...],
    ) -> Answer:
        sent = {"Accept": "application/json", **(headers or {})}
        if body is not None:
            sent["Content-Type"] = "application/json"
        try:
            return await self._http.request(
                method,
                url,
                headers=sent,
                params=params,
                body=None if body is None else msgspec.json.encode(body),
                timeout_s=OAUTH_TIMEOUT_S,
                vendor=ConnectionKind.AMOCRM,
            )
        except WireError as error:
            judged = judge_silence(error, writing=body is not None)
            raise AmoCrmError(
                judged.kind,
                mask(judged.message, secrets),
                stage=error.stage,
                status=error.status,
                hint=judged.hint,
            ) from error

    def _base(self, domain: str) -> str:
        try:
            return account_base(domain, self._private_hosts)
        except InvalidInput as error:
            raise AmoCrmError(
                ErrorKind.REJECTED, "the address is not amoCRM's", hint="amocrm_address_foreign"
            ) from error

    def _unless_refused(self, answer: Answer, refresh: str) -> None:
        """A crash or a limit says nothing about where the account lives."""
        judged = judge(answer, writing=False).judgement
        if judged is not None and answer.status not in (400, 401, 404):
            raise AmoCrmError(
                judged.kind,
                mask(judged.message, (refresh,)),
                status=answer.status,
                retry_after=judged.retry_after,
            )


def authorize_url(page: str, client_id: str, state: str) -> str:
    """Where to send the browser. The same window comes back to `redirect_uri`.

    Args:
        page: the consent screen of the account's region, see `address.authorize_page`.
    """
    query = urlencode({"client_id": client_id, "state": state, "mode": "post_message"})
    return f"{page}{'&' if '?' in page else '?'}{query}"


def _read_pair(answer: Answer) -> TokenPair:
    """Tolerant of what is missing: without a refresh token the access token ends for good."""
    body = as_map(_json(answer))
    access = _token(body.get("access_token"))
    if access is None:
        raise AmoCrmError(
            ErrorKind.UNSURE, "an answer without a token", stage=Stage.SENT, status=answer.status
        )
    return TokenPair(
        access=access,
        refresh=_token(body.get("refresh_token")),
        expires_in=timedelta(seconds=_seconds(body.get("expires_in"))),
        api_domain=api_domain_of(access),
    )


def _token(value: object) -> str | None:
    """A token that may go into a header; anything else is none."""
    if not isinstance(value, str) or len(value) > _LONGEST_TOKEN or not _TOKEN.fullmatch(value):
        return None
    return value


def _seconds(value: object) -> int:
    text = as_text(value) or ""
    return int(text) if re.fullmatch(r"[1-9]\d{0,8}", text) else ACCESS_S


def api_domain_of(access: str) -> str | None:
    """The claim of the token, unverified: whoever uses it holds it to the vendor's hosts."""
    try:
        claims: dict[str, Any] = jwt.decode(access, options={"verify_signature": False})
    except jwt.PyJWTError:
        return None
    domain = as_text(claims.get("api_domain"))
    return domain if domain is not None and len(domain) <= 255 else None  # noqa: PLR2004  longest host name


def _json(answer: Answer) -> object:
    try:
        return read_json(answer.body)
    except ValueError:
        return None
