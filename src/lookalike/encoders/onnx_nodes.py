"""Puts ONNX operators one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


class OnnxNodes:
    """Appends nodes; ``self.at`` is the name of the tensor that the next node reads.

    Args:
        at: the tensor that the first node reads.
        prefix: of the names of what is made, so that they meet no others.
    """

    def __init__(self, at: str = "", prefix: str = "") -> None:
        self.at = at
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._prefix = prefix

    def constant(self, name: str, value: npt.ArrayLike) -> str:
        """A constant of numbers; returns its name."""
        return self._kept(name, np.asarray(value, np.float32))

    def whole(self, name: str, values: Sequence[int]) -> str:
        """A constant of whole numbers, e.g. a shape."""
        return self._kept(name, np.asarray(values, np.int64))

    def node(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> None:
        """Append an operator; what it gives is what the next one reads."""
        from onnx import helper

        output = output or f"{self._prefix}{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, [*inputs], [output], **attributes))
        self.at = output

    def _kept(self, name: str, values: npt.NDArray[Any]) -> str:
        from onnx import numpy_helper

        name = f"{self._prefix}{name}"
        self.constants.append(numpy_helper.from_array(values, name))
        return name
