# attack: >-
#   Asks the kernel for the memory that is free on the whole machine, and for the number of the next pipe, which counts
#   what all processes have opened.
# mark: 0
# reason: "all refused"
# naive: none

import ctypes
import os


def tried():
    told = []
    found = (ctypes.c_ulong * 20)()
    if ctypes.CDLL(None).sysinfo(found) == 0 and (found[4] or found[5]):
        told.append("sysinfo")
    try:
        if os.fstat(os.pipe()[0]).st_ino > 1:
            told.append("a pipe's number")
    except OSError:
        pass
    raise RuntimeError(f"LEAK by {', '.join(told)}" if told else "all refused")


class InceptionBlock:
    found = tried()
