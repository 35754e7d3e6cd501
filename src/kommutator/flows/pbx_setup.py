"""The files that connect a PBX: values gathered, missing secrets made, everything audited.

What the files look like is the connector's matter (`connectors/pbx/asterisk/snippets`).
"""

from __future__ import annotations

import asyncio
import io
import socket
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.pbx_files import Flavour, PbxFile, PbxValues
from kommutator.domain.tenancy import Actor, EnterpriseNumber
from kommutator.flows.forms import ConnectionForm, merged
from kommutator.flows.secrets import digest, open_secrets, seal_secrets
from kommutator.flows.set_up import CLIENT_ID_BYTES, SetUp, new_hook_secret
from kommutator.kit.crypto import Vault
from kommutator.kit.errors import NotFound
from kommutator.kit.ids import Ids
from kommutator.kit.texts import Texts
from kommutator.store.connection_rows import ConnectionRecord

if TYPE_CHECKING:
    from kommutator.store.database import Database

Render = Callable[[PbxValues, Flavour], Sequence[PbxFile]]

_KIND = ConnectionKind.ASTERISK
_AMI_SECRET_BYTES = 24
_DEFAULT_GROUP = "from-trunk"
_NOTHING: Mapping[str, Any] = {}
_NO_ADDRESS = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxWishes:
    """What the administrator says about the PBX; None takes what the connection knows.

    Attributes:
        host: only to make the connection at once where there is none yet.
        permit: address or network that the PBX sees us come from; None: guessed.
        rotate: make the secrets in the files anew; the PBX is cut off until they are installed.
    """

    flavour: Flavour = Flavour.ASTERISK
    technology: str | None = None
    trunk: str | None = None
    group: str | None = None
    permit: str | None = None
    host: str | None = None
    rotate: bool = False


@dataclass(frozen=True, slots=True)
class PbxBundle:
    """`guessed`: `values.permit` is only our guess of how the PBX sees us."""

    values: PbxValues
    flavour: Flavour
    files: Sequence[PbxFile]
    guessed: bool


class PbxSetUp:
    def __init__(
        self,
        db: Database,
        vault: Vault,
        set_up: SetUp,
        render: Render,
        *,
        ids: Ids,
        public_url: str,
    ) -> None:
        self._db = db
        self._vault = vault
        self._set_up = set_up
        self._render = render
        self._ids = ids
        self._public_url = public_url

    async def files(
        self, actor: Actor, enterprise: EnterpriseNumber, wishes: PbxWishes
    ) -> PbxBundle:
        """Make what is missing, keep it, and write the files, secrets and all.

        Raises:
            NotFound: `connection_not_set_up` without a connection and without `host`;
                `enterprise_not_found`.
            InvalidInput: `pbx_value_invalid`, `pbx_permit_everybody`; an existing connection is
                then as it was.
        """
        record = await self._record(actor, enterprise, wishes)
        permit, guessed = await _permit(record, wishes)
        kept = open_secrets(self._vault, record)
        fresh = self._fresh(record, kept, rotate=wishes.rotate)
        values = self._values(record, {**kept, **fresh}, wishes, permit)
        await self._keep(actor, record, fresh, wishes, values)
        return PbxBundle(values, wishes.flavour, self._render(values, wishes.flavour), guessed)

    async def preview(self, enterprise: EnterpriseNumber, wishes: PbxWishes) -> PbxBundle | None:
        """The same without a secret and without a change; None while there is no connection."""
        try:
            record = await self._set_up.stored(enterprise, _KIND)
        except NotFound:
            return None
        permit, guessed = await _permit(record, wishes)
        kept = open_secrets(self._vault, record)
        made = self._fresh(record, kept, rotate=False)
        values = self._values(record, {**kept, **made}, wishes, permit).hidden()
        return PbxBundle(values, wishes.flavour, self._render(values, wishes.flavour), guessed)

    async def client_id(self, actor: Actor, enterprise: EnterpriseNumber, *, rotate: bool) -> str:
        """The secret by which the enterprise's own services place calls; audited.

        `rotate` makes it anew; the old one is dead. Raises NotFound: `connection_not_set_up`.
        """
        record = await self._set_up.stored(enterprise, _KIND)
        found = None if rotate else open_secrets(self._vault, record).get("client_id")
        fresh = {} if found else {"client_id": self._ids.token(CLIENT_ID_BYTES)}
        noted = {"made": sorted(fresh)}
        await self._note(actor, record, fresh, action="connection.client_id", detail=noted)
        return found or fresh["client_id"]

    async def _record(
        self, actor: Actor, enterprise: EnterpriseNumber, wishes: PbxWishes
    ) -> ConnectionRecord:
        try:
            return await self._set_up.stored(enterprise, _KIND)
        except NotFound:
            if not wishes.host:
                raise
        async with self._db.unit() as unit:
            await unit.enterprises.get(enterprise)
        secrets = {
            "ami_user": f"kommutator-{enterprise}",
            "ami_secret": self._ids.token(_AMI_SECRET_BYTES),
        }
        form = ConnectionForm(_KIND, wishes.host, secrets=secrets)
        return await self._set_up.save(actor, enterprise, form)

    def _fresh(
        self, record: ConnectionRecord, kept: dict[str, str], *, rotate: bool
    ) -> dict[str, str]:
        """Secrets that must be made; the connection may be older than they are."""
        fresh: dict[str, str] = {}
        if rotate or not kept.get("hook_secret"):
            fresh["hook_secret"] = new_hook_secret(record.id, self._ids)
        if not kept.get("client_id"):
            fresh["client_id"] = self._ids.token(CLIENT_ID_BYTES)
        if not kept.get("ami_user"):
            fresh["ami_user"] = f"kommutator-{record.enterprise}"
        if rotate or not kept.get("ami_secret"):
            fresh["ami_secret"] = self._ids.token(_AMI_SECRET_BYTES)
        if _pulls(record) and (rotate or not kept.get("ari_password")):
            fresh["ari_user"] = kept.get("ari_user") or f"kommutator-{record.enterprise}"
            fresh["ari_password"] = self._ids.token(_AMI_SECRET_BYTES)
        return fresh

    def _values(
        self, record: ConnectionRecord, secrets: dict[str, str], wishes: PbxWishes, permit: str
    ) -> PbxValues:
        config = record.config
        shown: Any = config.get("shown") or {}
        trunks: Any = config.get("trunks") or []
        return PbxValues(
            enterprise=str(record.enterprise),
            public_url=self._public_url,
            technology=wishes.technology or config.get("technology") or "PJSIP",
            trunk=wishes.trunk or (trunks[0].rpartition("/")[2] if trunks else "trunk"),
            group=wishes.group or config.get("group_context") or _DEFAULT_GROUP,
            click_context=config.get("context") or "click2call",
            line=str(shown.get("*") or ""),
            hook_secret=secrets["hook_secret"],
            ami_user=secrets["ami_user"],
            ami_secret=secrets["ami_secret"],
            permit=permit,
            ari_user=secrets.get("ari_user", "") if _pulls(record) else "",
            ari_password=secrets.get("ari_password", "") if _pulls(record) else "",
        )

    async def _keep(
        self,
        actor: Actor,
        record: ConnectionRecord,
        fresh: dict[str, str],
        wishes: PbxWishes,
        values: PbxValues,
    ) -> None:
        learnt: dict[str, Any] = {"group_context": values.group}
        if wishes.technology:
            learnt["technology"] = values.technology
        if wishes.trunk and wishes.trunk not in (record.config.get("trunks") or []):
            learnt["trunks"] = [*(record.config.get("trunks") or []), wishes.trunk]
        noted = {"flavour": wishes.flavour.value, "made": sorted(fresh)}
        await self._note(actor, record, fresh, learnt, action="connection.pbx_files", detail=noted)

    async def _note(
        self,
        actor: Actor,
        record: ConnectionRecord,
        fresh: dict[str, str],
        learnt: Mapping[str, Any] = _NOTHING,
        *,
        action: str,
        detail: dict[str, Any],
    ) -> None:
        enterprise = record.enterprise
        async with self._db.unit() as unit:
            stored = await unit.connections.lock(enterprise, record.id)
            config = merged(stored.config, learnt)
            if fresh or config != stored.config:
                sealed = seal_secrets(self._vault, enterprise, record.id, fresh)
                client_id = fresh.get("client_id")
                await unit.connections.save(
                    enterprise,
                    record.id,
                    config=config,
                    sealed={**stored.sealed, **sealed},
                    client_id_hash=digest(client_id) if client_id else None,
                )
            target = str(record.id)
            await unit.audit.add(
                enterprise, actor=actor.name, action=action, target=target, detail=detail
            )
            unit.config_changed(enterprise, _KIND.value)


def instructions(texts: Texts, locale: str, bundle: PbxBundle) -> str:
    """What to do with the files, as text: what each is, where it goes, how to undo it."""

    def t(msgid: str, **params: Any) -> str:
        return texts.translate(locale, msgid, **params)

    freepbx = bundle.flavour is Flavour.FREEPBX
    lines = [t("pbx_setup.title", enterprise=bundle.values.enterprise), "", t("pbx_setup.intro")]
    for number, file in enumerate(bundle.files, 1):
        lines += ["", f"{number}. {file.name}", f"   {t(f'pbx_file.{file.slug}')}"]
        lines.append(f"   {t('pbx_setup.place')} {place_of(texts, locale, file)}")
        lines.append(f"   {t('pbx_setup.undo')} {t(f'pbx_file.{file.slug}.undo')}")
    lines += ["", t("pbx_setup.reload.freepbx" if freepbx else "pbx_setup.reload.asterisk")]
    permit = "pbx_setup.permit.guessed" if bundle.guessed else "pbx_setup.permit"
    lines += [t(permit, permit=bundle.values.permit), t("pbx_setup.check"), ""]
    return "\n".join(lines)


def place_of(texts: Texts, locale: str, file: PbxFile) -> str:
    """Where it goes, and what must be done there."""
    return texts.translate(locale, f"pbx_file.{file.slug}.place", place=file.place)


def zipped(files: Sequence[PbxFile], instructions_: str) -> bytes:
    """All of them and INSTALL.txt; modes are kept for whoever unpacks on the PBX."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_entry("INSTALL.txt", 0o644), instructions_)
        for file in files:
            archive.writestr(_entry(file.name, mode_of(file)), file.text)
    return held.getvalue()


def mode_of(file: PbxFile) -> int:
    """Of the file as we write it down."""
    return (0o700 if file.secret else 0o755) if file.executable else 0o600 if file.secret else 0o644


def _entry(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(f"kommutator-pbx/{name}")
    entry.external_attr = (0o100000 | mode) << 16
    return entry


def _pulls(record: ConnectionRecord) -> bool:
    recordings: Any = record.config.get("recordings") or {}
    return isinstance(recordings, dict) and recordings.get("pull") == "ari"


async def _permit(record: ConnectionRecord, wishes: PbxWishes) -> tuple[str, bool]:
    if wishes.permit:
        return wishes.permit, False
    if record.config.get("link") == "ssh":
        return _NO_ADDRESS, False  # commands go by SSH: nobody from outside needs the manager
    return await asyncio.to_thread(_own_address, urlsplit(record.base_url).hostname or ""), True


def _own_address(host: str) -> str:
    """From which address of ours a packet to `host` would leave. Nothing is sent."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, 9, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind) as probe:
            probe.connect(address)
            return str(probe.getsockname()[0])
    except OSError:
        return _NO_ADDRESS
