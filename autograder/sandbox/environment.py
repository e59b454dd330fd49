"""The environment variables that student code gets: nothing of the marker's own."""

from __future__ import annotations

import os
import sys

# By default glibc returns large arrays to the kernel after each use, which takes half of the time.
ALLOCATOR = {
    "MALLOC_MMAP_THRESHOLD_": str(2**30),
    "MALLOC_TRIM_THRESHOLD_": str(2**31),
    "MALLOC_ARENA_MAX": "2",
}
KEPT = ("CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
# Without these, programs and libraries of Windows do not start.
OF_WINDOWS = (
    "COMSPEC",
    "NUMBER_OF_PROCESSORS",
    "PATH",
    "PATHEXT",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "USERPROFILE",
    "WINDIR",
)


def clean_environment(home: str = "") -> dict[str, str]:
    """The few variables that the fork server and its student processes get; `home` is for files, if there are any."""
    environment = {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "USER": "student",
        "MPLBACKEND": "Agg",
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        **ALLOCATOR,
    }
    if home:
        environment |= {"HOME": home, "TMPDIR": home, "MPLCONFIGDIR": home}
    for name in (*KEPT, *OF_WINDOWS) if sys.platform == "win32" else KEPT:
        if name in os.environ:
            environment[name] = os.environ[name]
    return environment
