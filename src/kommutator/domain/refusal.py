"""A vendor's refusal or silence, with what went over the wire. One shape for all connectors."""

from __future__ import annotations

from dataclasses import dataclass

from kommutator.domain.outcome import Exchange, Failed
from kommutator.kit.errors import ErrorKind, Stage, VendorError


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an answer means, by the connector's table; `retry_after` in seconds."""

    kind: ErrorKind
    message: str
    hint: str | None = None
    retry_after: float | None = None


class Refusal(VendorError):
    """An attempt that did not do what was asked."""

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        *,
        stage: Stage = Stage.ANSWERED,
        status: int | None = None,
        retry_after: float | None = None,
        hint: str | None = None,
        exchange: Exchange | None = None,
    ) -> None:
        super().__init__(
            kind, message, stage=stage, status=status, retry_after=retry_after, hint=hint
        )
        self.exchange = exchange or Exchange()

    def as_outcome(self) -> Failed:
        return Failed(
            kind=self.kind,
            stage=self.stage,
            message=self.message,
            exchange=self.exchange,
            retry_after=self.retry_after,
            hint=self.hint,
        )
