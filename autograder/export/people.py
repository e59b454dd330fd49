"""Matches students with the rows of rosters and downloaded gradebooks, whose columns it knows by their titles."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from autograder.export.formats import ExportError
from autograder.export.marks import Mark
from autograder.export.worksheet import Worksheet
from autograder.submission.names import composed, listed

# The titles of course systems' columns, in lower case. The first column with a field counts.
TITLES: dict[str, tuple[str, ...]] = {
    "first": ("first name", "firstname", "given name", "forename", "vorname", "prénom", "nombre", "voornaam", "nome"),
    "last": ("last name", "lastname", "surname", "family name", "nachname", "nom", "apellidos", "apellido(s)"),
    "name": (
        "name", "full name", "fullname", "student", "student name", "participant", "vollständiger name",
        "nom complet", "nombre completo", "nome completo", "volledige naam", "imię i nazwisko",
    ),
    "email": (
        "email", "e-mail", "email address", "e-mail address", "mail", "e-mail-adresse", "adresse de courriel",
        "dirección de correo", "correo electrónico", "e-mailadres", "endereço de e-mail", "indirizzo email",
        "adres e-mail",
    ),
    "login": (
        "login", "username", "user name", "login id", "sis login id", "anmeldename", "nutzername", "benutzername",
        "nom d'utilisateur", "nombre de usuario", "github", "github username", "github_username",
    ),
    "sis": ("sis user id", "sis id", "sis_id", "sis"),
    "idnumber": (
        "id number", "idnumber", "student id", "student number", "orgdefinedid", "org defined id", "sid",
        "matriculation number", "matrikelnummer",
        "id-nummer", "numéro d'identification", "número de id", "studentnummer",
    ),
    "id": ("id", "canvas id", "user id"),
    "participant": ("identifier", "kennung", "identifiant", "identificador", "id participante"),
    "section": ("section", "group", "gruppe"),
    "repository": ("student_repository_name", "repository"),
}  # fmt: skip
STRONG = ("id", "sis", "login", "idnumber", "participant", "email", "repository")
"""Fields that identify a person; two people may have the same name."""


def fields_of(header: Iterable[str]) -> dict[str, int]:
    """The number of the column for each field."""
    found: dict[str, int] = {}
    for number, title in enumerate(header):
        folded = title.strip().strip("\ufeff").casefold()
        for field, titles in TITLES.items():
            if folded in titles and field not in found:
                found[field] = number
    return found


def repository_prefix(students: Iterable[str], logins: Iterable[str]) -> str:
    """What most of the `students` have before their login, as GitHub Classroom names repositories: `lab4-`.

    Empty if fewer than half of them have it.
    """
    students = [_comparable("login", student) for student in students]
    known = [f"-{login}" for login in {_comparable("login", login) for login in logins} if login]
    prefixes = Counter(
        prefix
        for student in students
        for prefix in {student[: 1 - len(login)] for login in known if student.endswith(login)}
    )
    found = prefixes.most_common(2)
    clear = found and 2 * found[0][1] > len(students) and found[0][1] not in [count for _, count in found[1:]]
    return found[0][0] if clear else ""


def match_rows(
    sheet: Worksheet, marks: Iterable[Mark], columns: Mapping[str, int], rows: Iterable[int]
) -> tuple[dict[int, Mark], list[tuple[str, str]]]:
    """The student of each row; and the students without a row, or with several, and the reason.

    A student's fields are compared with the columns for the same fields, and the submission's name with all columns.
    Repositories' and people's names are compared only if nothing else matches. If two rows match a student, or two
    students a row, nobody is guessed: they are left out.
    """
    index: dict[str, dict[str, list[int]]] = {field: {} for field in columns}
    for row in rows:
        for field, column in columns.items():
            cells = sheet.rows[row]
            value = _comparable(field, cells[column] if column < len(cells) else "")
            if value:
                index[field].setdefault(value, []).append(row)
        if "name" not in columns and {"first", "last"} <= set(columns):
            both = " ".join(sheet.rows[row][columns[part]] for part in ("first", "last"))
            index.setdefault("name", {}).setdefault(_comparable("name", both), []).append(row)
    marks = list(marks)
    prefix = repository_prefix([mark.student for mark in marks], index.get("login", {}))
    owners: dict[int, list[Mark]] = {}
    left_out: list[tuple[str, str]] = []
    for mark in marks:
        found = _rows_of(mark, index, prefix)
        if not found:
            asked = ", ".join(repr(sheet.header[column]) for column in columns.values())
            left_out.append((mark.student, f"not found in {sheet.path.name} (looked in {asked})"))
        elif len(found) > 1:
            lines = ", ".join(str(sheet.lines[row]) for row in sorted(found))
            left_out.append((mark.student, f"{sheet.path.name}: lines {lines} could all be this student"))
        else:
            owners.setdefault(found.pop(), []).append(mark)
    settled = {}
    for row, claimed in owners.items():
        if len(claimed) == 1:
            settled[row] = claimed[0]
            continue
        reason = f"{sheet.path.name}: line {sheet.lines[row]} could be {' or '.join(mark.student for mark in claimed)}"
        left_out += [(mark.student, reason) for mark in claimed]
    return settled, left_out


Row = TypeVar("Row")


def told_apart(found: Iterable[tuple[Mark, Sequence[str], Row]]) -> tuple[list[Row], list[tuple[str, str]]]:
    """The rows of a new file; and the students left out, since a course system would take two of them for one.

    Each student comes with their ids, column by column, in which a system does not see capitals.
    """
    found = list(found)
    owners: dict[tuple[int, str], list[str]] = defaultdict(list)
    for mark, ids, _ in found:
        for place in _places(ids):
            owners[place].append(mark.student)
    rows, left_out = [], []
    for mark, ids, row in found:
        others = {name for place in _places(ids) for name in owners[place]} - {mark.student}
        if others:
            left_out.append((mark.student, f"cannot be told from {listed(sorted(others))} there, so neither is in it"))
        else:
            rows.append(row)
    return rows, left_out


def _places(ids: Sequence[str]) -> list[tuple[int, str]]:
    return [(column, composed(value.strip().casefold())) for column, value in enumerate(ids) if value.strip()]


def person_in(sheet: Worksheet, row: int, people: Mapping[str, int]) -> str:
    """Whose row it is, for people to read; empty for nobody's."""
    cells = {
        field: sheet.rows[row][column].strip() for field, column in people.items() if column < len(sheet.rows[row])
    }
    both = " ".join(filter(None, (cells.get("first"), cells.get("last"))))
    return cells.get("name") or both or next(filter(None, cells.values()), "")


def need(columns: Mapping[str, int], sheet: Worksheet) -> None:
    """Raises `ExportError` if no column says whose row it is."""
    if not set(columns) & {*STRONG, "name"}:
        raise ExportError(
            f"{sheet.path}, line 1: no column identifies students; the columns are "
            + ", ".join(repr(title) for title in sheet.header)
        )


def _rows_of(mark: Mark, index: Mapping[str, Mapping[str, list[int]]], prefix: str) -> set[int]:
    known = {field: value.strip() for field, value in mark.person.items() if value.strip()}
    for group in (STRONG, ("name",)):
        found: set[int] = set()
        for field in group:
            if field in known:
                found |= set(index.get(field, {}).get(_comparable(field, known[field]), []))
            if field != "participant":  # Moodle's own number, which is never a folder's whole name
                found |= set(index.get(field, {}).get(_comparable(field, mark.student), []))
        if found:
            return found
        own = _comparable("login", mark.student)
        if prefix and own.startswith(prefix) and (named := index["login"].get(own.removeprefix(prefix))):
            return set(named)
    return set()


def _comparable(field: str, value: str) -> str:
    value = composed(" ".join(value.split()).casefold())
    if field == "participant":  # "Participant 1234", in whatever language
        digits = re.search(r"([0-9]+)$", value)
        return digits[1] if digits else ""
    if field == "name" and value.count(",") == 1:  # "Lovelace, Ada"
        last, first = value.split(",")
        return f"{first.strip()} {last.strip()}"
    return value.removeprefix("#")  # with which Brightspace begins ids and user names
