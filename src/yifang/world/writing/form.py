"""What every writer is given: a visit with its person, its results and its sender, in plain values.

Times are naive civil times of China; the writers add the offset where a format asks for one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Sender:
    """What a message says of who sent it."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Result:
    """One line of a laboratory report."""

    panel: str
    name: str
    value: str
    normal: str
    specimen: str
    is_abnormal: bool = False


@dataclass(slots=True)
class Patient:
    """Who the visit is about; `birth` None where the sender left it out, `mrn` the number of the sender's own index."""

    name: str
    sex: str
    birth: date | None
    id_no: str
    phone: str
    area: str
    address: str
    employer: str
    guardian: str
    occupation: str = ""
    mrn: str = ""


@dataclass(slots=True)
class Visit:
    """One visit; `kind` is outpatient, emergency, inpatient or checkup; `temperature` empty where not taken.

    `code` and `text` may hold several diagnoses, apart by `;`.
    """

    number: str
    at: datetime
    result_at: datetime
    kind: str
    department: str
    doctor_no: str
    doctor: str
    complaint: str
    history: str
    code: str
    text: str
    reason: str
    results: tuple[Result, ...]
    who: Patient
    temperature: str = ""
    onset: date | None = None

    @property
    def diagnoses(self) -> list[tuple[str, str]]:
        """Code and name of each diagnosis; a code may be empty."""
        if not self.code:
            return [("", self.text)] if self.text else []
        return list(zip(self.code.split(";"), self.text.split(";"), strict=True))
