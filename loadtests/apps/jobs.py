"""A dashboard with jobs: one button for each, one view, and the last result."""

import asyncio
import os
import subprocess
import time

import panel as pn

import berth

pn.extension()

view = berth.JobView()
result = pn.pane.Str("no result yet")


def steps(count, pause):
    """Functions of the script itself need no module."""
    for step in range(count):
        berth.report_progress(step / count, f"step {step} of {count} in {os.getpid()}")
        time.sleep(pause)
    return f"{count} steps"


def family():
    """Start children in and out of the group."""
    pids = [os.getpid()]
    pids += [subprocess.Popen(["sleep", "60"]).pid, subprocess.Popen(["sleep", "60"], start_new_session=True).pid]
    berth.report_progress(0.1, "family " + ",".join(str(pid) for pid in pids) + ".")
    time.sleep(60)


def fail():
    """Raise something with characters that mean something in HTML."""
    raise ValueError("no column <b>prize</b>")


def arrive(called):
    """Return how long it took to get here (ms)."""
    return f"{1000 * (time.time() - called):.1f} ms to start"


def compute(reports):
    """Keep a core busy for a second, and report so many times meanwhile."""
    began = time.monotonic()
    for number in range(10_000):
        if number < reports:
            berth.report_progress(number / reports, f"report {number}")
        while time.monotonic() - began < number / 10_000:
            pass


async def delay_until(over):
    """Return by how much (ms) this event loop was late at most, until the future ``over`` is done."""
    worst = 0.0
    while not over.done():
        asked = time.perf_counter()
        await asyncio.sleep(0.001)
        worst = max(worst, time.perf_counter() - asked - 0.001)
    return f"{1000 * worst:.1f} ms late at most"


def starter(function, *args):
    """Return a callback that starts a job and shows it and its result."""

    async def start(event):
        view.job = berth.run(function, *args)
        try:
            result.object = f"result: {await view.job}"
        except (berth.JobFailed, berth.JobCancelled) as error:
            result.object = f"no result: {error}"

    return start


async def start_now(event):
    """Show how long a job takes to start."""
    result.object = f"{event.new}: {await berth.run(arrive, time.time())}"


def listener(reports):
    """Return a callback that shows how late the event loop is while a job computes."""

    async def listen(event):
        view.job = berth.run(compute, reports)
        late = await delay_until(asyncio.ensure_future(ended(view.job)))
        # Named, since the same text as before would be no change, and nothing would come.
        result.object = f"{event.obj.name} {event.new}: {late}, the bar at {view.job.progress:.0%}"

    return listen


async def ended(job):
    """Wait for a job."""
    await job


jobs = {
    "Steps": (steps, 20, 0.05),
    "Long": (steps, 600, 0.1),
    "Many": (steps, 10_000, 0),
    "Family": (family,),
    "Fail": (fail,),
    "Killed": (os.kill, 0, 9),
}
buttons = [pn.widgets.Button(name=name, on_click=starter(*call)) for name, call in jobs.items()]
buttons += [
    pn.widgets.Button(name="Nothing", on_click=lambda event: setattr(result, "object", f"{event.new}: nothing to do")),
    pn.widgets.Button(name="Start", on_click=start_now),
    pn.widgets.Button(name="Report", on_click=listener(10_000)),
    pn.widgets.Button(name="Silent", on_click=listener(0)),
]
pn.Column(pn.Row(*buttons), view, result, pn.pane.Str(os.environ.get("BERTH_NAME", "no berth"))).servable(title="Jobs")
