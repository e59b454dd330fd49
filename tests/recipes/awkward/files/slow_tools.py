"""Bits that I need in the first notebook. Slow to import: it looks around on this machine before it gives anything."""

import functools
import multiprocessing
import os
import platform
import sys
import time
from dataclasses import dataclass, field

print("slow_tools: looking around, wait three seconds ...", file=sys.stderr)
time.sleep(3)
MACHINE = f"{platform.platform()} / {platform.processor() or platform.machine()} / Python {platform.python_version()}"
CORES = min(multiprocessing.cpu_count(), os.cpu_count() or 1)


@dataclass
class Sizes:
    """How wide things are in the simple network."""

    maps: int = 32
    kernel: int = 5
    side: int = 28
    widths: list[int] = field(default_factory=lambda: [128, 10])

    @property
    def pooled(self) -> int:
        return (self.side - self.kernel + 1) // 2

    @property
    def flat(self) -> int:
        return self.maps * self.pooled**2


def timed(function):
    """Decorator: says on stderr how long each call took."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        began = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            print(f"{function.__name__} took {time.perf_counter() - began:.2f} s", file=sys.stderr, flush=True)

    return wrapper
