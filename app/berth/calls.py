"""Calls of operations ports: JSON over HTTP, signed with the shared key where something is changed."""

from __future__ import annotations

import json
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPRequest

from berth.tickets import Keys

PATIENCE = 3.0
"""Seconds to wait for an answer. Who is called computes nothing, so it answers in milliseconds."""


async def call(keys: Keys, host: str, port: int, path: str, arguments: object = None) -> dict[str, Any]:
    """Return the answer to a GET, or to a signed POST if there are ``arguments``.

    Raises tornado's HTTPClientError, OSError, or ValueError for what is no JSON.
    """
    body = json.dumps(arguments).encode() if arguments is not None else None
    headers = {"Authorization": f"Bearer {keys.sign_call(path, body)}"} if body else {}
    name = f"[{host}]" if ":" in host else host
    request = HTTPRequest(
        f"http://{name}:{port}{path}",
        "POST" if body else "GET",
        headers,
        body,
        connect_timeout=PATIENCE,
        request_timeout=PATIENCE,
    )
    response = await AsyncHTTPClient().fetch(request)
    answer: dict[str, Any] = json.loads(response.body)
    return answer
