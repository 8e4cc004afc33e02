"""What goes from node to node and is known here: cards with their versions (`cards`), cases without identity (`cases`).

Later apps register theirs (`protocols.relayed`).
"""
