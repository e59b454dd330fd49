"""A grades file downloaded from a course system: reads it, changes cells, and keeps all others byte for byte."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path

from autograder.export.formats import ExportError

DELIMITERS = (",", ";", "\t")
BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be", b"\xef\xbb\xbf": "utf-8"}
LARGEST = 64 * 2**20  # bytes; a gradebook of thousands of students has some megabytes


@dataclass
class Worksheet:
    """A file's rows as text, and how the file spells them. Rows and columns count from 0; row 0 is the header."""

    path: Path
    encoding: str
    mark: bytes
    """The byte order mark at the beginning, or empty."""
    delimiter: str
    rows: list[list[str]]
    lines: list[int]
    """The line of the file (from 1) on which each row begins."""
    raw: list[list[str]] | None = field(repr=False, default=None)
    """Each cell as the file spells it, the last of a row with its line end; None if this could not be found out."""
    changed: dict[tuple[int, int], str] = field(default_factory=dict)

    @property
    def header(self) -> list[str]:
        """The cells of the first row, without surrounding spaces."""
        return [cell.strip() for cell in self.rows[0]]

    def column(self, number: int, start: int = 1) -> list[str]:
        """The cells of a column, from row `start` on; empty for rows that are too short."""
        return [row[number].strip() if number < len(row) else "" for row in self.rows[start:]]

    def put(self, row: int, column: int, text: str) -> None:
        """Sets a cell. Raises `ExportError` if the row is too short."""
        if column >= len(self.rows[row]):
            raise ExportError(
                f"{self.path}, line {self.lines[row]}: the row is too short; it has no column {self.header[column]!r}"
            )
        self.changed[row, column] = text

    def add_column(self, title: str) -> int:
        """Adds a column at the end of every row, and returns its number. Raises `ExportError`."""
        number = len(self.rows[0])
        for row, line in zip(self.rows, self.lines, strict=True):
            if len(row) > number:
                raise ExportError(f"{self.path}, line {line}: {len(row)} cells, but the header has {number}")
            row += [""] * (number + 1 - len(row))
        self.raw = None
        self.changed[0, number] = title
        return number

    def to_bytes(self) -> bytes:
        """The file with the changed cells; everything else is as it was."""
        wanted = [list(row) for row in self.rows]
        for (row, column), text in self.changed.items():
            wanted[row][column] = text
        if self.raw is not None:
            raw = [list(row) for row in self.raw]
            for (row, column), text in self.changed.items():
                end = _line_end(raw[row][column]) if column == len(raw[row]) - 1 else ""
                raw[row][column] = _spelt(text, self.delimiter) + end
            text = "".join(self.delimiter.join(cells) for cells in raw)
            if [row for row, _ in _parsed(text, self.delimiter)] == wanted:
                return self.mark + text.encode(self.encoding)
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=self.delimiter, lineterminator="\r\n").writerows(wanted)
        return self.mark + out.getvalue().encode(self.encoding)


def read_worksheet(path: Path) -> Worksheet:
    """Reads a CSV or tab-separated file in UTF-8 or UTF-16; raises `ExportError`, which names the line."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ExportError(f"{path}: cannot be read ({error.strerror})") from error
    if len(data) > LARGEST:
        raise ExportError(f"{path}: is larger than {LARGEST // 2**20} MB, so it cannot be a gradebook")
    if data[:2] == b"PK":
        raise ExportError(f"{path}: is an Excel workbook or a zip; download the grades as CSV, or save them as CSV")
    text, encoding, mark = _decoded(path, data)
    first = text.splitlines()[0] if text.strip() else ""
    delimiter = max(DELIMITERS, key=first.count)
    try:
        found = _parsed(text, delimiter)
    except csv.Error as error:
        raise ExportError(f"{path}: is not a CSV file ({error})") from error
    rows, lines = [row for row, _ in found], [line for _, line in found]
    if not rows or len(rows[0]) < 2:
        raise ExportError(f"{path}, line 1: the header must have at least two columns, separated by , ; or tabs")
    raw = _raw_cells(text, delimiter)
    faithful = raw is not None and len(raw) == len(rows) and [len(row) for row in raw] == [len(row) for row in rows]
    return Worksheet(path, encoding, mark, delimiter, rows, lines, raw if faithful else None)


def _decoded(path: Path, data: bytes) -> tuple[str, str, bytes]:
    mark = next((mark for mark in BYTE_ORDER_MARKS if data.startswith(mark)), b"")
    encoding = BYTE_ORDER_MARKS.get(mark, "utf-8")
    try:
        return data[len(mark) :].decode(encoding), encoding, mark
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ExportError(
            f"{path}, line {line}: is not {encoding.upper()} text; save it as CSV in UTF-8, or download it again"
        ) from error


def _parsed(text: str, delimiter: str) -> list[tuple[list[str], int]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    found, line = [], 1
    for row in reader:
        if row:
            found.append((row, line))
        elif found:
            found.append(([""], line))  # an empty line is kept, but is not a student's
        line = reader.line_num + 1
    return found


def _raw_cells(text: str, delimiter: str) -> list[list[str]] | None:
    """Each row's cells with their quotes, the last one with the line end; None if a quote is not closed."""
    rows: list[list[str]] = []
    cells: list[str] = []
    begin = at = 0
    quoted = False
    while at < len(text):
        character = text[at]
        if quoted:
            quoted = character != '"'  # a doubled quote closes and reopens
        elif character == '"' and (at == begin or text[begin] == '"'):
            quoted = True
        elif character == delimiter:
            cells.append(text[begin:at])
            begin = at + 1
        elif character in "\r\n":
            at += 1 if text.startswith("\r\n", at) else 0
            cells.append(text[begin : at + 1])
            rows.append(cells)
            cells, begin = [], at + 1
        at += 1
    if quoted:
        return None
    if begin < len(text) or cells:
        rows.append([*cells, text[begin:]])
    return rows


def _line_end(raw: str) -> str:
    return raw[len(raw.rstrip("\r\n")) :]


def _spelt(text: str, delimiter: str) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator="").writerow([text, ""])
    return out.getvalue()[: -len(delimiter)]
