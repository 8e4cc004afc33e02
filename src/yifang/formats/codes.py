"""Names of code systems and of states, brought to the words of the canonical record.

A system is normalised only when its name, OID or URI says plainly what it is; anything else stays as written. What a
code *means* (which disease, which test) is knowledge, not format: it is decided in `identify`.
"""

from __future__ import annotations

from yifang.formats.canonical import Code, Status


def words(text: str) -> frozenset[str]:
    """The words of a text as a set: tables of codes read better without a quote around each."""
    return frozenset(text.split())


_SYSTEMS = {
    "loinc": "LN LOINC 2.16.840.1.113883.6.1 http://loinc.org",
    "snomed": "SCT SNM SNM3 SNOMED SNOMED-CT SNOMEDCT PH_SNOMED-CT 2.16.840.1.113883.6.96 http://snomed.info/sct",
    "icd10": "I10 I10C I10P ICD10 ICD-10 ICD10CM ICD-10-CM I10CM I10N 2.16.840.1.113883.6.3 2.16.840.1.113883.6.90 "
    "2.16.156.10011.2.3.3.11 2.16.156.10011.2.3.3.11.3 2.16.156.10011.2.3.3.11.5 http://hl7.org/fhir/sid/icd-10 "
    "http://hl7.org/fhir/sid/icd-10-cm http://fhir.de/CodeSystem/bfarm/icd-10-gm 2.16.156.1.11.1 GB/T14396 "
    "2.16.840.1.113883.2.23.1.11.3",
    "icd9": "I9 I9C I9M ICD9 ICD-9 ICD9CM ICD-9-CM 2.16.840.1.113883.6.103 2.16.840.1.113883.6.42 "
    "http://hl7.org/fhir/sid/icd-9-cm http://hl7.org/fhir/sid/icd-9",
    "cvx": "CVX 2.16.840.1.113883.12.292 http://hl7.org/fhir/sid/cvx HL70292 2.16.840.1.113883.6.59",
    "phin": "NND NNDSS 2.16.840.1.114222.4.5.277 PH_NOTIFIABLEEVENT_DISEASE_CONDITION_CDC_NNDSS "
    "PH_CONDITIONNATIONALNOTIFICATION_CDC",
    "rxnorm": "RXNORM RXN 2.16.840.1.113883.6.88 http://www.nlm.nih.gov/research/umls/rxnorm",
    "ndc": "NDC 2.16.840.1.113883.6.69 http://hl7.org/fhir/sid/ndc",
    "atc": "ATC 2.16.840.1.113883.6.73 http://www.whocc.no/atc",
    "local": "L LOCAL 99ZZZ C4-LOCAL",
}
_BY_NAME = {name: system for system, names in _SYSTEMS.items() for name in names.upper().split()}


def code_system(name: str) -> str:
    """The canonical name of a code system given as HL7 table 0396 name, OID or URI; `local` where none is named."""
    if not name:
        return "local"
    known = _BY_NAME.get(name)
    if known:
        return known
    bare = name.strip().upper()
    if bare.startswith("URN:OID:"):
        bare = bare[8:]
    known = _BY_NAME.get(bare) or _BY_NAME.get(bare.rstrip("/"))
    if known:
        return known
    if bare.startswith("99"):  # HL7: 99zzz is a local coding system
        return "local"
    return name.strip()


def code(system: str, value: str, text: str = "") -> Code:
    """A Code with its system normalised."""
    return Code(code_system(system), value.strip(), text.strip())


# HL7 table 0123 (OBR-25): I, S, O, A, P, R are reports still under way.
REPORT_STATUS: dict[str, Status] = {
    "F": "final", "C": "corrected", "X": "cancelled", "P": "preliminary", "R": "preliminary", "A": "preliminary",
    "I": "preliminary", "S": "preliminary", "O": "preliminary", "M": "corrected", "N": "preliminary",
}  # fmt: skip

# HL7 table 0085 (OBX-11). D, W: delete, post as wrong; X, N: there is no result.
RESULT_STATUS: dict[str, Status] = {
    "F": "final", "C": "corrected", "A": "corrected", "B": "final", "U": "final", "V": "final", "D": "cancelled",
    "W": "cancelled", "X": "cancelled", "N": "cancelled", "P": "preliminary", "R": "preliminary", "I": "preliminary",
    "S": "preliminary", "O": "preliminary",
}  # fmt: skip

FHIR_STATUS: dict[str, Status] = {
    "entered-in-error": "cancelled", "cancelled": "cancelled", "revoked": "cancelled", "not-done": "cancelled",
    "nullified": "cancelled", "corrected": "corrected", "amended": "corrected", "appended": "final",
    "preliminary": "preliminary", "registered": "preliminary", "partial": "preliminary", "draft": "preliminary",
    "stopped": "final", "final": "final", "completed": "final", "active": "final", "unknown": "final",
}  # fmt: skip

# Ask-at-order-entry questions (HHS laboratory reporting guidance): answers of a person, never results of a test. A
# report whose tests were all withdrawn is withdrawn, whatever the answers beside them say.
QUESTIONS = words(
    "95419-8 11368-8 82810-3 95418-0 95421-4 76691-5 95417-2 77974-4 95420-6 82754-3 30525-0 35659-2 29553-5 "
    "65222-2 85658-3 85659-1 76690-7 77996-7 80487-2 75325-1 75618-9 78030-4 67471-3 11449-6 8665-2 21612-7"
)


def is_question(codes: tuple[Code, ...], declared: bool = False) -> bool:
    """Whether an observation is a question put to the person; `declared` is the source's own word (OBX-29 QST/AOE)."""
    return declared or not QUESTIONS.isdisjoint([item.code for item in codes])


def overall(statuses: list[Status]) -> Status:
    """The state of a whole from its parts: cancelled when all are, else corrected or preliminary when any is."""
    if not statuses:
        return "final"
    if all(status == "cancelled" for status in statuses):
        return "cancelled"
    return "corrected" if "corrected" in statuses else "preliminary" if "preliminary" in statuses else "final"
