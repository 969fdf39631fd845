"""Decoding in worker processes: a picture that hangs, bloats or crashes costs only itself."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, TypeVar

from lookalike.errors import LookalikeError
from lookalike.imaging.picture import InputSpec, Limits
from lookalike.imaging.wire import Order
from lookalike.imaging.worker_process import Outcome, WorkerLostError, WorkerProcess

_BATCH = 8
_BATCH_BYTES = 2**20
_HELD_BYTES = 64 * 2**20
_POLL_S = 0.5


class Task(Protocol):
    """Anything that names a file.

    It may have an attribute ``content``: the bytes to decode, or the stretch of the file where
    they lie, where that is not the whole file; ``frame``: which frame of it, from 1; messages call
    such tasks by their ``location``. And ``specs``: the pixels it shall come with, where these are
    not those of the pool.
    """

    @property
    def path(self) -> Path:
        """The file to decode."""
        ...


TaskT = TypeVar("TaskT", bound=Task)


@dataclass
class _Run:
    """One call of :meth:`DecodePool.run`: where its outcomes go, and whether anybody waits."""

    outbox: queue.SimpleQueue[tuple[Any, Outcome] | BaseException] = field(
        default_factory=queue.SimpleQueue
    )
    abandoned: bool = False


@dataclass(frozen=True)
class _Job:
    task: Task
    run: _Run


class DecodePool:
    """Worker processes that decode pictures.

    Each file is decoded within ``limits`` in a process that has nothing to lose. A picture over
    the time limit is given up and its process killed (``decode-timeout``); one that brings its
    process down costs itself only (``decoder-crashed``). At most one picture of more than 40
    million pixels is decoded at a time, so that the memory of all workers stays bounded; of tasks
    that bring their bytes along no more than 64 MiB and one more lie ready.

    Use it as a context manager; no process outlives it, nor the process that made it.

    Args:
        workers: number of processes, at least 1.
        specs: the pixels that each picture shall come with.
        limits: what one picture may cost.
    """

    def __init__(self, workers: int, specs: tuple[InputSpec, ...], limits: Limits) -> None:
        self._specs = specs
        self._limits = limits
        self._count = max(1, workers)
        self._depth = 2 * _BATCH * self._count
        self._inbox: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._large = threading.Lock()
        self._guard = threading.Lock()
        self._workers: set[WorkerProcess] = set()
        self._closing = False
        self._keepers = [
            threading.Thread(target=self._keep, name=f"decode-{number}", daemon=True)
            for number in range(self._count)
        ]

    def __enter__(self) -> DecodePool:
        for keeper in self._keepers:
            keeper.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._guard:
            self._closing = True
            for worker in self._workers:
                worker.kill()
        for _ in self._keepers:
            self._inbox.put(None)
        for keeper in self._keepers:
            keeper.join()

    def run(self, tasks: Iterable[TaskT]) -> Generator[tuple[TaskT, Outcome], None, None]:
        """Decode the files of ``tasks``; outcomes come in any order.

        Tasks are pulled only as workers need them. The generator may be closed at any time.

        Raises:
            LookalikeError: ``decoder-unavailable`` if no worker can be started, or the pool is
                closed.
        """
        run = _Run()
        waiting = held = 0
        try:
            for task in tasks:
                self._inbox.put(_Job(task, run))
                waiting += 1
                held += _weight(task)
                while waiting and (
                    waiting >= self._depth or held > _HELD_BYTES or not run.outbox.empty()
                ):
                    found = self._next(run)
                    waiting -= 1
                    held -= _weight(found[0])
                    yield found
            while waiting:
                yield self._next(run)
                waiting -= 1
        finally:
            run.abandoned = True

    def _next(self, run: _Run) -> tuple[Any, Outcome]:
        while True:
            try:
                found = run.outbox.get(timeout=_POLL_S)
            except queue.Empty:
                if self._closing or not any(keeper.is_alive() for keeper in self._keepers):
                    raise LookalikeError(
                        "The decoding pool is closed.", code="decoder-unavailable"
                    ) from None
                continue
            if isinstance(found, BaseException):
                raise found
            return found

    def _keep(self) -> None:
        worker: WorkerProcess | None = None
        while jobs := self._take():
            try:
                worker = self._work_off(jobs, worker)
            except BaseException as error:  # noqa: BLE001 - belongs to whoever waits for the outcome
                worker = None
                for job in jobs:
                    job.run.outbox.put(error)
        if worker is not None:
            self._drop(worker)

    def _take(self) -> deque[_Job]:
        """A few jobs, but no more than this worker's share of what lies ready."""
        jobs: deque[_Job] = deque()
        share, held = 1, 0
        # A worker reads all bytes of its batch first, lest both sides wait to send.
        while len(jobs) < share and held < _BATCH_BYTES:
            try:
                job = self._inbox.get(block=not jobs)
            except queue.Empty:
                break
            if job is None:
                if jobs:
                    self._inbox.put(None)
                break
            jobs.append(job)
            held += _weight(job.task)
            share = min(_BATCH, 1 + self._inbox.qsize() // self._count)
        return jobs

    def _work_off(self, jobs: deque[_Job], worker: WorkerProcess | None) -> WorkerProcess | None:
        while jobs and not self._closing:
            if jobs[0].run.abandoned:
                jobs.popleft()
                continue
            worker = worker or self._start()
            try:
                worker.ask([_order(job.task) for job in jobs])
                while jobs:
                    outcome = worker.outcome(_order(jobs[0].task), self._large)
                    _deliver(jobs.popleft(), outcome)
            except WorkerLostError as lost:
                self._drop(worker)
                worker = None
                _deliver(jobs.popleft(), lost.error)
            except OSError:
                # It died while it had nothing to do: no picture is to blame.
                self._drop(worker)
                worker = None
        return worker

    def _start(self) -> WorkerProcess:
        try:
            worker = WorkerProcess(self._specs, self._limits)
        except OSError as error:
            raise LookalikeError(
                f"No process for decoding can be started ({error}).",
                "Check the limits on processes, open files and memory.",
                code="decoder-unavailable",
            ) from error
        with self._guard:
            self._workers.add(worker)
            if self._closing:
                worker.kill()
        worker.prepare()
        return worker

    def _drop(self, worker: WorkerProcess) -> None:
        worker.end()
        with self._guard:
            self._workers.discard(worker)


def _order(task: Task) -> Order:
    content, frame = getattr(task, "content", None), getattr(task, "frame", 1)
    specs: tuple[InputSpec, ...] | None = getattr(task, "specs", None)
    if content is None and frame == 1:
        return Order(str(task.path), task.path, specs=specs)
    name = str(getattr(task, "location", task.path))
    return Order(name, task.path if content is None else content, frame, specs)


def _weight(task: Task) -> int:
    content = getattr(task, "content", None)
    return len(content) if isinstance(content, bytes) else 0


def _deliver(job: _Job, outcome: Outcome) -> None:
    job.run.outbox.put((job.task, outcome))
