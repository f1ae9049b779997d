"""Finds what is reliably wrong in a series of vital signs.

Nothing here depends on Keras: a recorded series is judged like a live one.
"""

from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

from keras_regan.callbacks._course import Course
from keras_regan.callbacks._symptoms import Symptom
from keras_regan.callbacks._vital_signs import VitalSigns


class Finding(NamedTuple):
    """Something that is wrong.

    Attributes:
        kind: String. The `kind` of the symptom.
        text: String. What was measured, and what usually helps.
    """

    kind: str
    text: str


class Diagnosis:
    """Decides from one check to the next what is reliably wrong.

    A symptom becomes a finding when `patience` checks in a row have shown it
    (or at once if one check is enough). It is found again only after a check
    that does not show it.

    Args:
        symptoms: List of symptoms to look for, the most serious first.
        patience: Positive integer.
    """

    def __init__(self, symptoms: Sequence[Symptom], patience: int):
        self.symptoms = list(symptoms)
        self.patience = patience
        self.forget()

    def forget(self) -> None:
        """Starts over, as with a new training."""
        self._course = Course(self.patience)
        self._shown = {symptom.kind: 0 for symptom in self.symptoms}
        self._found: set[str] = set()

    def notes(self) -> dict[str, Any]:
        """Returns its state as lists and numbers."""
        return {
            "course": self._course.notes(),
            "shown": dict(self._shown),
            "found": sorted(self._found),
        }

    def recall(self, notes: dict[str, Any]) -> None:
        """Restores what `notes` returned, for the same symptoms."""
        self._course.recall(notes["course"])
        self._shown = {
            kind: notes["shown"].get(kind, 0) for kind in self._shown
        }
        self._found = set(notes["found"]) & self._shown.keys()

    @property
    def healthy(self) -> bool:
        """Whether the latest check showed no symptom."""
        return not any(self._shown.values())

    def check(self, signs: VitalSigns) -> list[Finding]:
        """Returns the new findings of this check."""
        self._course.add(signs)
        return [
            Finding(
                symptom.kind,
                symptom.text(self._course, self._shown[symptom.kind]),
            )
            for symptom in self.symptoms
            if self._is_new(symptom)
        ]

    def _is_new(self, symptom: Symptom) -> bool:
        kind = symptom.kind
        if not symptom.shows(self._course):
            self._shown[kind] = 0
            self._found.discard(kind)
            return False
        self._shown[kind] += 1
        needed = 1 if symptom.at_once else self.patience
        if (
            kind in self._found
            or self._shown[kind] < needed
            or symptom.recovers(self._course)
        ):
            return False
        self._found.add(kind)
        return True
