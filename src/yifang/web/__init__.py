"""The web shell: look, components, static files, page errors, translations tooling, exports and documents.

It knows no patient and no case: apps bring their pages, the shell brings what every page shares.
docs/screens.md is the manual for those who write pages.
"""
