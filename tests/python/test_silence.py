"""Warnings of libraries are held back without harm to other threads."""

from __future__ import annotations

import threading
import warnings

import pytest

from srfast import silence


def test_the_named_warnings_are_held_back() -> None:
    with silence.of(DeprecationWarning):
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        with pytest.raises(UserWarning):
            warnings.warn("odd", UserWarning, stacklevel=1)


def test_without_names_all_are() -> None:
    with silence.of():
        warnings.warn("odd", UserWarning, stacklevel=1)


def test_threads_that_overlap_leave_the_filters_as_they_were() -> None:
    before = list(warnings.filters)
    first_in, second_in, first_out = (threading.Event() for _ in range(3))

    def first() -> None:
        with silence.of():
            first_in.set()
            second_in.wait(0.2)  # which it is not, because threads take turns
        first_out.set()

    def second() -> None:
        first_in.wait()
        with silence.of():
            second_in.set()
            first_out.wait()

    threads = [threading.Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert warnings.filters == before
