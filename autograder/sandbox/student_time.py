"""How much of a time limit a student has used up. Waiting for a processor on a busy machine does not count."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

FIRST_SECONDS = 1.0  # counted by the clock: most answers come sooner, and the supervisor need not be asked for them
PATIENCE = 20  # times the limit, by the clock: then the machine is too busy to tell
BUSY = 1.25  # seconds by the clock for each of the student's, from which on a machine counts as busy
LEAST_SECONDS = 0.02  # between two looks


class MachineBusyError(Exception):
    """No answer came, and it was not the student who used up the time: the mark is withheld."""


@dataclass(frozen=True)
class Usage:
    """Seconds since a student process started: on processors (all its processes), and with all of them asleep."""

    computing: float
    asleep: float


class StudentTime:
    """The time for one answer, of which `limit` seconds are the student's.

    What counts is the time on a processor, divided by `threads`, and the time in which all of the student's processes
    sleep; never more than the clock says. `measure` gives the usage so far, None where this system does not tell it:
    then the clock counts. It may raise `TimeoutError` when the supervisor does not answer in time, and another
    `OSError` when the processes have ended.
    """

    def __init__(self, limit: float, threads: int, measure: Callable[[], Usage | None]) -> None:
        self._limit = limit
        self._threads = max(1, threads)
        self._measure = measure
        self._started = self._looked = time.monotonic()
        self._first: Usage | None = None  # at the first look
        self._before = 0.0  # what counted until then, by the clock
        self._used = 0.0

    def left(self) -> float:
        """Seconds to wait before asking this again; 0 when the limit is reached.

        Raises `MachineBusyError` when patience runs out before the limit does.
        """
        elapsed = time.monotonic() - self._started
        if elapsed < min(FIRST_SECONDS, self._limit):
            return min(FIRST_SECONDS, self._limit) - elapsed
        if self._first is None or self._most() >= self._limit:
            self._look()
        if self._used >= self._limit:
            return 0.0
        if elapsed > PATIENCE * self._limit:
            raise MachineBusyError(
                f"there was no answer after {elapsed:.0f} seconds, because the machine was busy with other work"
            )
        return max(self._limit - self._most(), LEAST_SECONDS)

    def used(self) -> float:
        """Seconds of the student's, up to now."""
        if self._first is not None:
            self._look()
            return self._used
        return time.monotonic() - self._started

    @property
    def was_busy(self) -> bool:
        """Whether the student's processes had to wait for the machine, up to the last look."""
        return self._looked - self._started > BUSY * self._used + LEAST_SECONDS

    def _most(self) -> float:
        """What the student can have used at most: what was measured, and all the time since."""
        return self._used + time.monotonic() - self._looked

    def _look(self) -> None:
        try:
            usage = self._measure()
        except TimeoutError:  # the supervisor has to wait for a processor, too
            self._looked = time.monotonic()
            return
        except OSError:  # the processes have ended, and nobody knows any more: all of it may have been theirs
            self._used, self._looked = self._most(), time.monotonic()
            return
        self._looked = time.monotonic()
        elapsed = self._looked - self._started
        if usage is None or self._first is None:
            self._first = usage or Usage(0, 0)
            self._used = self._before = elapsed
            return
        theirs = (usage.computing - self._first.computing) / self._threads + usage.asleep - self._first.asleep
        self._used = max(self._used, min(elapsed, self._before + theirs))
