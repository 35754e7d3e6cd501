"""A drawn call in the reader's words, for those who see the bars and for those who do not. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kommutator.doors.console import formats
from kommutator.doors.console.picture import Doing, Picture, Row, Span

Say = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Bar:
    """`x` and `width` in thousandths."""

    doing: Doing
    x: float
    width: float
    words: str


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One phone. `refusal`: words, or empty."""

    label: str
    bars: Sequence[Bar]
    refusal: str

    @property
    def words(self) -> str:
        told = "; ".join(bar.words for bar in self.bars)
        return f"{self.label}: {told}" + (f" ({self.refusal})" if self.refusal else "")


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """`ticks`: (thousandth, time) of the axis; `legend`: what is drawn in this picture."""

    rows: Sequence[ShownRow]
    transfers: Sequence[str]
    ticks: Sequence[str]
    legend: Sequence[str]


def describe(
    picture: Picture, *, client: str, holders: Mapping[str, str | None], t: Say
) -> ShownPicture:
    """`client` is how the client is called; `holders`: extension → who answers it."""

    def label(extension: str | None) -> str:
        if extension is None:
            return client
        holder = holders.get(extension)
        return f"{extension} · {holder}" if holder else extension

    return ShownPicture(
        rows=[_row(row, label, t) for row in picture.rows],
        transfers=[_transfer(word, label, t) for word in picture.transfers],
        ticks=[formats.span(picture.seconds * part / 2) for part in range(3)],
        legend=list(dict.fromkeys(span.doing for row in picture.rows for span in row.spans)),
    )


def _row(row: Row, label: Callable[[str | None], str], t: Say) -> ShownRow:
    return ShownRow(
        label=label(row.extension),
        bars=[Bar(s.doing, s.x, s.width, _words(s, label, t)) for s in row.spans],
        refusal=t(f"picture.refusal.{row.refusal}") if row.refusal else "",
    )


def _words(span: Span, label: Callable[[str | None], str], t: Say) -> str:
    times = f"{formats.span(span.since)}–{formats.span(span.until)}"
    others = ", ".join(label(other) for other in span.others)
    return f"{times} {t(f'picture.{span.doing}')}" + (f": {others}" if others else "")


def _transfer(word: str, label: Callable[[str | None], str], t: Say) -> str:
    """Kinds that a newer fold may know are shown as they are."""
    kind, _, to = word.partition(":")
    if kind == "blind":
        return t("picture.transfer.blind", to=label(to))
    return t("picture.transfer.attended") if kind == "attended" else word
