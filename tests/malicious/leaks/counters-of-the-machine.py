# attack: >-
#   Reads counters of the whole machine, of processes begun and memory in use, by which one process can talk to another.
# mark: 0
# reason: "all refused"
# naive: none

COUNTERS = (
    *("stat", "meminfo", "vmstat", "loadavg", "zoneinfo", "uptime", "diskstats", "buddyinfo", "softirqs", "interrupts"),
    *("schedstat", "pressure/cpu", "sys/fs/file-nr", "sys/fs/inode-nr", "sys/fs/inode-state", "sys/fs/dentry-state"),
)


def tried():
    import ctypes

    told = []
    for name in COUNTERS:
        try:
            with open(f"/proc/{name}") as file:
                told += [name] if any(letter in "123456789" for letter in file.read()) else []
        except OSError:
            continue
    found = (ctypes.c_ulong * 20)()
    if ctypes.CDLL(None).sysinfo(found) == 0 and any(found):
        told.append("sysinfo")
    raise RuntimeError(f"LEAK by {', '.join(told)}" if told else "all refused")


class InceptionBlock:
    found = tried()
