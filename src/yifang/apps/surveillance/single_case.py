"""What the diseases pack says of one case standing alone: whether it is watched, how soon it is answered, and why.

Pure but for the packs: no case is looked up here.
"""

from dataclasses import dataclass
from datetime import date

from yifang.kernel import areas
from yifang.knowledge import load
from yifang.knowledge.models.diseases import Disease

METHOD = "single_case"
WORK = "signal_answer"  # the kind of work item that an answer ends


@dataclass(frozen=True, slots=True)
class Watch:
    """The rule in force: `limit` cases within `window_days` raise a signal, to be answered within `hours`."""

    disease: Disease
    limit: int
    window_days: int
    hours: float
    known_since: date | None = None  # the first day of what is known, of a disease that is rare or new here

    def explanation(self) -> dict[str, object]:
        """The rule with its source and confidence, as a signal keeps it."""
        if self.known_since is not None:
            where, since = load().provenance("surveillance", "rare"), self.known_since.isoformat()
            why = {"rule": "surveillance.rare.years", "mode": "single", "known_since": since}
            return {**why, "source": where.text, "confidence": where.confidence, "response_hours": self.hours}
        where = load().provenance("diseases", "diseases", self.disease.id, "alert", "mode")
        return {
            "rule": f"diseases.{self.disease.id}.alert",
            "mode": self.disease.alert.mode,
            "source": where.text,
            "confidence": where.confidence,
            "response_hours": self.hours,
        }


def watch(disease: str, subtype: str = "") -> Watch | None:
    """The rule for a case of `disease` and `subtype`; None when no single case of it stands out."""
    found = load().disease(disease).for_subtype(subtype or None)
    if not found.is_watched_singly:
        return None
    alert = found.alert
    # Where the diseases pack gives no time to answer, the clock of the work pack: shorter for what is urgent (W-05).
    clock, _ = load().work.kind(WORK).for_urgency(found.is_urgent)
    hours = alert.response_hours or clock.hours or 24
    return Watch(found, alert.threshold or 1, alert.window_days or 1, hours)


def rare(disease: str, onset: date, known_since: date | None, last: date | None) -> Watch | None:
    """The rule for the first case of a disease here, or the first in years; None where too little is known to say so.

    `known_since` is the onset of the county's first case of any disease, `last` that of the one before of this disease.
    """
    rule = load().surveillance.rare
    if known_since is None or (onset - known_since).days < rule.history_days:
        return None
    if last is not None and (onset - last).days <= rule.years * 365.25:
        return None
    found = load().disease(disease)
    clock, _ = load().work.kind(WORK).for_urgency(found.is_urgent)
    return Watch(found, 1, 1, clock.hours or 24, known_since)


def county_of(area: str) -> str:
    """The county that answers for an area; where there is none, the city in its place, or the area itself."""
    return areas.at_level(area, "county") or areas.at_level(area, "city") or areas.normalise(area)
