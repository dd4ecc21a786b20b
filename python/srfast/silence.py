"""Holds back the warnings of libraries that are meant for their own developers."""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterator

# Python's filters are the process's. Where two threads change and restore them at once, one restores what the
# other has set, for good.
_lock = threading.RLock()


@contextlib.contextmanager
def of(*categories: type[Warning]) -> Iterator[None]:
    """Ignores warnings of these categories while a block runs.

    Threads take turns. What another thread warns of meanwhile, outside of such a block, may be lost.

    Args:
        categories: Which warnings; none: all.
    """
    with _lock, warnings.catch_warnings():
        for category in categories or (Warning,):
            warnings.simplefilter("ignore", category)
        yield
