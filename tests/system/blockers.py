"""A dashboard with twenty ways to block its event loop, chosen by ``?way=NAME``, and five that do not.

The line that blocks ends with ``# here``.
"""

import asyncio
import fcntl
import hashlib
import os
import queue
import re
import select
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import panel as pn

pn.extension()

SECONDS = 1.5


def held_lock() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    threading.Timer(SECONDS, lock.release).start()
    return lock


def sleep() -> None:
    time.sleep(SECONDS)  # here


def lock() -> None:
    held_lock().acquire()  # here


def loop() -> None:
    [number % 7 for number in range(25_000_000)]  # here


def event() -> None:
    threading.Event().wait(SECONDS)  # here


def queue_get() -> None:
    try:
        queue.Queue().get(timeout=SECONDS)  # here
    except queue.Empty:
        pass


def join() -> None:
    thread = threading.Thread(target=time.sleep, args=(SECONDS,))
    thread.start()
    thread.join()  # here


def future() -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(time.sleep, SECONDS).result()  # here


def process() -> None:
    subprocess.run(["sleep", str(SECONDS)], check=True)  # here


def pipe() -> None:
    read, write = os.pipe()
    threading.Timer(SECONDS, os.write, (write, b"x")).start()
    os.read(read, 1)  # here


def network() -> None:
    ours, theirs = socket.socketpair()
    threading.Timer(SECONDS, theirs.send, (b"x",)).start()
    ours.recv(1)  # here


def selecting() -> None:
    select.select([], [], [], SECONDS)  # here


def database() -> None:
    steps = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 12000000) SELECT max(i) FROM n"
    sqlite3.connect(":memory:").execute(steps).fetchone()  # here


def regex() -> None:
    re.match(r"(a+)+$", "a" * 25 + "b")  # here


def integers() -> None:
    pow(3, 9_000_000)  # here


def total() -> None:
    sum(range(90_000_000))  # here


def digest() -> None:
    hashlib.pbkdf2_hmac("sha256", b"x", b"y", 3_000_000)  # here


def arrays() -> None:
    np.sort(np.random.default_rng(0).random(25_000_000))  # here


def file_lock() -> None:
    with tempfile.NamedTemporaryFile() as first, open(first.name) as second:
        fcntl.flock(first, fcntl.LOCK_EX)
        threading.Timer(SECONDS, fcntl.flock, (first, fcntl.LOCK_UN)).start()
        fcntl.flock(second, fcntl.LOCK_EX)  # here


async def asleep() -> None:
    time.sleep(SECONDS)  # here


async def acall() -> None:
    subprocess.run(["sleep", str(SECONDS)], check=True)  # here


BLOCKING = {
    function.__name__: function
    for function in (
        sleep,
        lock,
        loop,
        event,
        queue_get,
        join,
        future,
        process,
        pipe,
        network,
        selecting,
        database,
        regex,
        integers,
        total,
        digest,
        arrays,
        file_lock,
        asleep,
        acall,
    )
}


async def clean_sleep() -> None:
    await asyncio.sleep(SECONDS)


async def clean_thread() -> None:
    await asyncio.to_thread(time.sleep, SECONDS)


async def clean_process() -> None:
    await (await asyncio.create_subprocess_exec("sleep", str(SECONDS))).wait()


def clean_quick() -> None:
    time.sleep(0.1)


def clean_daemon() -> None:
    threading.Thread(target=time.sleep, args=(SECONDS,), daemon=True).start()


CLEAN = {
    function.__name__: function for function in (clean_sleep, clean_thread, clean_process, clean_quick, clean_daemon)
}

way = pn.state.session_args.get("way", [b""])[0].decode()
done = pn.pane.Str("running")


async def run() -> None:
    function = {**BLOCKING, **CLEAN}[way]
    result = function()
    if asyncio.iscoroutine(result):
        await result
    done.object = f"{way} is done"


if way:
    pn.state.onload(run)
pn.Column(done).servable()
