"""The doors for machines over HTTP: canonical records at `/api/v1/records`, FHIR at `/fhir`.

Thin: the key, the limits and the words are here; reading and storing is the doors process's (`intake.http`).
"""

from yifang.apps.intake.api.description import description
from yifang.apps.intake.api.fhir import fhir, metadata
from yifang.apps.intake.api.records import records

__all__ = ["description", "fhir", "metadata", "records"]
