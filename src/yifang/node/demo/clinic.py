"""What the demo's nurses and doctors did at the clinic's side: triages, a register, a consultation, two whistles.

Everything goes through the same services as the pages, each as the viewer of the person who does it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from yifang.apps.accounts.models import Seat
from yifang.apps.accounts.viewers import Viewer, viewer_of
from yifang.apps.care import services
from yifang.apps.care.services.matters import Filled
from yifang.kernel import clock

# name, sex, age, temperature, symptoms, exposure, destination
_TRIAGES = (
    ("周静怡", "female", "34", "38.6", ("cough", "sore_throat"), ("none",), "fever"),
    ("吴建国", "male", "61", "36.7", ("diarrhoea",), ("none",), "enteric"),
    ("郑晨", "male", "8", "37.9", ("rash",), ("cluster",), "fever"),
    ("冯欣怡", "female", "27", "36.5", ("none",), ("none",), "ordinary"),
    ("褚志强", "male", "45", "36.8", ("cough",), ("contact",), "fever"),
)
_SETUP = {"grade": "l2", "general": "yes", "infectious": "yes", "fever": "clinic", "enteric": "yes", "sentinel": "yes"}


def act(viewer: Callable[..., Viewer | None], attempt: Callable[[Callable[[], object], Viewer], None]) -> None:
    """Let them work; what one of them may not do is left out."""
    today = clock.today().isoformat()
    nurse, desk = viewer("triage_nurse"), viewer("hospital_desk")
    for name, sex, age, temperature, symptoms, exposure, destination in _TRIAGES:
        given: dict[str, Any] = {
            "name": name, "sex": sex, "age": age, "temperature": temperature, "symptoms": list(symptoms),
            "exposure": list(exposure), "destination": destination, "where": "家人、同学",
        }  # fmt: skip
        attempt(lambda given=given: services.open_matter("triage", filled(given, 38), nurse), nurse)
    attempt(lambda: services.open_matter("clinic_setup", filled(_SETUP), desk), desk)
    child = viewer_of(Seat.objects.select_related("organisation", "place").get(user__username="clinician"))
    consult = {
        "name": "何梓涵", "disease": "measles", "department": "感染科", "urgency": "ordinary",
        "summary": "发热3天，耳后出疹1天，免疫史不详。", "question": "是否考虑麻疹，需做哪些检查",
    }  # fmt: skip
    attempt(lambda: services.open_matter("consult", filled(consult), child), child)
    seen = {
        "event": "两天内三名初中生同样高热、眼红，常规检查未见病因", "number": "3", "symptoms": "高热、结膜充血、咽痛",
        "place": "示范中学初二", "since": today, "kind": "cluster",
    }  # fmt: skip
    attempt(lambda: services.blow(filled(seen), child), child)
    overheard = {
        **seen,
        "event": "某养老院多名老人腹泻，未见就诊",
        "number": "6",
        "symptoms": "腹泻、呕吐",
        "place": "示范养老院",
    }
    attempt(lambda: services.blow(filled(overheard), nurse, anonymous=True), nurse)


def filled(given: dict[str, Any], seconds: int | None = None) -> Filled:
    """What was typed."""
    typed = {key: value if isinstance(value, list) else [value] for key, value in given.items()}
    return Filled(typed, seconds=seconds)
