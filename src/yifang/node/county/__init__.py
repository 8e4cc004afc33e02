"""A whole synthetic county on a node (`yifang run --county DIR`): registered, filled, alive, and scored.

The county itself is made by `yifang.world` and knows no database; here it comes in through the same doors as any other.
"""
