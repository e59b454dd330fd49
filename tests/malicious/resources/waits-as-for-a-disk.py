# attack: >-
#   Forks as vfork does, without sharing memory: the kernel shows the parent as one that waits for a disk, though it sleeps, so
#   that none of the time is the student's.
# mark: 0
# naive: none

import ctypes
import time

VFORK, CHILD = 0x4000, 17


class InceptionBlock:
    libc = ctypes.CDLL(None)
    if libc.syscall(56, VFORK | CHILD, 0, 0, 0, 0) == 0:
        time.sleep(10000)
