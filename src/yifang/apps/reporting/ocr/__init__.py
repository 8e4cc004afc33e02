"""A photographed paper card read into answers: `reading` makes sense of recognised lines, `engine` recognises them.

Only print is read; what is written by hand stays for a person. Nothing read is ever reported by itself: it becomes a
draft, and an answer that is not sure stays empty there.
"""

from yifang.apps.reporting.ocr.reading import Answer, Line, read

__all__ = ["Answer", "Line", "read"]
