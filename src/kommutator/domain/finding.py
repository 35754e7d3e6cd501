"""What a check-up found, and what a PBX told about itself. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from kommutator.domain.connection import Account


class Health(StrEnum):
    OK = "ok"
    WARN = "warn"  # works, but not as it should
    FAIL = "fail"
    SKIPPED = "skipped"  # could not be looked at, or there is nothing to look at


_EXIT = {Health.OK: 0, Health.SKIPPED: 0, Health.WARN: 1, Health.FAIL: 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a check-up.

    Attributes:
        check: what was looked at; the catalogs have `doctor.<check>`.
        word: what was found; the catalogs have `doctor.<check>.<word>` with `facts` in its places.
        facts: numbers and names, free of secrets.
    """

    check: str
    health: Health
    word: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The slug of what was found."""
        return f"doctor.{self.check}.{self.word}"

    @property
    def repair(self) -> str | None:
        """The slug of the one action; None where there is nothing to repair."""
        return f"{self.words}.repair" if self.health in (Health.WARN, Health.FAIL) else None


def fine(check: str, word: str = "ok", **facts: Any) -> Finding:
    return Finding(check, Health.OK, word, facts)


def warned(check: str, word: str, **facts: Any) -> Finding:
    return Finding(check, Health.WARN, word, facts)


def failed(check: str, word: str, **facts: Any) -> Finding:
    return Finding(check, Health.FAIL, word, facts)


def skipped(check: str, word: str = "skipped", **facts: Any) -> Finding:
    return Finding(check, Health.SKIPPED, word, facts)


def exit_code(findings: Iterable[Finding]) -> int:
    """0 all well, 1 warnings, 2 something does not work."""
    return max((_EXIT[finding.health] for finding in findings), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxFacts:
    """What one short session with a PBX showed.

    Attributes:
        trouble: words of the PBX (or of the wire) if there was no session; then all else is empty.
        refused: it answered and did not let us in.
        blind: the link takes commands and tells nothing (SSH): only `version` is known.
        may: actions the user may use.
        clock: the PBX's time, epoch seconds.
        contexts: of those asked for, which exist; None if the user may not look.
        stamps, channelvars: of manager.conf; None if the user may not look.
        phones: endpoint → whether it is registered now; None if the user may not look.
    """

    trouble: str | None = None
    refused: bool = False
    blind: bool = False
    version: str = ""
    may: frozenset[str] = frozenset()
    clock: float | None = None
    contexts: frozenset[str] | None = None
    stamps: bool | None = None
    channelvars: frozenset[str] | None = None
    phones: Mapping[str, bool] | None = None


class PbxExaminer(Protocol):
    """Looks at a PBX and changes nothing there."""

    async def examine(self, account: Account, contexts: Iterable[str]) -> PbxFacts: ...


@dataclass(frozen=True, slots=True)
class Trial:
    """A test record in a CRM. `where` is for people: what it was written to.

    `written` false: there was nothing to write to. `removed` false: it is still there.
    """

    written: bool
    removed: bool
    where: str = ""


class RecordTrier(Protocol):
    """A CRM in which a record can be made and taken back."""

    async def try_record(self, account: Account, text: str) -> Trial:
        """Raises `VendorError`: the CRM refused to write; nothing is left behind."""
        ...
