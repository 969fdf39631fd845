"""What the pool and its workers say to each other: JSON and raw pixels over a socket.

Nothing that a worker sends is ever unpickled: it has touched hostile files.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from lookalike.errors import DecodeError
from lookalike.imaging.picture import (
    Box,
    Decoded,
    InputSpec,
    Limits,
    Metadata,
    PictureFacts,
    UInt8Array,
)
from lookalike.sources.archives.span import Span

_LENGTH = struct.Struct("!I")
_MAX_HEAD_BYTES = 16 * 2**20

Head = dict[str, Any]


@dataclass(frozen=True)
class Order:
    """One picture that a worker shall decode.

    Attributes:
        name: what messages call it.
        source: a file, a stretch of an archive, or the bytes themselves.
        frame: which frame of it, from 1.
        specs: the pixels it shall come with; None for those that the worker was set up with.
    """

    name: str
    source: Path | Span | bytes
    frame: int = 1
    specs: tuple[InputSpec, ...] | None = None


def send(channel: socket.socket, head: Head, pixels: Sequence[UInt8Array] = ()) -> None:
    """Send one message.

    Args:
        channel: a stream socket.
        head: what JSON can hold.
        pixels: C-contiguous arrays that follow it; the other side knows their shapes.
    """
    text = json.dumps(head, separators=(",", ":")).encode()
    parts = [memoryview(_LENGTH.pack(len(text)) + text)]
    parts += [array.data.cast("B") for array in pixels]
    for part in _unsent(parts, channel.sendmsg(parts)):
        channel.sendall(part)


def _unsent(parts: list[memoryview], sent: int) -> list[memoryview]:
    rest = []
    for part in parts:
        if sent < len(part):
            rest.append(part[sent:])
        sent = max(0, sent - len(part))
    return rest


def receive(channel: socket.socket) -> Head:
    """Receive the head of one message.

    Raises:
        EOFError: the other side is gone.
        TimeoutError: nothing came within the channel's time-out.
    """
    (length,) = _LENGTH.unpack(_exactly(channel, _LENGTH.size))
    if length > _MAX_HEAD_BYTES:
        raise EOFError("not a message")
    head: Head = json.loads(_exactly(channel, length))
    return head


def receive_pixels(
    channel: socket.socket, head: Head, specs: Sequence[InputSpec]
) -> tuple[UInt8Array, ...]:
    """Receive the arrays that follow a head, one per spec.

    Raises:
        EOFError: the other side is gone.
        ValueError: these are other pixels than were asked for.
    """
    arrays = tuple(
        np.empty((*_shape(spec, said), 3), np.uint8)
        for spec, said in zip(specs, head["shapes"], strict=True)
    )
    for array in arrays:
        _fill(channel, array.data.cast("B"))
    return arrays


def _shape(spec: InputSpec, said: Sequence[int]) -> tuple[int, int]:
    height, width = said
    fits = 0 < height <= spec.size and 0 < width <= spec.size
    if not fits or (spec.fit != "within" and height + width != 2 * spec.size):
        raise ValueError(f"{said} is not what was asked for")
    return height, width


def _exactly(channel: socket.socket, count: int) -> bytearray:
    data = bytearray(count)
    _fill(channel, memoryview(data))
    return data


def _fill(channel: socket.socket, view: memoryview) -> None:
    while view:
        count = channel.recv_into(view)
        if count == 0:
            raise EOFError("the other side is gone")
        view = view[count:]


def pack_setup(specs: Sequence[InputSpec], limits: Limits) -> Head:
    """What a worker must know before its first picture."""
    return {"specs": [asdict(spec) for spec in specs], "limits": vars(limits)}


def unpack_setup(head: Head) -> tuple[tuple[InputSpec, ...], Limits]:
    """The reverse of :func:`pack_setup`."""
    return _unpack_specs(head["specs"]), Limits(**head["limits"])


def _unpack_specs(specs: Sequence[Head]) -> tuple[InputSpec, ...]:
    boxes = (Box(**spec["box"]) if spec["box"] else None for spec in specs)
    return tuple(InputSpec(**spec | {"box": box}) for spec, box in zip(specs, boxes, strict=True))


def send_orders(channel: socket.socket, orders: Sequence[Order]) -> None:
    """Send a batch of pictures to decode; bytes follow the message that announces them."""
    send(channel, {"orders": [_pack_order(order) for order in orders]})
    for order in orders:
        if isinstance(order.source, bytes):
            channel.sendall(order.source)


def receive_orders(channel: socket.socket) -> list[Order]:
    """The other end of :func:`send_orders`.

    Raises:
        EOFError: the other side is gone.
    """
    return [_receive_order(channel, **head) for head in receive(channel)["orders"]]


def _pack_order(order: Order) -> Head:
    source = order.source
    head: Head = {"name": order.name, "frame": order.frame}
    if order.specs is not None:
        head["specs"] = [asdict(spec) for spec in order.specs]
    if isinstance(source, bytes):
        return {**head, "length": len(source)}
    if isinstance(source, Span):
        return {**head, "span": vars(source) | {"path": str(source.path)}}
    return {**head, "path": str(source)}


def _receive_order(
    channel: socket.socket,
    name: str,
    frame: int,
    specs: list[Head] | None = None,
    path: str = "",
    span: Head | None = None,
    length: int | None = None,
) -> Order:
    source: Path | Span | bytes = Path(path)
    if length is not None:
        source = bytes(_exactly(channel, length))
    elif span is not None:
        source = Span(**span | {"path": Path(span["path"])})
    wanted = None if specs is None else _unpack_specs(specs)
    return Order(name, source, frame, wanted)


def pack_decoded(decoded: Decoded) -> Head:
    """All of a decoded picture but its pixels."""
    said = dict(vars(decoded.metadata))
    said["taken"] = decoded.metadata.taken and decoded.metadata.taken.isoformat()
    return {
        "id": decoded.id,
        "size_bytes": decoded.size_bytes,
        "facts": vars(decoded.facts),
        "metadata": said,
        "shapes": [array.shape[:2] for array in decoded.pixels],
    }


def unpack_decoded(head: Head, pixels: tuple[UInt8Array, ...]) -> Decoded:
    """The reverse of :func:`pack_decoded`."""
    said = head["metadata"]
    said["tags"] = tuple(said["tags"])
    said["taken"] = datetime.fromisoformat(said["taken"]) if said["taken"] else None
    facts = PictureFacts(**head["facts"])
    return Decoded(head["id"], head["size_bytes"], pixels, facts, Metadata(**said))


def pack_error(error: DecodeError) -> Head:
    """An error as a message."""
    return {"error": [error.message, error.hint, error.code]}


def unpack_error(head: Head) -> DecodeError:
    """The reverse of :func:`pack_error`."""
    message, hint, code = head["error"]
    return DecodeError(message, hint, code=code)
