"""How long the rules take to read one message: every message of the labelled set, by turns.

Requirement: p95 of at most 10 ms of CPU, which others on the machine do not lengthen; the exit
code tells. By the clock it is shown, too.

    python -m bench.reader [rounds]
"""

import sys
import time

from bench.ground import spread
from kommutator.assistant.rules.reader import Reader
from tests.support.exam import LANGUAGES, imagined_salon, labelled, vocabulary

MOST_MS = 10.0


def main(rounds: int) -> int:
    reader, words = Reader(), vocabulary(imagined_salon())
    messages = [one for language in LANGUAGES for one in labelled(language)]
    took: list[float] = []
    waited: list[float] = []
    for turn in range(rounds + 1):  # the first one warms
        for one in messages:
            began, worked = time.perf_counter(), time.process_time()
            reader.read(one.text, words, one.now, one.expecting, one.language)
            if turn:
                took.append((time.process_time() - worked) * 1000)
                waited.append((time.perf_counter() - began) * 1000)
    spread(f"CPU, {len(messages)} messages", took)
    spread("by the clock", waited)
    return 0 if sorted(took)[int(len(took) * 0.95)] <= MOST_MS else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
