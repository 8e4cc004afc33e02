"""What surveillance lets go from node to node: daily counts up (`counts`), feedback down and who has read it up again
(`feedback`), urgent suspicions before there is a card (`urgent`).
"""

from yifang.apps.surveillance.relaying import counts, feedback, urgent


def register() -> None:
    """Called once, when the app is ready."""
    counts.register()
    feedback.register()
    urgent.register()
