"""How long marking took, out of `MARKS/timing.json`; the results themselves hold no time."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Timing(BaseModel):
    """Seconds that the marking of each student took, and the whole run."""

    students: dict[str, Seconds] = {}
    wall: Seconds | None = None
    problem: str = ""
    """Why the file cannot be read; the pages are made without it."""

    @classmethod
    def read(cls, marks: Path) -> Timing:
        """The times in a MARKS folder: none where there is no file, and a `problem` where it is broken."""
        file = marks / "timing.json"
        try:
            return cls.model_validate_json(file.read_bytes())
        except FileNotFoundError:
            return cls()
        except OSError as error:
            return cls(problem=f"{file.name} can't be read: {error.strerror}")
        except ValidationError as error:
            fault = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(step) for step in fault["loc"])
            return cls(problem=f"{file.name} can't be read: {f'{where}: ' if where else ''}{fault['msg']}")
