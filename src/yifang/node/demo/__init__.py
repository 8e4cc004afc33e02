"""The demo (`yifang run --demo`): a fictional county, people to sign in as, and visits through the real intake.

The supervisor starts `python -m yifang.node.demo` once the pages are served. Nothing here is used by a real node, and a
node that holds anything else refuses it.
"""
