"""Matches students with the rows of rosters and downloaded gradebooks, whose columns it knows by their titles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from autograder.export.formats import ExportError
from autograder.export.marks import Mark
from autograder.export.worksheet import Worksheet

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
        "nom d'utilisateur", "nombre de usuario", "github", "github username",
    ),
    "sis": ("sis user id", "sis id", "sis_id", "sis"),
    "idnumber": (
        "id number", "idnumber", "student id", "student number", "matriculation number", "matrikelnummer",
        "id-nummer", "numéro d'identification", "número de id", "studentnummer",
    ),
    "id": ("id", "canvas id", "user id"),
    "participant": ("identifier", "kennung", "identifiant", "identificador", "id participante"),
    "section": ("section", "group", "gruppe"),
}  # fmt: skip
STRONG = ("id", "sis", "login", "idnumber", "participant", "email")
"""Fields that identify a person; two people may have the same name."""
MOODLE_FOLDER = re.compile(r"^(?P<name>.+?)_(?P<participant>[0-9]+)_assignsubmission_")
"""The names of folders in submissions downloaded from Moodle."""


def fields_of(header: Iterable[str]) -> dict[str, int]:
    """The number of the column for each field."""
    found: dict[str, int] = {}
    for number, title in enumerate(header):
        folded = title.strip().strip("\ufeff").casefold()
        for field, titles in TITLES.items():
            if folded in titles and field not in found:
                found[field] = number
    return found


def known_by(mark: Mark) -> dict[str, str]:
    """The fields that identify a student: from the roster, and from the name of the submission's folder."""
    known = {field: value.strip() for field, value in mark.person.items() if value.strip()}
    moodle = MOODLE_FOLDER.match(mark.student)
    if moodle:
        known.setdefault("participant", moodle["participant"])
        known.setdefault("name", moodle["name"].strip())
    return known


def match_rows(
    sheet: Worksheet, marks: Iterable[Mark], columns: Mapping[str, int], rows: Iterable[int]
) -> tuple[dict[int, Mark], list[tuple[str, str]]]:
    """The student of each row; and the students without a row, or with several, and the reason.

    A student's fields are compared with the columns for the same fields, and the submission's name with all columns.
    People's names are compared only if nothing else matches. If two rows match a student, or two students a row, nobody
    is guessed: they are left out.
    """
    index: dict[str, dict[str, list[int]]] = {field: {} for field in columns}
    for row in rows:
        for field, column in columns.items():
            cells = sheet.rows[row]
            value = _comparable(field, cells[column] if column < len(cells) else "")
            if value:
                index[field].setdefault(value, []).append(row)
    owners: dict[int, list[Mark]] = {}
    left_out: list[tuple[str, str]] = []
    for mark in marks:
        found = _rows_of(mark, index)
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


def need(columns: Mapping[str, int], sheet: Worksheet) -> None:
    """Raises `ExportError` if no column says whose row it is."""
    if not set(columns) & {*STRONG, "name"}:
        raise ExportError(
            f"{sheet.path}, line 1: no column identifies students; the columns are "
            + ", ".join(repr(title) for title in sheet.header)
        )


def _rows_of(mark: Mark, index: Mapping[str, Mapping[str, list[int]]]) -> set[int]:
    known = known_by(mark)
    for group in (STRONG, ("name",)):
        found: set[int] = set()
        for field in group:
            if field in known:
                found |= set(index.get(field, {}).get(_comparable(field, known[field]), []))
            if field != "participant":  # Moodle's own number, which is never a folder's whole name
                found |= set(index.get(field, {}).get(_comparable(field, mark.student), []))
        if found:
            return found
    return set()


def _comparable(field: str, value: str) -> str:
    value = " ".join(value.split()).casefold()
    if field == "participant":  # "Participant 1234", in whatever language
        digits = re.search(r"([0-9]+)$", value)
        return digits[1] if digits else ""
    return value
