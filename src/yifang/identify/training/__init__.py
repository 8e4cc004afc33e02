"""How the small models of `identify` are made: from annotated text to the files in `identify/text/model`.

Only who trains needs this; identification itself never imports it. One command, the same bytes for the same input.
"""
