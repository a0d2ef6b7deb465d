"""Tells every lobby the news, each for itself, so that a slow one does not hold up the others."""

from __future__ import annotations

import asyncio
import logging

from berth.controller.pods import FRONT, Pod, Pods
from berth.errors import LobbyUnreachable
from berth.lobbies import Lobby, News
from berth.tickets import Keys

logger = logging.getLogger(__name__)


class Publisher:
    """Tells all lobbies. One that still hears the last news hears the next in a later round."""

    def __init__(self, pods: Pods, keys: Keys) -> None:
        self._pods = pods
        self._keys = keys
        self._telling: dict[str, asyncio.Task[None]] = {}
        self._deaf: set[str] = set()

    def publish(self, news: News) -> None:
        """Begin to tell every lobby that runs."""
        lobbies = {pod.name: pod for pod in self._pods.of(FRONT) if pod.running}
        self._deaf &= lobbies.keys()
        self._telling = {name: task for name, task in self._telling.items() if not task.done()}
        for name, pod in lobbies.items():
            if name not in self._telling:
                self._telling[name] = asyncio.create_task(self._tell(pod, news))

    async def close(self) -> None:
        """Leave off."""
        for task in self._telling.values():
            task.cancel()

    async def _tell(self, pod: Pod, news: News) -> None:
        try:
            await Lobby(pod.host, pod.port, self._keys).tell(news)
        except LobbyUnreachable as error:
            if pod.ready and not pod.terminating and pod.name not in self._deaf:
                logger.warning("%s does not hear the news: %s", pod.name, error)
            self._deaf.add(pod.name)
        else:
            self._deaf.discard(pod.name)
