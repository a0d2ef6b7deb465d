"""A real OpenID provider on this machine, and what a dishonest one would answer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, urlencode

import jwt
import oidc_provider_mock
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from werkzeug.serving import make_server

from tests.support.client import Browser

Claims = dict[str, Any]

USERS = {
    "ada": {"email": "ada@example.org", "email_verified": True, "name": "Ada Lovelace"},
    "eve": {"email": "eve@elsewhere.example", "email_verified": True},
    "mallory": {"email": "boss@example.org", "email_verified": False},
    "alice": {"email": "alice"},
    "tom": {"email": "tom@example.org", "groups": ["x" * 60 for _ in range(100)]},
}
"""Whom it knows, by what is typed into its page. ``alice`` claims the name of a user with a password."""

MEMBERS = """
import panel as pn
pn.extension(authorize_callback=lambda info: info.get("email", "").endswith("@example.org"))
pn.widgets.Button(name="for members").servable()
pn.widgets.Button(name=f"user: {pn.state.user}").servable()
"""
"""A dashboard that shows some of them their name, and the others nothing."""


class OpenID:
    """``http://HOST:PORT``; ``mend`` changes the claims before they are signed, ``sign`` signs in another way.

    ``name`` is that of its key. ``kept`` holds what was sent to the token's address. ``slow`` delays every answer (s),
    ``status`` fails it.
    """

    def __init__(self, host: str = "localhost") -> None:
        users = [oidc_provider_mock.User(sub=sub, claims=claims) for sub, claims in USERS.items()]
        self._app = oidc_provider_mock.app(user_claims=users, require_client_registration=True)
        self._app.debug = False
        self._key = rsa.generate_private_key(65537, 2048)
        self.forget()
        self._server = make_server(host, 0, self._answer, threaded=True)
        self.url = f"http://{host}:{self._server.server_port}"

    def forget(self) -> None:
        """Be honest again."""
        self.mend: Callable[[Claims], Claims] = lambda claims: claims
        self.sign: Callable[[Claims], str] = self.signed
        self.kept: list[dict[str, list[str]]] = []
        self.slow = 0.0
        self.name = "published"
        self.status = 0

    def __enter__(self) -> OpenID:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def register(self, redirect_uri: str, method: str = "client_secret_basic") -> tuple[str, str]:
        """Register a client for this way back; returns its id and secret."""
        wished = {"redirect_uris": [redirect_uri], "token_endpoint_auth_method": method}
        made = requests.post(f"{self.url}/oauth2/clients", json=wished, timeout=10).json()
        return made["client_id"], made["client_secret"]

    def approve(self, address: str, sub: str) -> str:
        """Log in at the provider's page as ``sub``; returns where it sends the browser."""
        answer = requests.post(address, data={"sub": sub}, allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text[:2000]
        return answer.headers["Location"]

    def signed(self, claims: Claims) -> str:
        """Return an ID token signed with the key that the provider publishes."""
        return jwt.encode(claims, self._key, "RS256", headers={"kid": "published"})

    def hs256(self, claims: Claims) -> str:
        """Return one that is signed with the public key as if it were a password, the oldest trick."""
        modulus = json.dumps(RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)).encode()
        head, body = (
            base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
            for part in ({"alg": "HS256", "kid": "published"}, claims)
        )
        signature = hmac.new(modulus, head + b"." + body, hashlib.sha256).digest()
        return (head + b"." + body + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()

    def stolen(self, claims: Claims) -> str:
        """Return one signed with a key that says it is the published one."""
        return jwt.encode(claims, rsa.generate_private_key(65537, 2048), "RS256", headers={"kid": "published"})

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        time.sleep(self.slow)
        path = environ["PATH_INFO"]
        if self.status and path == "/oauth2/token":
            start_response(f"{self.status} Broken", [("Content-Type", "text/html")])
            return [b"<h1>Sorry</h1>"]
        if path == "/oauth2/token":
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            self.kept.append(parse_qs(body.decode()))
            environ["wsgi.input"] = io.BytesIO(body)
        if path not in ("/oauth2/token", "/jwks"):
            return self._app(environ, start_response)  # type: ignore[no-any-return]
        said: list[Any] = []
        parts = self._app(environ, lambda *head: said.extend(head))
        content = json.loads(b"".join(parts))
        changed = json.dumps(self._with_our_key(content)).encode()
        headers = [(name, value) for name, value in said[1] if name.lower() != "content-length"]
        start_response(said[0], [*headers, ("Content-Length", str(len(changed)))])
        return [changed]

    def _with_our_key(self, content: dict[str, Any]) -> dict[str, Any]:
        if "keys" in content:
            public = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
            return {"keys": [*content["keys"], {**public, "kid": self.name, "use": "sig", "alg": "RS256"}]}
        if "id_token" in content:
            claims = jwt.decode(content["id_token"], options={"verify_signature": False})
            return {**content, "id_token": self.sign(self.mend(claims))}
        return content


def begin(browser: Browser, target: str) -> str:
    """Press the login page's button; returns the address of the provider's page."""
    answer = browser.page(f"/login/oauth?{urlencode({'next': target})}", allow_redirects=False)
    assert answer.status_code == 303, answer.text[:1000]
    return answer.headers["Location"]


def arrive(browser: Browser, callback: str) -> requests.Response:
    """Come back from the provider; follows nothing."""
    headers = {"Accept": "text/html", "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}
    return browser.http.get(callback, headers=headers, allow_redirects=False, timeout=30)
