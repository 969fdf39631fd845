"""One process that decodes: starting it, asking it, and finding out what became of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence

from lookalike.errors import DecodeError, LookalikeError
from lookalike.imaging import wire
from lookalike.imaging.picture import Decoded, InputSpec, Limits

Outcome = Decoded | DecodeError

_START_TIMEOUT_S = 60.0


class WorkerLostError(Exception):
    """The worker is gone.

    Args:
        error: what to say about the picture that it had in hand.
    """

    def __init__(self, error: DecodeError) -> None:
        super().__init__(error.message)
        self.error = error


class WorkerProcess:
    """One worker process, as the pool sees it; starting at once, usable after :meth:`prepare`.

    Args:
        specs: the pixels that each picture shall come with.
        limits: what one picture may cost.

    Raises:
        OSError: no process can be started.
    """

    def __init__(self, specs: tuple[InputSpec, ...], limits: Limits) -> None:
        self._specs = specs
        self._limits = limits
        self._channel, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                # -P: a module in the current folder must not pass for one of ours.
                [sys.executable, "-P", "-m", "lookalike.imaging.worker_main", str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                process_group=0,  # Ctrl-C at the terminal is for the run, not for its workers
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            )

    def prepare(self) -> None:
        """Wait until it is ready.

        Raises:
            LookalikeError: it does not start.
        """
        self._channel.settimeout(_START_TIMEOUT_S)
        try:
            wire.send(self._channel, wire.pack_setup(self._specs, self._limits))
            wire.receive(self._channel)
        except (OSError, EOFError) as error:
            self.end()
            raise LookalikeError(
                f"The process that decodes pictures does not start ({self._status()}).",
                "Check that Pillow and NumPy can be imported.",
                code="decoder-unavailable",
            ) from error
        self._channel.settimeout(self._limits.timeout_s)

    def ask(self, orders: Sequence[wire.Order]) -> None:
        """Hand over a batch; outcomes come back in this order.

        Raises:
            OSError: the process is dead.
        """
        wire.send_orders(self._channel, orders)

    def outcome(self, order: wire.Order, large: threading.Lock) -> Outcome:
        """Wait for what became of the next picture of the batch.

        Args:
            order: the picture.
            large: held while a very large picture is decoded.

        Raises:
            WorkerLostError: the worker took too long or died.
        """
        held = False
        try:
            head = wire.receive(self._channel)
            if "large" in head:
                held = large.acquire()
                wire.send(self._channel, {"go": True})
                head = wire.receive(self._channel)
            if "error" in head:
                return wire.unpack_error(head)
            specs = self._specs if order.specs is None else order.specs
            return wire.unpack_decoded(head, wire.receive_pixels(self._channel, head, specs))
        except TimeoutError as error:
            raise WorkerLostError(
                DecodeError(
                    f"{order.name}: took longer than {self._limits.timeout_s:g} s to decode.",
                    "Store a smaller copy, or raise the time limit.",
                    code="decode-timeout",
                )
            ) from error
        except (OSError, EOFError, ValueError, LookupError, TypeError) as error:
            self.end()
            raise WorkerLostError(
                DecodeError(
                    f"{order.name}: the decoder died of it ({self._status()}).",
                    "Open it in another program and save it again.",
                    code="decoder-crashed",
                )
            ) from error
        finally:
            if held:
                large.release()

    def kill(self) -> None:
        """Kill the process; who waits for an outcome learns of it."""
        self._process.kill()

    def end(self) -> None:
        """Kill the process and wait until it is gone."""
        self._channel.close()
        self._process.kill()
        self._process.wait()

    def _status(self) -> str:
        code = self._process.returncode or 0
        return signal.Signals(-code).name if code < 0 else f"exit status {code}"
