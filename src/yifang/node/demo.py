"""The demo's process (`yifang run --demo`): people to sign in as, and some hundred encounters through the real intake.

The supervisor starts it once the pages are served; what it prints is the terminal's. It signs in as owner.
"""

import os


def main() -> None:
    """Print one sign-in for each role, then fill in the background with progress."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yifang.node.settings")


if __name__ == "__main__":
    main()
