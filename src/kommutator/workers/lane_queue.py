"""The rows of one lane that are in memory: order per key, most urgent keys first."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable

from kommutator.flows.deliver import Item


class LaneQueue:
    """Keys with their waiting rows. A key is busy from `pick` until `advance` or `forget`."""

    def __init__(self) -> None:
        self._chains: dict[str, deque[Item]] = {}
        self._ready: list[tuple[int, int, str]] = []  # heap of (urgency, id, key)

    def __len__(self) -> int:
        return sum(map(len, self._chains.values()))

    @property
    def keys(self) -> list[str]:
        """Keys in our hands, waiting or busy."""
        return list(self._chains)

    def load(self, items: Iterable[Item]) -> None:
        """Take fetched rows in, each key's in order. Their keys must not be in our hands."""
        for item in items:
            chain = self._chains.get(item.due.key)
            if chain is None:
                self._chains[item.due.key] = deque([item])
                self._offer(item)
            else:
                chain.append(item)

    def pick(self, blocked: Callable[[Item], bool]) -> list[Item]:
        """The most urgent head that is not blocked, with others that fit into its request.

        Empty if there is none. The picked keys are busy afterwards.
        """
        batch: list[Item] = []
        aside: list[tuple[int, int, str]] = []
        while self._ready and (not batch or len(batch) < batch[0].batch_limit):
            entry = heapq.heappop(self._ready)
            head = self._chains[entry[2]][0]
            fits = not batch or (head.kind == batch[0].kind and head.batch_limit > 1)
            if fits and not blocked(head):
                batch.append(head)
            else:
                aside.append(entry)
        for entry in aside:
            heapq.heappush(self._ready, entry)
        return batch

    def put_back(self, batch: Iterable[Item]) -> None:
        """They could not be sent after all."""
        for item in batch:
            self._offer(item)

    def advance(self, key: str) -> bool:
        """The head left the outbox: its follower is next. Returns whether the key is empty."""
        chain = self._chains[key]
        chain.popleft()
        if chain:
            self._offer(chain[0])
            return False
        del self._chains[key]
        return True

    def forget(self, key: str) -> None:
        """The head waits in the database, and so must all behind it."""
        del self._chains[key]

    def _offer(self, item: Item) -> None:
        heapq.heappush(self._ready, (0 if item.live else 1, item.due.id, item.due.key))
