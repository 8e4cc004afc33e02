"""The methods there are, by name. A new method is one module with its function and its `METHODS`, and one line here.

Every method is called as `run(observed, exposure=None, **parameters) -> Detection`; see `result` for the shapes.
"""

from __future__ import annotations

from yifang.detect import ears, percentiles
from yifang.detect.method import Method
from yifang.kernel.errors import UserError

METHODS: dict[str, Method] = {one.name: one for module in (ears, percentiles) for one in module.METHODS}


def method_named(name: str) -> Method:
    """The method of a name in either spelling, `ears_c1` or `ears-c1`. Raises UserError, listing those there are."""
    found = METHODS.get(name.replace("-", "_"))
    if found is None:
        raise UserError("detect.method_unknown", name=name[:60], known=[one.option for one in METHODS.values()])
    return found
