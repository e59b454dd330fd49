"""Opens archives that nobody has checked: entry by entry, within limits. What is left out is listed with its reason.

Nothing but regular files is written, and nothing outside the given folder. One bad entry never costs another.
"""

from __future__ import annotations

import bz2
import calendar
import contextlib
import copy
import gzip
import io
import lzma
import os
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple

from autograder.storage import storable

ENDINGS = (".zip", ".7z", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz", ".rar")
DEPTH = 24  # folders within folders
ENTRIES = 200_000
NAME_BYTES = 255  # what file systems allow
SHOWN = 1000  # characters of the name of an entry that is left out: a path of many folders has as many
HEADER_BYTES = 2**16  # of a name, or of notes, that a tar archive has before an entry
MEMORY_OF_XZ = 128 * 2**20  # twice what xz needs at its strongest level
PIECE = 4096  # compressed bytes at a time: bzip2 makes up to 80 MB of so many
# Of a 7z archive: copy, LZMA2, LZMA, delta, BCJ (two numbers), Deflate, BZip2. The decoders of these are Python's own
# or simple; the others are seldom used, and so seldom tested.
METHODS_OF_7Z = {bytes.fromhex(code) for code in ("00", "21", "030101", "03", "04", "03030103", "040108", "040202")}


OF_THE_NEXT = (
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
)  # kinds of header that say something of the entry after them
ENDS: type[Exception] = tarfile.HeaderError  # what the library raises where there is no further entry


class ArchiveError(ValueError):
    """An archive cannot be opened at all; the text goes on from its name: "is encrypted"."""


class Leftover(NamedTuple):
    """Something that was handed over and not taken in: its path there, and why."""

    name: str
    reason: str
    routine: bool = False
    """It belongs to no submission, such as a cache: nobody needs to hear of it."""


@dataclass
class Room:
    """How many bytes archives may unpack to that share it, and how many the entries of one person in a class."""

    total: float
    each: float
    skipped: frozenset[str] = frozenset()
    """Folders that are not unpacked."""
    is_class: bool = False
    """Whether the folders at the top are different people's."""
    used: float = 0
    """How much of it is used up."""


def named_like_archive(name: str) -> bool:
    """Whether a file's name says that it is an archive."""
    return name.lower().endswith(ENDINGS)


def stem(name: str) -> str:
    """An archive's name without its ending."""
    for ending in sorted(ENDINGS, key=len, reverse=True):
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return name


def unpack(archive: Path, target: Path, room: Room) -> list[Leftover]:
    """Unpacks the regular files of an archive into `target`, and returns what it left out.

    Raises `ArchiveError` if it is none that can be opened.
    """
    into = _Into(target, room)
    target.mkdir(parents=True, exist_ok=True)
    kind = _kind(archive)
    try:
        if kind == "zip":
            _unpack_zip(archive, into)
        elif kind == "7z":
            _unpack_7z(archive, into)
        else:
            _unpack_tar(archive, kind, into)
    except Exception as error:  # what the libraries raise for damaged archives is not listed anywhere
        if not into.seen:
            words = str(error) if isinstance(error, ArchiveError) else f"cannot be opened ({_words(error)})"
            raise ArchiveError(words) from error
        into.leave("", f"the rest of {archive.name} cannot be read ({_words(error)})")
    return into.left_out


def _kind(archive: Path) -> str:
    """What an archive is by its content; raises `ArchiveError` for what is none that is known here."""
    with archive.open("rb") as file:
        head = file.read(512)
    if not head:
        raise ArchiveError("is empty")
    if head.startswith(b"Rar!"):
        raise ArchiveError("is a RAR archive, which cannot be opened here: unpack it first")
    for magic, kind in ((b"7z\xbc\xaf'\x1c", "7z"), (b"\x1f\x8b", "gz"), (b"BZh", "bz2"), (b"\xfd7zXZ\0", "xz")):
        if head.startswith(magic):
            return kind
    if head[257:262] == b"ustar":
        return "tar"
    if zipfile.is_zipfile(archive):
        return "zip"
    if head.startswith(b"PK"):
        raise ArchiveError("is cut off: its end is missing, as when an upload was broken off")
    if head.lstrip()[:9].lower().startswith((b"<!doctype", b"<html")):
        raise ArchiveError("is a web page, not an archive: the page was saved in place of the file")
    if archive.name.lower().endswith(".tar"):
        return "tar"  # an old one has no mark
    raise ArchiveError("is not an archive")


@dataclass
class _Into:
    """The folder that an archive is unpacked to, and the count of what may still be written there."""

    target: Path
    room: Room
    left_out: list[Leftover] = field(default_factory=list)
    seen: int = 0
    wrapped: bool = False
    """Whether one folder at the top holds everything."""
    spent_by: dict[str, float] = field(default_factory=dict)
    written: set[Path] = field(default_factory=set)

    def leave(self, name: str, reason: str, routine: bool = False) -> None:
        name = storable(name)
        cut = f"{name[:SHOWN]}…" if len(name) > SHOWN + 1 else name
        self.left_out.append(Leftover(cut, reason, routine))

    def know_names(self, names: list[str]) -> None:
        """Finds out from all names whether one folder holds everything."""
        tops = {name.split("/", 1)[0] for name in names if "/" in name}
        self.wrapped = len(tops - self.room.skipped) == 1

    def make_folder(self, name: str) -> None:
        """An empty folder may be all that a student has handed in."""
        parts = self.place(name)
        if parts is not None:
            try:
                self.target.joinpath(*parts).mkdir(parents=True, exist_ok=True)
            except OSError:
                self.leave(name, "a file and a folder have this name")

    def take(self, name: str, size: int, read: Callable[[], Iterator[bytes]], written: float | None = None) -> None:
        """Writes one entry, or lists it; `written` is when it was written before it was packed."""
        parts = self.place(name)
        if parts is None:
            return
        path = self.target.joinpath(*parts)
        owner = "/".join(parts[: 1 + self.wrapped]) if self.room.is_class else ""
        left = min(self.room.total - self.room.used, self.room.each - self.spent_by.get(owner, 0))
        if size > left:
            self.leave(name, "unpacks to more than is allowed")
            return
        twice = path in self.written
        unfinished = self.target.with_name(f".{self.target.name}.unfinished")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir() or (path.exists() and not twice):
                self.leave(name, "a file and a folder have this name")
                return
            with unfinished.open("wb") as out:
                for piece in read():
                    self.room.used += len(piece)
                    self.spent_by[owner] = self.spent_by.get(owner, 0) + len(piece)
                    left -= len(piece)
                    if left < 0:
                        raise ArchiveError("unpacks to more than is allowed")
                    out.write(piece)
            if written is not None:
                with contextlib.suppress(OSError, OverflowError, ValueError):  # tar's can be no number
                    os.utime(unfinished, (written, written))
            unfinished.replace(path)
        except ArchiveError as error:
            self.leave(name, str(error))
        except (FileExistsError, NotADirectoryError):
            self.leave(name, "a file and a folder have this name")
        except (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError) as error:
            self.leave(name, f"is damaged ({_words(error)})")
        except NotImplementedError:
            self.leave(name, "is packed in a way that cannot be read here: pack it as an ordinary zip")
        except Exception as error:  # one entry never costs another
            self.leave(name, f"cannot be unpacked ({_words(error)})")
        else:
            self.written.add(path)
            if twice:
                self.leave(name, "is in the archive twice: the last one counts")

    @property
    def most(self) -> float:
        """The bytes that may be written in all."""
        return self.room.total if self.room.is_class else min(self.room.total, self.room.each)

    def place(self, name: str) -> tuple[str, ...] | None:
        """The parts of an entry's path below the target; None, and listed, if it may not be written."""
        plain = storable(name.replace("\\", "/"))
        if self.seen > ENTRIES:
            self.leave(name, f"the archive holds more than {ENTRIES} entries")
            return None
        parts = tuple(part for part in plain.split("/") if part not in ("", "."))
        if plain.startswith("/") or ".." in parts or plain[1:2] == ":" or "\0" in plain:
            self.leave(name, "leads out of its folder")
        elif not parts:
            self.leave(name, "has no name", routine=plain.strip("/") == ".")  # as `tar` calls the folder itself
        elif len(parts) > DEPTH:
            self.leave(name, f"lies more than {DEPTH} folders deep")
        elif any(len(part.encode()) > NAME_BYTES for part in parts):
            self.leave(name, f"its name is longer than {NAME_BYTES} bytes")
        elif skipped := self.room.skipped & set(parts[:-1]):
            self.leave(name, f"in a folder {min(skipped)}, which is never part of the work", routine=True)
        else:
            return parts
        return None


def _unpack_zip(archive: Path, into: _Into) -> None:
    with zipfile.ZipFile(archive) as opened:
        entries = opened.infolist()
        into.know_names([_name_in_zip(entry) for entry in entries])
        for entry in entries:
            into.seen += 1
            name = _name_in_zip(entry)
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if entry.is_dir():
                into.make_folder(name)
            elif kind == stat.S_IFLNK:
                into.leave(name, "a link")
            elif kind not in (0, stat.S_IFREG):
                into.leave(name, "not a regular file")
            elif entry.flag_bits & 1:
                into.leave(name, "is encrypted")
            elif entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2):
                into.leave(name, "is packed in a way that is not read here: pack it as an ordinary zip")
            else:
                into.take(name, entry.file_size, partial(_pieces_of_zip, opened, entry), _written(entry))


def _written(entry: zipfile.ZipInfo) -> float | None:
    """When a zip's entry was written, as its clock showed it; None for what is no time."""
    try:
        return calendar.timegm((*entry.date_time, 0, 0, 0))
    except ValueError:
        return None


def _pieces_of_zip(opened: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    if entry.compress_type != zipfile.ZIP_BZIP2:
        return _pieces(opened.open(entry))
    # Of bzip2, `zipfile` unpacks all that it has read at once: some kilobytes could fill the memory. `bz2` does not,
    # and has checksums of its own.
    packed = copy.copy(entry)
    packed.compress_type, packed.file_size = zipfile.ZIP_STORED, entry.compress_size
    packed.CRC = None  # type: ignore[assignment]
    return _pieces(bz2.open(opened.open(packed)))


def _name_in_zip(entry: zipfile.ZipInfo) -> str:
    """An entry's name; in UTF-8 also where the archive does not say that it is."""
    if not entry.flag_bits & 0x800 and not entry.filename.isascii():
        with contextlib.suppress(UnicodeError):
            return entry.filename.encode("cp437").decode("utf-8")
    return entry.filename


def _unpack_tar(archive: Path, kind: str, into: _Into) -> None:
    """Reads a tar archive from front to end; what is in the way of an entry has to be unpacked to get there."""
    most = 4 * into.most
    if into.room.is_class:
        names: list[str] = []
        with contextlib.suppress(tarfile.TarError, OSError, EOFError, ArchiveError, zlib.error, lzma.LZMAError):
            with _tar(archive, kind, most) as opened:
                names += (member.name for member in opened)
        into.know_names(names)
    with _tar(archive, kind, most) as opened:
        for member in opened:
            into.seen += 1
            if member.isdir():
                into.make_folder(member.name)
            elif member.issym() or member.islnk():
                into.leave(member.name, "a link")
            elif not member.isreg():
                into.leave(member.name, "not a regular file")
            elif member.issparse():
                into.leave(member.name, "is a file with holes, which is not read here")
            else:
                into.take(member.name, member.size, partial(_pieces_of_tar, opened, member), member.mtime)


def _pieces_of_tar(opened: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[bytes]:
    return _pieces(opened.extractfile(member))


@contextlib.contextmanager
def _tar(archive: Path, kind: str, most: float) -> Iterator[tarfile.TarFile]:
    openers: dict[str, Callable[..., Any]] = {"gz": gzip.open, "bz2": bz2.open, "xz": _Xz, "tar": open}
    with openers[kind](archive, "rb") as packed:
        stream: Any = _Bounded(packed, most)
        with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Header) as opened:
            yield opened


class _Header(tarfile.TarInfo):
    """A header, whose damage is told: the library takes it for the end of the archive."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Any:
        """Refuses a name or notes that would take up much memory: the library reads them whole."""
        found = super().frombuf(buf, encoding, errors)
        if found.type in OF_THE_NEXT and found.size > HEADER_BYTES:
            raise ArchiveError("the name of an entry is too long")
        return found

    @classmethod
    def fromtarfile(cls, tarfile: tarfile.TarFile) -> Any:
        try:
            return super().fromtarfile(tarfile)
        except ENDS as error:
            if type(error).__name__ == "EOFHeaderError":
                raise
            raise ArchiveError("its end is missing, or an entry is damaged") from error


class _Xz(io.RawIOBase):
    """An xz file, read within `MEMORY_OF_XZ`; `lzma.open` takes as much memory as the file asks for."""

    def __init__(self, path: Path, mode: str) -> None:
        self._file = path.open("rb")
        self._decompressor = lzma.LZMADecompressor(memlimit=MEMORY_OF_XZ)

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; none at the end."""
        while True:
            if self._decompressor.eof:
                rest = self._decompressor.unused_data.lstrip(b"\0") or self._file.read(PIECE).lstrip(b"\0")
                if not rest:
                    return b""
                self._decompressor = lzma.LZMADecompressor(memlimit=MEMORY_OF_XZ)  # of the next stream
            else:
                rest = self._file.read(PIECE) if self._decompressor.needs_input else b""
                if not rest and self._decompressor.needs_input:
                    raise EOFError("the file ends before its end")
            if found := self._decompressor.decompress(rest, size):
                return found

    def close(self) -> None:
        self._file.close()
        super().close()


class _Bounded:
    """A stream of which no more than `most` bytes are read."""

    def __init__(self, stream: IO[bytes], most: float) -> None:
        self._stream, self._left = stream, most

    def read(self, size: int = PIECE) -> bytes:
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise tarfile.ReadError("it unpacks to more than is allowed")
        return data


def _unpack_7z(archive: Path, into: _Into) -> None:
    try:
        import py7zr
    except ImportError:
        raise ArchiveError("is a 7z archive, which cannot be opened here: unpack it first") from None
    with archive.open("rb") as file, py7zr.SevenZipFile(file) as opened:
        if opened.needs_password():
            raise ArchiveError("is encrypted")
        _require_known_methods(opened)
        entries = list(opened.files)
        if sum(entry.uncompressed for entry in entries) > 4 * into.most:
            raise ArchiveError("unpacks to more than is allowed")
        into.know_names([entry.filename for entry in entries])
        wanted: dict[str, Any] = {}  # by the name that the library gives, to each a different one
        times: Counter[str] = Counter()
        for entry in entries:
            into.seen += 1
            name = entry.filename
            if entry.is_directory:
                into.make_folder(name)
            elif entry.is_symlink or entry.is_junction:
                into.leave(name, "a link")
            elif entry.is_socket or stat.S_IFMT(entry.posix_mode or 0) not in (0, stat.S_IFREG):
                into.leave(name, "not a regular file")
            elif entry.uncompressed > into.most:
                into.leave(name, "unpacks to more than is allowed")
            elif into.place(name) is not None:
                wanted[PurePosixPath(f"{name}_{times[name] - 1}" if times[name] else name).as_posix()] = entry
                times[name] += 1
        if not wanted:
            return
        problem = "its checksum is wrong"
        with _files_of_ours(into.target) as kept:
            try:
                opened.extract(targets=list(times), factory=kept)
            except Exception as error:  # what came before it is whole, or its checksum says that it is not
                problem = _words(error)
            for number, (name, entry) in enumerate(wanted.items()):
                content = kept.contents.get(name)
                if content is None and not entry.uncompressed:
                    content = kept.create(f"empty {number}")
                if content is None or content.size() != entry.uncompressed or content.checksum != (entry.crc32 or 0):
                    into.leave(entry.filename, f"is damaged ({problem})")
                else:
                    written = entry.lastwritetime.totimestamp() if entry.lastwritetime else None
                    into.take(entry.filename, entry.uncompressed, partial(_pieces_of, content.path), written)


@contextlib.contextmanager
def _files_of_ours(target: Path) -> Iterator[Any]:
    """A factory for py7zr, which writes each entry to a file of ours, whatever it is called."""
    from py7zr.io import Py7zIO, WriterFactory

    class Content(Py7zIO):
        def __init__(self, path: Path) -> None:
            self.path, self.checksum, self._file = path, 0, path.open("wb")

        def write(self, data: bytes | bytearray) -> int:
            self.checksum = zlib.crc32(data, self.checksum)
            return self._file.write(data)

        def read(self, size: int | None = None) -> bytes:
            return b""

        def seek(self, offset: int, whence: int = 0) -> int:
            return offset

        def flush(self) -> None:
            self._file.flush()

        def size(self) -> int:
            self._file.flush()
            return self.path.stat().st_size

    class Kept(WriterFactory):
        def __init__(self, folder: Path) -> None:
            self.folder, self.contents = folder, dict[str, Content]()

        def create(self, filename: str) -> Content:
            self.contents[filename] = Content(self.folder / str(len(self.contents)))
            return self.contents[filename]

    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".7z-") as folder:
        kept = Kept(Path(folder))
        try:
            yield kept
        finally:
            for content in kept.contents.values():
                content._file.close()


def _require_known_methods(opened: Any) -> None:
    """Raises `ArchiveError` if an archive needs a decoder that is not used here."""
    streams = opened.header.main_streams
    for folder in streams.unpackinfo.folders if streams is not None else []:
        for coder in folder.coders:
            if coder["method"] not in METHODS_OF_7Z:
                raise ArchiveError("is packed in a way that is not read here: pack it as an ordinary zip")


def _pieces_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from _pieces(file)


def _pieces(file: IO[bytes] | None) -> Iterator[bytes]:
    if file is None:
        raise tarfile.ReadError("the entry has no content")
    with file:
        while piece := file.read(PIECE):
            yield piece


def _words(error: Exception) -> str:
    """A library's error in one line."""
    return " ".join(storable(str(error)).split())[:150] or type(error).__name__
