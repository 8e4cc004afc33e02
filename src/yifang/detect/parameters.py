"""The parameters of methods: their kinds and ranges, checked the same for a notebook and for the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal

import numpy as np

from yifang.kernel.errors import UserError

Kind = Literal["int", "float", "bool"]
_BOOLS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: a number within `least … most` (`open`: without the two ends), or a yes or no.

    `per_series` also takes an array with one value a series, from Python.
    """

    name: str
    kind: Kind
    least: float = 0
    most: float = 0
    open: bool = False
    per_series: bool = False

    def read(self, text: str) -> Any:
        """The value a person wrote on the command line. Raises UserError when it is none."""
        try:
            value: Any = _BOOLS[text.lower()] if self.kind == "bool" else float(text)
        except (KeyError, ValueError):
            raise self._wrong(text) from None
        return self.check(value)

    def check(self, value: Any) -> Any:
        """The value in its kind. Raises UserError when it is of another kind or outside the range."""
        if self.kind == "bool":
            if not isinstance(value, bool | np.bool_):
                raise self._wrong(value)
            return bool(value)
        if self.per_series and not isinstance(value, Real | str):
            try:
                several = np.asarray(value, dtype=np.float64)
            except (TypeError, ValueError):
                raise self._wrong(value) from None
            for one in several.ravel():
                self._number(float(one))
            return several
        return self._number(value)

    def _number(self, value: Any) -> int | float:
        if not isinstance(value, Real) or isinstance(value, bool):
            raise self._wrong(value)
        number = float(value)
        within = self.least < number < self.most if self.open else self.least <= number <= self.most
        if not within or (self.kind == "int" and number != int(number)):
            raise self._wrong(value)
        return int(number) if self.kind == "int" else number

    def _wrong(self, value: Any) -> UserError:
        value = f"{value:g}" if isinstance(value, float) else value
        if self.kind == "bool":
            return UserError("detect.parameter_bool", name=self.name, value=str(value)[:60])
        code = f"detect.parameter_{self.kind}" + ("_open" if self.open else "")
        ends = {"least": f"{self.least:g}", "most": f"{self.most:g}"}
        return UserError(code, name=self.name, value=str(value)[:60], **ends)


def checked(parameters: tuple[Parameter, ...], values: Mapping[str, Any]) -> dict[str, Any]:
    """Every value in its kind; None stays None and means the method's own default. Raises UserError."""
    return {one.name: None if values[one.name] is None else one.check(values[one.name]) for one in parameters}
