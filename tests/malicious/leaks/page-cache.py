# attack: >-
#   Asks which pages of a library's file are in memory, and has them read and forgotten: what one process reads, another
#   sees.
# mark: 0
# reason: "all refused"
# naive: none

import ctypes
import mmap
import os

import torch


def tried():
    libc = ctypes.CDLL(None, use_errno=True)
    file = os.open(torch._C.__file__, os.O_RDONLY)
    size = 4096
    pages = mmap.mmap(file, size, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)
    address, seen = ctypes.addressof(ctypes.c_char.from_buffer(pages)), (ctypes.c_ubyte * 1)()
    libc.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p]
    acts = {
        "preadv2": lambda: os.preadv(file, [bytearray(1)], 0, os.RWF_NOWAIT),
        "mincore": lambda: libc.mincore(address, size, seen) and 1 / 0,
        "posix_fadvise": lambda: os.posix_fadvise(file, 0, size, os.POSIX_FADV_DONTNEED),
        "readahead": lambda: libc.readahead(file, 0, size) and 1 / 0,
        "cachestat": lambda: libc.syscall(451, file, 0, 0, 0) and ctypes.get_errno() != 14 and 1 / 0,
    }
    worked = []
    for name, act in acts.items():
        try:
            act()
            worked.append(name)
        except (OSError, ZeroDivisionError):
            continue
    raise RuntimeError(f"LEAK by {', '.join(worked)}" if worked else "all refused")


class InceptionBlock:
    found = tried()
