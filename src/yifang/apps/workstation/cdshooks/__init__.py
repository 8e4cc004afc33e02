"""CDS Hooks 2.0: a hospital's system asks at three moments of a visit, with the data at hand, and gets cards.

Source: cds-hooks.hl7.org/2.0. What comes with the question is identified by the pure engine at once; nothing is stored
of it. Whether a card is shown still depends on what is known here: answered, reported and dismissed is not asked again.
"""

from yifang.apps.workstation.cdshooks.views import ask, discovery, feedback

__all__ = ["ask", "discovery", "feedback"]
