"""Networks of PyTorch: their layers, their weights, their way to ONNX."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lookalike.encoders.checkpoints import State, check_fit, read_checkpoint
from lookalike.encoders.onnx_pooling import MOST_DIMS, Layer
from lookalike.encoders.onnx_tap import Hints, Preparation, as_layer
from lookalike.encoders.torch_support import import_torch
from lookalike.imaging.picture import InputSpec

PRE_LOGITS, LOGITS = "pre_logits", "logits"
_OPSET = 17
_NOT_SHOWN = ("Dropout", "Identity", "DropPath")


@dataclass(frozen=True)
class TorchNetwork:
    """A network of a library of networks, without its weights.

    Attributes:
        name: how errors call it.
        build: makes it, for so many classes; with its usual number for 0.
        classifier: name of the module that makes the logits; empty if there is none.
        spec: how it wants its pixels decoded.
        preparation: what is then done to them.
        hints: what the shapes of its outputs do not tell.
        adapt: brings the names of a checkpoint up to date; takes the weights and the network.
        spare: prefixes of weights that only training uses.
    """

    name: str
    build: Callable[[int], Any]
    classifier: str
    spec: InputSpec
    preparation: Preparation
    hints: Hints = field(default_factory=Hints)
    adapt: Callable[[State, Any], State] = lambda state, _network: state
    spare: tuple[str, ...] = ()

    def skeleton(self, classes: int = 0) -> Any:
        """The network without numbers, in no time and memory."""
        torch = import_torch()
        with torch.device("meta"):
            return self.build(classes).eval()

    def layers(self, network: Any = None) -> list[Layer]:
        """The layers that can be tapped, in the order in which they are run."""
        torch = import_torch()
        network = self.skeleton() if network is None else network
        device = next(network.parameters()).device
        side = self.spec.size
        seen: dict[str, tuple[int, ...]] = {}
        with _watched(network, lambda name, output: seen.update({name: tuple(output.shape)})):
            if self.classifier:
                module = network.get_submodule(self.classifier)
                handle = module.register_forward_pre_hook(
                    lambda _module, given: seen.update({PRE_LOGITS: tuple(given[0].shape)})
                )
            with torch.no_grad():
                output = network(torch.zeros(1, 3, side, side, device=device))
            if self.classifier:
                handle.remove()
        if hasattr(output, "shape"):
            seen[LOGITS] = tuple(output.shape)
        found = [
            as_layer(name, shape[1:], self.hints)
            for name, shape in seen.items()
            if 2 <= len(shape) <= 4 and shape[0] == 1 and min(shape) > 0
        ]
        return [layer for layer in found if layer.layout != "vector" or layer.shape[0] <= MOST_DIMS]

    def load(self, weights: Path) -> Any:
        """The network with the weights of a file.

        Raises:
            ModelError: the file cannot be read, or does not fit.
        """
        state = read_checkpoint(weights)
        network = self.skeleton()
        state = self._without_spare(self.adapt(state, network))
        if classes := self._other_classes(network, state):
            network = self.skeleton(classes)
        expected = self._without_spare(network.state_dict())
        state |= {key: value for key, value in _counters(expected).items() if key not in state}
        check_fit(expected, state, self.name, weights)
        if any(tensor.is_meta for tensor in _beyond(network, state)):
            network = self.build(classes).eval()  # it computes numbers that no file holds
        network.load_state_dict(state, strict=False, assign=True)
        return network.float().requires_grad_(False)

    def _without_spare(self, state: State) -> State:
        return {key: v for key, v in state.items() if not key.startswith(self.spare or ("\0",))}

    def _other_classes(self, network: Any, state: State) -> int:
        """How many classes a checkpoint was trained for, if not as many as usual; else 0."""
        key = f"{self.classifier}.weight"
        expected = network.state_dict().get(key)
        if expected is None or key not in state or state[key].shape == expected.shape:
            return 0
        return int(state[key].shape[0]) if state[key].ndim == expected.ndim else 0


class Tap:
    """A network up to one of its layers; a module of PyTorch is made of it.

    Args:
        network: the whole, with its weights.
        classifier: name of the module that makes the logits.
        layer: name of the layer.
        logits: whether the logits of its classes are given, too.
    """

    def __init__(self, network: Any, classifier: str, layer: str, *, logits: bool = False) -> None:
        self._network, self._layer, self.logits = network, layer, logits
        self._kept: list[Any] = []
        if layer == PRE_LOGITS:
            module = network.get_submodule(classifier)
            module.register_forward_pre_hook(lambda _module, given: self._keep(given[0]))
        elif layer != LOGITS:
            network.get_submodule(layer).register_forward_hook(
                lambda _module, _given, output: self._keep(output)
            )

    def run(self, pixels: Any) -> tuple[Any, ...]:
        """The layer's output for prepared pixels (n, 3, side, side), and the logits if wanted."""
        self._kept.clear()
        output = self._network(pixels)
        layer = output if self._layer == LOGITS else self._kept.pop()
        return (layer, output) if self.logits else (layer,)

    def to(self, device: Any, memory_format: Any) -> Tap:
        """Itself, the network moved to a device and its images laid out so."""
        self._network.to(device=device, memory_format=memory_format)
        return self

    def _keep(self, output: Any) -> None:
        # What follows may change it in place.
        self._kept.append(output.clone())

    def to_onnx(self, side: int) -> Any:
        """The same as an ONNX network: float pixels ``x`` in, ``tap`` and ``classes`` out.

        The exporter that traces is taken, not the newer one of torch.export: it needs no further
        package, and takes seconds instead of half a minute.

        Raises:
            Exception: of any kind, where PyTorch cannot export it.
        """
        import onnx

        torch = import_torch()
        tap = self

        class Module(torch.nn.Module):  # type: ignore[misc, name-defined, unused-ignore]
            def __init__(self) -> None:
                super().__init__()
                self.network = tap._network

            def forward(self, x: Any) -> Any:
                return tap.run(x)

        file, made = io.BytesIO(), ["tap", "classes"][: 1 + self.logits]
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                Module().eval(),
                (torch.zeros(1, 3, side, side),),
                file,
                dynamo=False,
                input_names=["x"],
                output_names=made,
                dynamic_axes={name: {0: "n"} for name in ("x", *made)},
                opset_version=_OPSET,
            )
        return onnx.load_from_string(file.getvalue())


def prepared(pixels: Any, preparation: Preparation) -> Any:
    """Pixels as a network takes them.

    Args:
        pixels: a tensor of shape (n, side, side, 3), uint8, on any device.
        preparation: what is done to them.

    Returns:
        A tensor of shape (n, 3, side, side), float32, on the same device.
    """
    torch = import_torch()
    mean, std = (
        torch.tensor(values, dtype=torch.float32, device=pixels.device)
        for values in (preparation.mean, preparation.std)
    )
    return ((pixels.float() / 255 - mean) / std).permute(0, 3, 1, 2)


@contextmanager
def _watched(network: Any, tell: Callable[[str, Any], None]) -> Iterator[None]:
    """Tell the output of every module, by name, once it is computed."""

    def hook(name: str) -> Callable[..., None]:
        def told(_module: Any, _given: Any, output: Any) -> None:
            if hasattr(output, "shape"):
                tell(name, output)

        return told

    handles = [
        module.register_forward_hook(hook(name))
        for name, module in network.named_modules()
        if name and not type(module).__name__.startswith(_NOT_SHOWN)
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _counters(expected: State) -> State:
    """How often batch norm was trained: old checkpoints lack it, and nothing reads it."""
    torch = import_torch()
    return {key: torch.zeros_like(v, device="cpu")
            for key, v in expected.items() if key.endswith("num_batches_tracked")}  # fmt: skip


def _beyond(network: Any, state: State) -> list[Any]:
    """Numbers of a network that its checkpoint does not hold."""
    named = [*network.named_parameters(), *network.named_buffers()]
    return [tensor for name, tensor in named if name not in state]
