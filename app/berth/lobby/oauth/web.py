"""Asks the provider's servers, without ever blocking the lobby or its calls to supervisors."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

from tornado.httpclient import AsyncHTTPClient, HTTPError

PATIENCE = 10.0
"""Seconds for an answer."""

MOST_CALLS = 20
"""Calls at the same time; more wait, and give up after the same time."""

LARGEST_ANSWER = 2**20

HEADERS = {"Accept": "application/json", "User-Agent": "Berth"}


class Unanswered(Exception):
    """No answer that could be used; the text says why, without secrets."""


class Web:
    """A client of its own, so that a slow provider holds up nothing but logins."""

    def __init__(self) -> None:
        self._client = AsyncHTTPClient(force_instance=True, max_clients=MOST_CALLS, max_body_size=LARGEST_ANSWER)

    async def get(self, url: str, bearer: str = "") -> dict[str, Any]:
        """Return the JSON object at ``url``. Raises Unanswered."""
        return await self._ask(url, {"Authorization": f"Bearer {bearer}"} if bearer else {}, None)

    async def post(self, url: str, form: dict[str, str], basic: tuple[str, str] | None) -> dict[str, Any]:
        """Send a form, with user and password for HTTP's own login if ``basic`` is given. Raises Unanswered."""
        return await self._ask(url, {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(form), basic)

    async def _ask(
        self, url: str, headers: dict[str, str], body: str | None, basic: tuple[str, str] | None = None
    ) -> dict[str, Any]:
        where = f"{urlsplit(url).netloc}{urlsplit(url).path}"
        user, password = basic or (None, None)
        try:
            answer = await self._client.fetch(
                url,
                raise_error=False,
                method="GET" if body is None else "POST",
                headers={**HEADERS, **headers},
                body=body,
                auth_username=user,
                auth_password=password,
                connect_timeout=PATIENCE,
                request_timeout=PATIENCE,
                follow_redirects=False,
            )
        except (HTTPError, OSError, ValueError) as error:
            raise Unanswered(f"{where}: {error}") from error
        return _object(where, answer.code, answer.body)


def _object(where: str, code: int, body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if code != 200 or not isinstance(found, dict) or "error" in found:
        problem = found.get("error") if isinstance(found, dict) else ""
        raise Unanswered(f"{where} answered {code} {str(problem or '')[:80]!r}")
    return found
