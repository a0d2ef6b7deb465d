"""Whether the machine that played the visitors was quick enough to be believed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from loadtests.report.columns import Client, Floats
from loadtests.report.percentiles import percentile
from loadtests.report.run import Run

BUSY, WINDOW = 0.9, 10.0
"""Share of a core on average over so many seconds from which on a client process is too busy."""

IDLE = 0.5
"""Share of a core up to which a process that is late lacks a core to run on, and not the time to do its work."""

LATE = 0.05
"""Delay (s) of the event loop that a client process may exceed in one second of twenty."""


@dataclass(frozen=True)
class ClientFigures:
    """The processes that played the visitors.

    ``cpu`` is the share of a core that one used on average, ``cpu_peak`` the most
    of any over 10 s; ``delay_p95`` and ``delay_max`` are of the worst event loop (s);
    ``sessions_per_core`` is how many open pages a fully used core would have carried.
    ``bottleneck`` is a sentence if a process was too slow, so that what was measured
    is partly its own delay; else it is empty.
    """

    workers: int = 0
    cpu: float | None = None
    cpu_peak: float | None = None
    delay_p95: float | None = None
    delay_max: float | None = None
    sessions_per_core: float | None = None
    bottleneck: str = ""


@dataclass(frozen=True)
class _Worker:
    """One process."""

    name: str
    cpu: float
    busiest: float
    late: float
    latest: float


def client(run: Run) -> ClientFigures:
    """Return the figures of the client, all None if it was not watched."""
    if not run.client.at.size:
        return ClientFigures()
    workers = list(_workers(run.client))
    return ClientFigures(
        workers=len(workers),
        cpu=float(run.client.cpu.mean()),
        cpu_peak=max(worker.busiest for worker in workers),
        delay_p95=max(worker.late for worker in workers),
        delay_max=max(worker.latest for worker in workers),
        sessions_per_core=_per_core(run.client),
        bottleneck=next(filter(None, map(_bottleneck, workers)), ""),
    )


def _workers(client: Client) -> Iterator[_Worker]:
    for number, name in enumerate(client.workers):
        mine = np.flatnonzero(client.worker == number)
        mine = mine[np.argsort(client.at[mine], kind="stable")]
        cpu, delays = client.cpu[mine], np.sort(client.delay[mine])
        busiest = _busiest(client.at[mine], cpu)
        yield _Worker(name, float(cpu.mean()), busiest, percentile(delays, 95), percentile(delays, 100))


def _busiest(at: Floats, cpu: Floats) -> float:
    """Return the largest mean over a window; of a shorter run, the mean of all."""
    sums = np.concatenate([[0.0], np.cumsum(cpu)])
    # A sample tells of the second before it.
    begins = np.searchsorted(at, at - WINDOW + 0.5, "left")
    ends = np.arange(1, at.size + 1)
    whole = at - at[0] >= WINDOW - 1.5
    if not whole.any():
        return float(cpu.mean())
    means = (sums[ends] - sums[begins]) / (ends - begins)
    return float(means[whole].max())


def _per_core(client: Client) -> float | None:
    working = client.sessions > 0
    cores = client.cpu[working].sum()
    return float(client.sessions[working].sum() / cores) if cores else None


def _bottleneck(worker: _Worker) -> str:
    if worker.busiest >= BUSY:
        what = f"used {worker.busiest:.2f} of a core over {WINDOW:.0f} s ({BUSY:g} is too much)"
    elif worker.late > LATE:
        late, much = (f"{1000 * seconds:.0f} ms" for seconds in (worker.late, LATE))
        what = f"was late by {late} or more in one second of twenty ({much} is too much)"
    else:
        return ""
    way_out = (
        "It computed little and waited for a core: run it on another machine."
        if worker.busiest < IDLE
        else "Use more client processes, or fewer visitors."
    )
    return (
        f"The client was the bottleneck: its process {worker.name} {what}, "
        f"so that these durations are partly its own. {way_out}"
    )
