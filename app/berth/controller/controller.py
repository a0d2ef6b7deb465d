"""The controller's life: start, a round every second, end."""

from __future__ import annotations

import asyncio
import logging
import resource
import signal
import time
from contextlib import suppress

from tornado.httpclient import AsyncHTTPClient

from berth.controller import operations, secret
from berth.controller.api import Api
from berth.controller.metrics import Metrics
from berth.controller.picture import Picture
from berth.controller.pods import Pods
from berth.controller.publisher import Publisher
from berth.controller.scaler import Scaler
from berth.controller.survey import Survey
from berth.errors import KubernetesError
from berth.lobbies import News, Replica
from berth.settings import Settings
from berth.tickets import Keys

logger = logging.getLogger(__name__)

ROUND = 1.0
"""Seconds from the begin of a round to that of the next."""

STEP = 15.0
"""Seconds that a step of the scaler may take."""

STALE = 60.0
"""Seconds without the end of a round after which the controller should be restarted."""

MOST_CALLS = 100
"""Signed calls at the same time."""


class Controller:
    """Looks, tells and acts. ``picture`` is of the last round."""

    def __init__(self, settings: Settings, api: Api) -> None:
        self.settings = settings
        self.api = api
        self.metrics = Metrics()
        self.picture: Picture | None = None
        self.scaler: Scaler | None = None
        self._beat = time.monotonic()
        self._step: asyncio.Task[None] | None = None
        self._failing = False

    @property
    def alive(self) -> bool:
        """Whether rounds end, or the start is still being tried."""
        return time.monotonic() - self._beat < STALE

    async def run(self) -> None:
        """Run for ever. Raises ConfigurationError if the Secret is no use."""
        keys = Keys(await self._cookie_secret())
        pods = Pods(self.api, self.settings.release, self.settings.operations_port)
        self.scaler = Scaler(self.settings, self.api, keys)
        survey, publisher = Survey(pods), Publisher(pods, keys)
        watching = asyncio.create_task(pods.follow())
        try:
            while True:
                began = time.monotonic()
                await self._round(self.scaler, survey, publisher, pods)
                self._beat = time.monotonic()
                self.metrics.rounds.observe(self._beat - began)
                # Whoever watches the pods must not have died unnoticed.
                if watching.done():
                    watching.result()
                await asyncio.sleep(max(began + ROUND - time.monotonic(), 0))
        finally:
            watching.cancel()
            if self._step:
                self._step.cancel()
            await publisher.close()
            await survey.close()

    async def _round(self, scaler: Scaler, survey: Survey, publisher: Publisher, pods: Pods) -> None:
        self.picture = picture = await survey.look()
        if pods.synced:
            publisher.publish(self._news(scaler, picture))
        self.metrics.show(picture, scaler.target, scaler.bounds.seats)
        # The API may be slow or away; looking and telling go on meanwhile.
        if pods.synced and (self._step is None or self._step.done()):
            self._step = asyncio.create_task(self._act(scaler, picture))

    def _news(self, scaler: Scaler, picture: Picture) -> News:
        newest = scaler.revision(picture)
        running = [place.pod for place in picture.places if place.pod.running]
        replicas = tuple(Replica(pod.host, pod.port, pod.revision == newest) for pod in running)
        return News(replicas, picture.waiting, *scaler.outlook(picture))

    async def _act(self, scaler: Scaler, picture: Picture) -> None:
        try:
            async with asyncio.timeout(STEP):
                await scaler.act(picture)
        except (KubernetesError, TimeoutError) as error:
            if not self._failing:
                logger.warning("a step was not done: %s", str(error) or "it took too long")
            self._failing = True
        except Exception:
            # Whatever is wrong with one step, lobbies still need the news.
            logger.exception("a step failed")
        else:
            self._failing = False

    async def _cookie_secret(self) -> str:
        """Return the secret that all roles share, making it if that is asked for; waits for the API."""
        while self.settings.make_secret != "none":  # noqa: S105  (a choice, no secret)
            try:
                return await secret.ensure(self.api, self.settings)
            except KubernetesError as error:
                logger.warning("the Secret cannot be made or read yet: %s", error)
            self._beat = time.monotonic()
            await asyncio.sleep(ROUND)
        return self.settings.cookie_secret


async def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT. Raises ConfigurationError."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    AsyncHTTPClient.configure(None, max_clients=MOST_CALLS)
    _allow_connections()
    api = await Api.connect(settings.namespace)
    controller = Controller(settings, api)
    server = operations.listen(controller)
    running = asyncio.create_task(controller.run())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
    finally:
        running.cancel()
        stopping.cancel()
        with suppress(asyncio.CancelledError):
            await running
        server.stop()
        await api.close()


def _allow_connections() -> None:
    """Raise the limit of open files: a connection is kept to every replica."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
