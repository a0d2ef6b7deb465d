"""The parts of the benchmark. To add one: a function like the others' ``measure``, and an entry here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from loadtests.bench import crowd, idle, isolation, jobs, latency, memory, seats, start, weight
from loadtests.bench.figures import DISTURBED, Row
from loadtests.bench.progress import Progress


@dataclass(frozen=True)
class Part:
    """One part: ``measure`` takes a number of tries, of which ``tries`` are usual. ``reading`` explains its table.

    It takes about ``fixed`` seconds and so many ``each`` for every try.
    """

    title: str
    measure: Callable[[int, Progress], Iterator[Row]]
    tries: int
    fixed: float
    each: float
    reading: str

    def seconds(self, tries: int) -> float:
        """Return about how long so many tries take."""
        return self.fixed + self.each * tries


PARTS: dict[str, Part] = {
    "isolation": Part(
        "Beside a heavy neighbour",
        isolation.measure,
        5,
        20,
        135,
        f"""
A visitor does a quick task of {isolation.QUICK:g} s, or opens a page, while another visitor's task of
{isolation.HEAVY:g} s runs. A figure is the time beside the neighbour ÷ the time alone just before, so that 1
means that the neighbour is not noticed. In brackets: in how many tries it took at least {DISTURBED:g} s longer than
alone.

- Threads help where a task sleeps. A lock, the GIL and a blocked event loop are in the way with threads, too; a page
  that takes no lock opens beside one that does.
- With `--num-procs 4` it depends on the process that the kernel gives to each connection. Who shares a process
  waits as long as with plain `panel serve`; who does not, does not, so that these figures differ from run to run.
  A newcomer's page is opened by another one, since a blocked process takes no connections; but somebody who is there
  already stays where they are.
- Well-behaved async disturbs nobody, whoever serves it: here Berth gains nothing.
- Berth gives every visitor a process, not a core. Where more tasks compute than there are cores they share
  them, and the system does that, not Berth.
""",
    ),
    "latency": Part(
        "Clicks and pages with nobody else there",
        latency.measure,
        6,
        13,
        12,
        """
The time from a click to its answer, and from the request for a page until the server confirms that the document
is open. A figure is the median ÷ that of `panel serve`. Berth is faster because its WebSockets do not wait for
delayed acknowledgements, not because anything is computed faster: on a network, the time on the way comes on
top for all of them alike, and a callback takes as long as it takes.
""",
    ),
    "weight": Part(
        "Loading a page",
        weight.measure,
        1,
        15,
        0,
        """
What a real browser transfers for a plain page, with an empty cache and once more. Berth compresses files and lets the
browser keep them; a reverse proxy in front of `panel serve` can be taught to compress, too. Threads and processes
change nothing here, except that with `--num-procs` a page whose WebSocket reaches another process than the page did
asks `cdn.holoviz.org` for its styles.
""",
    ),
    "memory": Part(
        "Memory",
        memory.measure,
        1,
        90,
        0,
        f"""
All processes of a system are looked at before and after {memory.VISITORS} visitors have opened a page. PSS
divides what processes share among them, so that its sum is what the machine must have; USS is what nobody else
shares. A figure is MiB ÷ what a whole `panel serve` takes, which is the price of a process of one's own without
Berth.

This is what Berth costs: with `panel serve` another visitor is another session, which takes next to nothing;
with Berth it is another process. A spare berth takes memory while nobody uses it. Data that all visitors read
should be loaded by a module that `BERTH_PRELOAD` names: then it is there once. Without that every visitor loads
a copy, as the last lines show, and with `--num-procs` every process does.
""",
    ),
    "seats": Part(
        "Newcomers",
        seats.measure,
        10,
        15,
        5,
        """
A newcomer who has logged in opens a page: the lobby finds a seat, the router leads there, the page comes. The
baseline is a newcomer of `panel serve`, who needs no seat. Without a spare (`BERTH_SPARE=0`, or when more
people come at once than there are spares) a berth is forked first, and the newcomer sees the waiting room
meanwhile: that is slower than `panel serve`. The last line compares newcomers of Berth while another visitor's
page blocks with those while none does.
""",
    ),
    "start": Part(
        "Start",
        start.measure,
        6,
        0,
        18,
        """
From the command to the first page that is open. `berth up` starts more processes than `panel serve` does. A
fresh berth is forked from a process that has imported Panel already; it is compared with the start of a `panel
serve`.
""",
    ),
    "idle": Part(
        "Nobody there",
        idle.measure,
        1,
        40,
        0,
        """
The processor's time that all processes take while nobody is there. Berth has more processes and listens to the
heartbeat of each berth, so it takes more than `panel serve`.
""",
    ),
    "jobs": Part(
        "Jobs",
        jobs.measure,
        9,
        10,
        5,
        """
Heavy work that a dashboard hands to `berth.run`: how soon it begins, whether its reports disturb the page, and how soon
all its processes are gone when nobody wants it any more. Such a job has two children of its own, one of which has left
its process group.
""",
    ),
    "crowd": Part(
        "Beside jobs of others",
        crowd.measure,
        20,
        15,
        2.5,
        """
Visitors of the Explorer compute confidence intervals again and again, on all cores, while somebody else does a quick
task. Jobs run with the lowest priority, so that pages come first.
""",
    ),
}
