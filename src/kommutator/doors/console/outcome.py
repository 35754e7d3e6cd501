"""What came of an exchange with a vendor, in plain words: what happened, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from kommutator.domain.ports import Probe, RegistrationReport
from kommutator.doors.console.visit import Visit
from kommutator.doors.http.wording import difference_in_words
from kommutator.kit.errors import Stage, VendorError


@dataclass(frozen=True, slots=True)
class Result:
    """For `parts/result.html`. `vendor` are the vendor's own words, `force` a way around it.

    `host_key` is an SSH server's key that the administrator may save.
    """

    ok: bool
    title: str
    words: str = ""
    vendor: str = ""
    lines: tuple[str, ...] = ()
    action: str = ""
    force: str = ""
    host_key: str = ""


def good(see: Visit, msgid: str) -> Result:
    """It went as wished; `<msgid>.words` says more."""
    return Result(ok=True, title=see.t(msgid), words=see.t(f"{msgid}.words"))


def of_probe(see: Visit, probe: Probe) -> Result:
    """A connection test. `Probe.message` may be a slug of ours or the vendor's words."""
    if probe.missing_scopes:
        return Result(
            ok=False,
            title=see.t("result.scopes"),
            lines=probe.missing_scopes,
            action=see.t("result.scopes.action"),
        )
    if "host_key" in probe.details:
        return _of_host_key(see, probe)
    if not probe.ok:
        return Result(
            ok=False,
            title=see.t("result.refused"),
            vendor=probe.message if _hint(see, probe.message) is None else "",
            action=_hint(see, probe.message) or see.t("result.refused.action"),
        )
    shops = ", ".join(site.name for site in probe.sites)
    lines = []
    if shops:
        lines.append(see.t("result.probe.sites", sites=shops))
    if probe.time_zone:
        lines.append(see.t("result.probe.zone", zone=probe.time_zone))
    if optional := probe.details.get("optional_scopes_missing"):
        lines.append(see.t("result.probe.optional", scopes=", ".join(optional)))
    return Result(
        ok=True,
        title=see.t("result.probe"),
        lines=tuple(lines),
        action=see.t("result.probe.action"),
    )


def _of_host_key(see: Visit, probe: Probe) -> Result:
    """An SSH server that is not known yet, or not by this key."""
    lines = [see.t("result.host_key.shown", fingerprint=probe.details["fingerprint"])]
    if saved := probe.details.get("saved_fingerprint"):
        lines.append(see.t("result.host_key.saved", fingerprint=saved))
    return Result(
        ok=False,
        title=see.t("result.host_key"),
        lines=tuple(lines),
        action=see.t(f"hint.{probe.message}"),
        host_key=probe.details["host_key"],
    )


def of_registration(see: Visit, report: RegistrationReport, *, paused: bool) -> Result:
    """What the CRM holds after the registration, read back."""
    lines = list(differences(see, report))
    if report.unknown_users:
        lines.append(see.t("result.unknown_users", users=", ".join(report.unknown_users)))
    if report.unknown_sites:
        lines.append(see.t("result.unknown_sites", sites=", ".join(report.unknown_sites)))
    if not report.verified:
        return Result(
            ok=False,
            title=see.t("result.differs"),
            lines=tuple(lines),
            action=see.t("result.differs.action"),
        )
    title = "result.registered_paused" if paused else "result.registered"
    return Result(
        ok=True,
        title=see.t(title),
        words=see.t("result.registered.words", n=len(report.codes)),
        lines=tuple(lines),
        action=see.t("result.registered.action"),
    )


def differences(see: Visit, report: RegistrationReport) -> tuple[str, ...]:
    """What did not stick, a sentence each."""
    texts = see.house.texts
    return tuple(difference_in_words(texts, see.locale, one) for one in report.differences)


def of_refusal(see: Visit, error: VendorError, *, force: str = "") -> Result:
    """The vendor said no, or nothing at all."""
    texts = see.house.texts
    kind = f"result.vendor.{error.kind.value}"
    hint = texts.first(see.locale, f"hint.{error.hint}", f"{kind}.action", "result.refused.action")
    return Result(
        ok=False,
        title=texts.first(see.locale, kind, "result.refused"),
        # Without an answer there are no words of the vendor, only our own for the log.
        vendor=error.message if error.stage is Stage.ANSWERED else "",
        action=hint,
        force=force,
    )


def _hint(see: Visit, slug: str) -> str | None:
    msgid = f"hint.{slug}"
    return see.t(msgid) if see.house.texts.has(see.locale, msgid) else None
