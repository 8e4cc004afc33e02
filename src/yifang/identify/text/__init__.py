"""Chinese clinical text: words of the packs found in notes, with who and whether they are said of.

`scan.Scanner` reads by dictionary and rules. Whatever gives `clauses(text)` in the same shape (a trained reader) can
stand in its place or beside it; everything after works on mentions.
"""
