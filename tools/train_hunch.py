"""Write the weights of the assistant's hunch from our own labelled messages.

`python -m tools.train_hunch` writes `assistant/hunch/weights.msgpack`; the same messages and the
same scikit-learn give the same file. `--check` also prints, for each batch of the exam, what
weights that were trained on everything else make of it. Needs the dependency group `train`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from kommutator.assistant.hunch import weights as stored_at
from kommutator.assistant.hunch.evidence import Evidence, features
from kommutator.assistant.hunch.opinion import judged
from kommutator.assistant.hunch.weights import FILE, Stored, Weights
from kommutator.assistant.rules.reader import Reader
from kommutator.domain.assistant.frame import Expecting, Intent
from tests.support.exam import LANGUAGES, NOW, imagined_salon, labelled, vocabulary

try:
    import numpy as np
    from scipy.sparse import csr_array
    from sklearn.linear_model import LogisticRegression
except ModuleNotFoundError:
    sys.exit("scikit-learn is missing: .venv/bin/pip install --group train")

WEIGHTS = Path(stored_at.__file__).with_name(FILE)
SAYINGS = Path(__file__).parent.parent / "tests" / "assistant" / "rules"
KEPT = 8000  # features that tell most; more make the file larger and the figures no better
SEEN_TWICE = 2  # what only one message has is its own
FIRM = 10.0  # inverse strength of regularisation
_HEARD = re.compile(r"(?:\[(\w+)\] )?(.*) => (\S+).*")
_INTENTS = frozenset(intent.value for intent in Intent)


@dataclass(frozen=True, slots=True)
class Example:
    """A message as the hunch sees it. `intents`: the first is learnt, all are right."""

    evidence: Evidence
    intents: tuple[Intent, ...]
    batch: int = 0


class Ears:
    """The rules alone; keeps what the hunch would have been told."""

    def __init__(self) -> None:
        self._reader, self._words = Reader(self._note), vocabulary(imagined_salon())
        self._noted: list[Evidence] = []

    def _note(self, evidence: Evidence) -> Intent:
        self._noted.append(evidence)
        return evidence.intent

    def hear(
        self, text: str, asked: Expecting, language: str | None, now: Any = NOW
    ) -> Evidence | None:
        """None where no hunch is asked: words to a program."""
        self._noted.clear()
        self._reader.read(text, self._words, now, asked, language)
        return self._noted[0] if self._noted else None


def examples(ears: Ears) -> Iterator[Example]:
    """The exam, what was heard, and the sayings, in the order of the files."""
    for language in LANGUAGES:
        for label in labelled(language):
            heard = ears.hear(label.text, label.expecting, label.language, label.now)
            if heard is not None:
                first = Intent(label.frame["intent"])
                yield Example(heard, (first, *sorted(label.intents - {first})), label.batch)
        for path in sorted((SAYINGS / "heard").glob(f"{language}*.txt")):
            yield from _heard(ears, language, path.read_text("utf-8").splitlines())
    yield from _sayings(ears, (SAYINGS / "sayings.txt").read_text("utf-8").splitlines())


def _heard(ears: Ears, language: str, lines: Sequence[str]) -> Iterator[Example]:
    """Where a line names no intent the rules' own counts: the tests hold the rest of it."""
    for match in filter(None, map(_HEARD.fullmatch, lines)):
        asked = Expecting(match[1] or "nothing")
        heard = ears.hear(match[2], asked, language if match[1] else None)
        if heard is not None:
            named = Intent(match[3]) if match[3] in _INTENTS else heard.intent
            yield Example(heard, (named,))


def _sayings(ears: Ears, lines: Sequence[str]) -> Iterator[Example]:
    language, asked, intents = "", Expecting.NOTHING, tuple[Intent, ...]()
    for line in lines:
        if line.startswith("## "):
            language, expecting, named, *_ = line[3:].split()
            asked, intents = Expecting(expecting), tuple(map(Intent, named.split("/")))
        elif line and not line.startswith("//"):
            guessed = asked is Expecting.NOTHING
            heard = ears.hear(line.partition(" ## ")[0], asked, None if guessed else language)
            if heard is not None:
                own = [heard.intent] if heard.intent in intents else []
                yield Example(heard, tuple(dict.fromkeys([*own, *intents])))


def trained_on(known: Sequence[Example]) -> Stored:
    """Fitted twice: once to see which features tell most, once on those alone."""
    seen: dict[str, int] = {}
    blocks = [features(one.evidence) for one in known]
    for name in (name for some in blocks for block in some for name in block):
        seen[name] = seen.get(name, 0) + 1
    often = sorted(name for name, times in seen.items() if times >= SEEN_TWICE)
    strength = np.abs(_fitted(blocks, known, often).coef_).max(axis=0)
    telling = sorted(np.array(often)[np.argsort(-strength, kind="stable")[:KEPT]].tolist())
    model = _fitted(blocks, known, telling)
    scale = float(np.abs(model.coef_).max()) / 127
    return Stored(
        intents=tuple(map(Intent, model.classes_)),
        features=tuple(telling),
        bias=tuple(round(float(one), 3) for one in model.intercept_),
        scale=round(scale, 6),
        rows=np.rint(model.coef_.T / scale).clip(-127, 127).astype(np.int8).tobytes(),
    )


def _fitted(blocks: Sequence[Any], known: Sequence[Example], names: Sequence[str]) -> Any:
    columns = {name: number for number, name in enumerate(names)}
    values, column, row = list[float](), list[int](), list[int]()
    for number, some in enumerate(blocks):
        for block in some:
            found = sorted(columns[name] for name in block if name in columns)
            values += [max(len(found), 1) ** -0.5] * len(found)
            column += found
            row += [number] * len(found)
    matrix = csr_array((values, (row, column)), shape=(len(blocks), len(names)))
    wanted = [one.intents[0].value for one in known]
    return LogisticRegression(C=FIRM, max_iter=200, tol=1e-3).fit(matrix, wanted)


def check(known: Sequence[Example]) -> None:
    """Each batch by weights that have not seen it. The rules have seen all that is committed."""
    print(f"{'batch':>6}{'n':>6}{'rules':>8}{'hunch':>8}{'both':>8}{'mended':>8}{'spoilt':>8}")
    for batch in sorted({one.batch for one in known} - {0}):
        weights = Weights.of(trained_on([one for one in known if one.batch != batch]))
        asked = [one for one in known if one.batch == batch]
        rules = [one.evidence.intent in one.intents for one in asked]
        alone = [_likeliest(one.evidence, weights) in one.intents for one in asked]
        judge = partial(judged, weights=lambda weights=weights: weights)
        both = [judge(one.evidence) in one.intents for one in asked]
        changed = list(zip(rules, both, strict=True))
        shares = "".join(f"{sum(some) / len(asked):8.3f}" for some in (rules, alone, both))
        counts = f"{changed.count((False, True)):8}{changed.count((True, False)):8}"
        print(f"{batch:6}{len(asked):6}{shares}{counts}")


def _likeliest(evidence: Evidence, weights: Weights) -> Intent:
    likely = weights.probabilities(evidence)
    return max(likely, key=likely.__getitem__)


def main(arguments: Sequence[str]) -> int:
    """Writes the file; 0."""
    known = list(examples(Ears()))
    if "--check" in arguments:
        check(known)
    WEIGHTS.write_bytes(msgspec.msgpack.encode(trained_on(known)))
    print(f"{len(known)} messages, {WEIGHTS.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
