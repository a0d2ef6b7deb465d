"""Asks all replicas for their status and all lobbies for their queue, at the same time and over lasting connections."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import aiohttp

from berth.controller.picture import Picture, Place
from berth.controller.pods import FRONT, REPLICA, Pod, Pods
from berth.errors import SupervisorUnreachable
from berth.lobbies import Waiting, read_waiting
from berth.status import Status

logger = logging.getLogger(__name__)

T = TypeVar("T")

QUICK = 0.7
"""Seconds for which a round waits for answers; later ones count in the next round."""

PATIENCE = aiohttp.ClientTimeout(total=3)
"""Seconds until a question is given up and asked again."""

QUEUE_KEPT = 10.0
"""Seconds for which the visitors of a lobby that fell silent still count; then they have found another one."""

Ask = Callable[[Pod], Awaitable[T]]


@dataclass(eq=False)
class Source(Generic[T]):
    """A pod that is asked again and again; ``said`` is its last answer, ``heard`` when that came (monotonic, s)."""

    ask: Ask[T]
    pod: Pod
    said: T | None = None
    heard: float = 0.0
    answers: bool = True
    asked: asyncio.Task[None] | None = field(default=None, repr=False)

    def begin(self) -> asyncio.Task[None]:
        """Ask, or return the question that is under way."""
        if self.asked is None or self.asked.done():
            self.asked = asyncio.create_task(self._ask())
        return self.asked

    async def _ask(self) -> None:
        try:
            self.said = await self.ask(self.pod)
        except (
            aiohttp.ClientError,
            TimeoutError,
            OSError,
            ValueError,
            KeyError,
            TypeError,
            SupervisorUnreachable,
        ) as error:
            # One that is only starting, or ending, may be silent.
            if self.answers and self.pod.ready and not self.pod.terminating:
                logger.warning("%s does not answer: %s", self.pod.name, str(error) or type(error).__name__)
            self.answers = False
            return
        self.heard, self.answers = time.monotonic(), True

    def stop(self) -> None:
        """Give up a question that is under way."""
        if self.asked:
            self.asked.cancel()


class Survey:
    """All pods' answers. ``begin`` needs a running event loop."""

    def __init__(self, pods: Pods) -> None:
        self._pods = pods
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30), timeout=PATIENCE, trust_env=False
        )
        self._replicas: dict[str, Source[Status]] = {}
        self._lobbies: dict[str, Source[tuple[Waiting, ...]]] = {}

    async def close(self) -> None:
        """End all questions and connections."""
        sources: list[Source[Any]] = [*self._replicas.values(), *self._lobbies.values()]
        for source in sources:
            source.stop()
        await self._session.close()

    async def look(self) -> Picture:
        """Ask everybody; who does not answer soon counts with what was said last."""
        began = time.monotonic()
        replicas = _follow(self._replicas, self._pods.of(REPLICA), self._status)
        lobbies = _follow(self._lobbies, self._pods.of(FRONT), self._queue)
        sources: list[Source[Any]] = [*replicas, *lobbies]
        questions = [source.begin() for source in sources if source.pod.running]
        if questions:
            await asyncio.wait(questions, timeout=QUICK)
        places = tuple(_place(source, began) for source in replicas)
        return Picture(places, _union(lobbies), self._complete(replicas, lobbies))

    def _complete(self, replicas: list[Source[Status]], lobbies: list[Source[tuple[Waiting, ...]]]) -> bool:
        sources: list[Source[Any]] = [*replicas, *lobbies]
        ready = (source for source in sources if source.pod.ready and not source.pod.terminating)
        return self._pods.synced and self._pods.reachable and all(source.said is not None for source in ready)

    async def _status(self, pod: Pod) -> Status:
        return Status.from_json(await self._get(pod))

    async def _queue(self, pod: Pod) -> tuple[Waiting, ...]:
        return read_waiting((await self._get(pod))["waiting"])

    async def _get(self, pod: Pod) -> dict[str, Any]:
        host = f"[{pod.host}]" if ":" in pod.host else pod.host
        async with self._session.get(f"http://{host}:{pod.port}/status", raise_for_status=True) as response:
            answer: dict[str, Any] = await response.json()
            return answer


def _follow(sources: dict[str, Source[T]], pods: list[Pod], ask: Ask[T]) -> list[Source[T]]:
    """Keep a source for each of these pods and no others; return them."""
    for name in sources.keys() - {pod.name for pod in pods}:
        sources.pop(name).stop()
    for pod in pods:
        sources.setdefault(pod.name, Source(ask, pod)).pod = pod
    return list(sources.values())


def _place(source: Source[Status], began: float) -> Place:
    if source.said is None:
        return Place(source.pod, None, 0.0)
    return Place(source.pod, source.said, 0.0 if source.heard >= began else time.monotonic() - source.heard)


def _union(lobbies: Iterable[Source[tuple[Waiting, ...]]]) -> tuple[Waiting, ...]:
    """Return everybody who waits, once each, in the order of arrival."""
    now = time.monotonic()
    queues = (source.said for source in lobbies if source.said and now - source.heard < QUEUE_KEPT)
    arrivals: dict[str, Waiting] = {}
    for one in sorted(one for queue in queues for one in queue):
        arrivals.setdefault(one.visitor, one)
    return tuple(arrivals.values())
