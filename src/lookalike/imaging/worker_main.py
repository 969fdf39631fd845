"""The process in which hostile files are decoded.

Started by :class:`lookalike.imaging.workers.DecodePool`; it ends when its socket closes.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

from PIL import Image

from lookalike.errors import DecodeError
from lookalike.imaging import wire
from lookalike.imaging.decode import decode
from lookalike.imaging.picture import InputSpec, Limits

LARGE_PIXELS = 40_000_000
"""A picture of more pixels waits until no other worker decodes one like it."""

_ORPHAN_GRACE_S = 5.0


def main(descriptor: int) -> None:
    """Decode what the pool asks for, until it closes the socket."""
    # An interrupt at the terminal reaches the whole process group; the pool decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=descriptor) as channel:
        try:
            specs, limits = wire.unpack_setup(wire.receive(channel))
            _confine(limits)
            wire.send(channel, {"ready": os.getpid()})
            while True:
                for order in wire.receive_orders(channel):
                    _serve(channel, order, specs, limits)
        except (EOFError, ConnectionError):
            return  # the pool is closed, or its process is dead


def _serve(
    channel: socket.socket, order: wire.Order, specs: tuple[InputSpec, ...], limits: Limits
) -> None:
    def ask_if_large(pixels: int) -> None:
        if pixels > LARGE_PIXELS:
            _set_alarm(0.0)
            wire.send(channel, {"large": pixels})
            wire.receive(channel)
            _set_alarm(limits.timeout_s + _ORPHAN_GRACE_S)

    _set_alarm(limits.timeout_s + _ORPHAN_GRACE_S)
    try:
        wanted = specs if order.specs is None else order.specs
        decoded = decode(order.source, wanted, limits, ask_if_large, order.name, frame=order.frame)
    except DecodeError as error:
        wire.send(channel, wire.pack_error(error))
    except MemoryError:
        failed = _failed(order, "out-of-memory", "needs too much memory")
        wire.send(channel, wire.pack_error(failed))
    except (EOFError, ConnectionError):
        raise
    except Exception as error:  # noqa: BLE001 - one file may never cost the others
        what = f"cannot be decoded ({type(error).__name__}: {error})"
        wire.send(channel, wire.pack_error(_failed(order, "decode-failed", what)))
    else:
        wire.send(channel, wire.pack_decoded(decoded), decoded.pixels)
    finally:
        _set_alarm(0.0)


def _failed(order: wire.Order, code: str, what: str) -> DecodeError:
    return DecodeError(f"{order.name}: {what}.", code=code)


def _set_alarm(seconds: float) -> None:
    """Be killed by the kernel after so long, even if no pool is left to do it."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _confine(limits: Limits) -> None:
    # Pillow refuses twice this; the exact limit is checked by decode().
    Image.MAX_IMAGE_PIXELS = max(1, limits.max_pixels // 2)
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return
    import resource

    wanted = int(statm.read_text().split()[0]) * resource.getpagesize() + limits.max_memory_bytes
    _, allowed = resource.getrlimit(resource.RLIMIT_AS)
    most = wanted if allowed == resource.RLIM_INFINITY else min(wanted, allowed)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    # Where the machine runs out of memory all the same, one picture goes and not the run;
    # some containers do not let a process offer itself.
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


if __name__ == "__main__":
    main(int(sys.argv[1]))
