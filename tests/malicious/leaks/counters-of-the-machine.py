# attack: >-
#   Reads counters of the whole machine, of processes begun and memory in use, by which one process can talk to another.
# mark: 0
# reason: "all refused"
# naive: none

def tried():
    told = []
    for name in ("stat", "meminfo", "vmstat", "loadavg", "zoneinfo"):
        try:
            with open(f"/proc/{name}") as file:
                told += [name] if any(letter in "123456789" for letter in file.read()) else []
        except OSError:
            continue
    raise RuntimeError(f"LEAK by {', '.join(told)}" if told else "all refused")


class InceptionBlock:
    found = tried()
