"""How long a round takes with many replicas, and how much memory the controller then has.

``python -m tests.controller.thousand [REPLICAS] [ROUNDS]``. The replicas, lobbies and the API are in another process.
"""

from __future__ import annotations

import asyncio
import json
import logging
import multiprocessing
import statistics
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.configuration import Configuration
from tornado.httpclient import AsyncHTTPClient

from berth.controller import controller
from berth.controller.api import Api
from berth.controller.controller import Controller
from berth.settings import Settings
from tests.controller.cluster import NAMESPACE, RELEASE, FakeCluster, served
from tests.controller.town import House, Town
from tests.controller.world import KEYS, SECRET
from tests.lobby.supervisor import free_port


class Supervisor(asyncio.Protocol):
    """Answers every request with the status of the address that is called, at next to no cost."""

    def __init__(self, answers: dict[str, bytes]) -> None:
        self._answers = answers

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Prepare the answer."""
        assert isinstance(transport, asyncio.Transport)
        body = self._answers[transport.get_extra_info("sockname")[0]]
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport, self._answer = transport, head.encode() + body

    def data_received(self, data: bytes) -> None:
        """Answer; a request fits into one packet."""
        self._transport.write(self._answer)


def surroundings(replicas: int, pipe: Connection) -> None:
    """Serve everything around the controller until killed."""
    controller._allow_connections()
    asyncio.run(_serve(replicas, pipe))


async def _serve(replicas: int, pipe: Connection) -> None:
    cluster = FakeCluster(free_port(), replicas=replicas).with_autoscaler()
    town, port, supervisors = Town(KEYS), free_port(), free_port()
    answers = {}
    for number in range(replicas):
        house = House(visitors=[f"visitor-{number}"] * (number % 4 > 0))
        answers[cluster.host(cluster.add_pod(port=supervisors))] = json.dumps(house.answer).encode()
    await asyncio.get_running_loop().create_server(lambda: Supervisor(answers), "0.0.0.0", supervisors, backlog=4096)
    for _ in range(2):
        town.houses[cluster.host(cluster.add_pod("front"))].waiting = [(f"w{number}", 1.0) for number in range(50)]
    async with served(cluster.application(), "127.0.0.1", port), served(town.application(), "0.0.0.0", cluster.port):
        pipe.send((port, cluster.port))
        await asyncio.sleep(10**6)


async def measure(replicas: int, rounds: int, api_port: int, port: int) -> None:
    """Run rounds one after the other and print what they take."""
    logging.basicConfig(level="WARNING")
    controller._allow_connections()
    AsyncHTTPClient.configure(None, max_clients=controller.MOST_CALLS)
    api = Api(ApiClient(Configuration(host=f"http://127.0.0.1:{api_port}")), NAMESPACE)
    options = {"namespace": NAMESPACE, "release": RELEASE, "max_berths": 1, "max_replicas": 1000}
    one = Controller(Settings.load({"COOKIE_SECRET": SECRET}, **options, operations_port=port), api)
    lengths: list[float] = []
    one.metrics.rounds.observe = lengths.append  # type: ignore[method-assign]
    task = asyncio.create_task(one.run())
    marks, used = {}, time.process_time()
    while len(lengths) < rounds and not task.done():
        await asyncio.sleep(0.5)
        marks.setdefault(len(lengths) // 50 * 50, memory())
    used = time.process_time() - used
    task.cancel()
    await asyncio.wait([task])
    await api.close()
    steady = sorted(lengths[20:])
    print(f"{replicas} replicas, {len(lengths)} rounds: median {statistics.median(steady):.3f} s,")
    print(f"99 of 100 below {steady[int(len(steady) * 0.99)]:.3f} s, longest of all {max(lengths):.3f} s;")
    print(f"CPU {used / len(lengths):.3f} s a round; memory (MiB) after so many rounds: {marks}")


def memory() -> int:
    """Return this process' resident memory in MiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 // 2**20


def main() -> None:
    """Start the surroundings, measure, and end them."""
    replicas, rounds = (int(text) for text in (sys.argv[1:] + ["1000", "300"][len(sys.argv) - 1 :]))
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=surroundings, args=(replicas, theirs), daemon=True)
    process.start()
    asyncio.run(measure(replicas, rounds, *ours.recv()))
    process.kill()


if __name__ == "__main__":
    main()
