"""What the registry keeps of a method."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from yifang.detect.parameters import Parameter
from yifang.detect.result import Detection


@dataclass(frozen=True, slots=True)
class Method:
    """A method: its Python name, its function, its parameters; `detect.method.<name>` says what it does."""

    name: str
    run: Callable[..., Detection]
    parameters: tuple[Parameter, ...]

    @property
    def option(self) -> str:
        """The name on the command line: `ears-c1`."""
        return self.name.replace("_", "-")

    def default(self, parameter: str) -> Any:
        """The default of a parameter as the function declares it; None means that the method finds it itself."""
        return inspect.signature(self.run).parameters[parameter].default
