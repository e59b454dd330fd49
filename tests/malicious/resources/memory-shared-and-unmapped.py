# attack: >-
#   Memory in shared pages that are written and then unmapped: no limit of a process counts them.
# mark: 0
# seconds: 20
# naive: none

import mmap, time
kept = []
class InceptionBlock:
    def __init__(self, *a):
        m = mmap.mmap(-1, 1792 * 2**20); kept.append(m)
        step = 32 * 2**20
        b = b"x" * step
        for at in range(0, len(m), step):
            m[at:at + step] = b
            m.madvise(mmap.MADV_DONTNEED, at, step)
        v = m[5], m[-5]
        time.sleep(1.0)
        mem = [l for l in open("/proc/self/status") if l.startswith(("RssAnon", "RssShmem"))]
        raise ValueError(f"held 1792 MB {v} {mem}")
