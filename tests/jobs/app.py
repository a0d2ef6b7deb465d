"""A dashboard with jobs: one button for each, one view, and the last result."""

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


def starter(function, *args):
    """Return a callback that starts a job and shows it and its result."""

    async def start(event):
        view.job = berth.run(function, *args)
        try:
            result.object = f"result: {await view.job}"
        except (berth.JobFailed, berth.JobCancelled) as error:
            result.object = f"no result: {error}"

    return start


jobs = {
    "Steps": (steps, 20, 0.05),
    "Long": (steps, 600, 0.1),
    "Many": (steps, 10_000, 0),
    "Family": (family,),
    "Fail": (fail,),
    "Killed": (os.kill, 0, 9),
}
buttons = [pn.widgets.Button(name=name, on_click=starter(*call)) for name, call in jobs.items()]
pn.Column(pn.Row(*buttons), view, result, pn.pane.Str(os.environ.get("BERTH_NAME", "no berth"))).servable(title="Jobs")
