"""The weights in the package: sound, small, quick, and the same for everybody."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from importlib.resources import files
from time import process_time

import msgspec
import pytest

from kommutator.assistant.hunch import weights
from kommutator.assistant.hunch.evidence import Evidence, features
from kommutator.assistant.hunch.opinion import second_opinion
from kommutator.assistant.hunch.weights import Stored, Weights, trained
from kommutator.assistant.rules.reader import Reader
from kommutator.domain.assistant.frame import Expecting, Intent
from tests.support.exam import LANGUAGES, imagined_salon, labelled, vocabulary

RAW = files(weights.__package__).joinpath(weights.FILE).read_bytes()
PROBE = Evidence("на маникюр завтра возьмёте?", " ON S Q ? ", Expecting.NOTHING, Intent.INFORM)


def test_the_file_is_sound_and_small() -> None:
    stored = msgspec.msgpack.decode(RAW, type=Stored)
    assert len(RAW) <= 400_000
    assert set(stored.intents) == set(Intent)
    assert len(stored.bias) == len(stored.intents)
    assert len(stored.features) == len(set(stored.features)) > 1000
    assert len(stored.rows) == len(stored.features) * len(stored.intents)


def test_a_weight_is_a_byte_times_the_scale_by_the_length_of_its_block() -> None:
    two = Stored((Intent.BOOK, Intent.OTHER), ("=S", "=Q"), (0.0, 0.0), 0.5, bytes([4, 0, 0, 252]))
    likely = Weights.of(two).probabilities(Evidence("", " S Q ", Expecting.NOTHING, Intent.OTHER))
    # 0.5 * 4 / √2 for BOOK, 0.5 * -4 / √2 for OTHER.
    assert likely[Intent.BOOK] == pytest.approx(0.9442, abs=1e-4)
    assert sum(likely.values()) == pytest.approx(1)


def test_the_order_in_which_sets_are_kept_decides_nothing() -> None:
    code = (
        "from tests.assistant.hunch.test_weights import PROBE, trained;"
        "print(sorted(trained().probabilities(PROBE).items()))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert said == {f"{sorted(trained().probabilities(PROBE).items())}\n"}


def test_of_a_long_message_the_beginning_is_looked_at() -> None:
    long = Evidence("маникюр " * 500, " S" * 2000, Expecting.NOTHING, Intent.INFORM)
    letters = " ".join(map(chr, range(0x4E00, 0x6E00)))
    words = Evidence(letters, letters, Expecting.NOTHING, Intent.INFORM)
    assert sum(map(len, features(long))) < 50
    assert sum(map(len, features(words))) < 2000


def test_a_hunch_costs_less_than_a_millisecond() -> None:
    took = list[float]()

    def timed(evidence: Evidence) -> Intent:
        began = process_time()
        intent = second_opinion(evidence)
        took.append(process_time() - began)
        return intent

    trained()
    reader, words = Reader(timed), vocabulary(imagined_salon())
    for label in (one for language in LANGUAGES for one in labelled(language)):
        reader.read(label.text, words, label.now, label.expecting, label.language)
    assert len(took) > 1000
    assert sorted(took)[int(len(took) * 0.95)] <= 0.001


def test_whoever_cannot_train_is_told_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    monkeypatch.delitem(sys.modules, "tools.train_hunch", raising=False)
    with pytest.raises(SystemExit, match="--group train"):
        importlib.import_module("tools.train_hunch")
