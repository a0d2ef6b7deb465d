"""Functions, arguments and results as bytes, and a sentence about what cannot be."""

from __future__ import annotations

import inspect
import pickle
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any

import cloudpickle

from berth.errors import JobFailed

_registering = threading.Lock()
"""Which modules go by value is known to cloudpickle for the whole process."""


def pack_call(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
    """Return a call as bytes. Raises JobFailed with a sentence that names what cannot be sent."""
    with _by_value():
        try:
            return bytes(cloudpickle.dumps((function, args, kwargs)))
        except Exception as error:
            raise JobFailed(_culprit(function, args, kwargs, error)) from error


def unpack_call(call: bytes) -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]:
    """Return what ``pack_call`` was given."""
    found: tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]] = pickle.loads(call)  # noqa: S301  (our own bytes)
    return found


def send(connection: Connection, thing: Any) -> None:
    """Send an object; its large buffers are not copied. Raises whatever pickling it raises, before anything is sent."""
    buffers: list[pickle.PickleBuffer] = []
    head = cloudpickle.dumps(thing, protocol=5, buffer_callback=buffers.append)
    raws = [buffer.raw() for buffer in buffers]
    connection.send_bytes(pickle.dumps([raw.nbytes for raw in raws]))
    connection.send_bytes(head)
    for raw in raws:
        connection.send_bytes(raw)


def receive(connection: Connection) -> Any:
    """Return the next object. Raises EOFError at the end, and whatever unpickling it raises."""
    sizes = pickle.loads(connection.recv_bytes())  # noqa: S301  (from a process that this one has started)
    head = connection.recv_bytes()
    buffers = [bytearray(size) for size in sizes]
    for buffer in buffers:
        connection.recv_bytes_into(buffer)
    return pickle.loads(head, buffers=buffers)  # noqa: S301


@contextmanager
def _by_value() -> Iterator[None]:
    """Send what served scripts define by value: no other process can import them."""
    with _registering:
        scripts = [module for name, module in list(sys.modules.items()) if name.startswith("bokeh_app_")]
        for module in scripts:
            cloudpickle.register_pickle_by_value(module)
        try:
            yield
        finally:
            for module in scripts:
                with suppress(ValueError):
                    cloudpickle.unregister_pickle_by_value(module)


def _culprit(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], error: Exception) -> str:
    way_out = 'make it inside the function, or use kind="thread"'
    name = getattr(function, "__qualname__", repr(function))
    for what, thing in (("the function itself", function), *_named(function, args, kwargs)):
        try:
            cloudpickle.dumps(thing)
        except Exception as reason:
            return f"{name}() cannot be sent to a process because of {what} ({_of_what(thing)}: {reason}): {way_out}."
    return f"{name}() cannot be sent to a process ({error}): {way_out}."


def _named(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    try:
        names = list(inspect.signature(function).parameters)[: len(args)]
    except (TypeError, ValueError):
        names = []
    for index, thing in enumerate(args):
        yield (f"its argument {names[index]!r}" if index < len(names) else f"its argument {index + 1}"), thing
    for key, thing in kwargs.items():
        yield f"its argument {key!r}", thing


def _of_what(thing: Any) -> str:
    return "a function" if inspect.isroutine(thing) else f"of type {type(thing).__name__}"
