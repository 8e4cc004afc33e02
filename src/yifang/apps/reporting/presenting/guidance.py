"""What to do next about a disease, in the packs' words: isolation, contacts, the programme that follows."""

from __future__ import annotations

from django.utils.translation import gettext as _

from yifang.knowledge import load

_SURE = ("VERIFIED", "HIGH")


def guidance(disease: str) -> list[tuple[str, str, bool]]:
    """(what, words, whether the pack is sure of it); nothing for a disease that the packs do not know."""
    known = load().diseases.get(disease)
    if known is None:
        return []
    sure = getattr(known, "confidence", None) in (None, *_SURE)
    said: list[tuple[str, str, bool]] = []
    if known.case_isolation:
        said.append((_("隔离"), known.case_isolation, sure))
    if known.contact_observation_days:
        days = _("密切接触者观察 {n} 天").format(n=known.contact_observation_days)
        said.append((_("接触者"), days, sure))
    leaflet = next((one for one in load().education.prescriptions if one.disease == disease), None)
    if leaflet is not None:  # our own words, until the hospital signs them
        said.append((_("告诉病人"), leaflet.isolation, False))
        said.append((_("告诉家人"), leaflet.contacts, False))
    programme = next((one for one in load().management.programmes if getattr(one, "disease", None) == disease), None)
    if programme is not None:
        said.append((_("后续管理"), programme.name, sure))
    return said
