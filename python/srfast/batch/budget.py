"""An amount of memory that threads share."""

from __future__ import annotations

import threading


class Budget:
    """Lets threads take bytes while there are enough, and wait otherwise.

    Args:
        limit: How many bytes there are. One that wants more than that gets it when nobody else has any.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._used = 0
        self._changed = threading.Condition()
        self._open = False

    def take(self, size: int) -> None:
        """Waits until there are `size` bytes, and takes them."""
        with self._changed:
            self._changed.wait_for(lambda: self._open or not self._used or self._used + size <= self._limit)
            self._used += size

    def give_back(self, size: int) -> None:
        """Gives back what was taken."""
        with self._changed:
            self._used -= size
            self._changed.notify_all()

    def open(self) -> None:
        """Lets everybody go on who waits or will wait."""
        with self._changed:
            self._open = True
            self._changed.notify_all()
