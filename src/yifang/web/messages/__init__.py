"""Translations without the gettext programs: `python -m yifang.web.messages extract|compile|check`.

Chinese in code and templates is the gettext msgid; each app keeps its English in `locale/en/LC_MESSAGES/django.po`.
`extract` brings the .po files up to date, `compile` writes the .mo files Django reads, `check` fails on gaps.
Only the standard library and Django are needed, so an installation without development packages can compile.
Not for the texts of the pure rooms: those are `kernel/messages/*.yaml`.
"""

from yifang.web.messages.catalogues import check, compile_all, extract

__all__ = ["check", "compile_all", "extract"]
