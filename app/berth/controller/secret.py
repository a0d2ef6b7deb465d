"""The release's Secret: made once, never changed."""

from __future__ import annotations

import base64
import logging
import secrets
import string
from typing import Any

from berth import auth
from berth.controller.api import Api
from berth.errors import ConfigurationError, KubernetesError
from berth.settings import Settings

logger = logging.getLogger(__name__)

COOKIE_SECRET, PASSWORD, CREDENTIALS = "cookie-secret", "password", "credentials"

USER = "admin"
LENGTH = 20
"""Characters of the password."""

EXISTS = 409


async def ensure(api: Api, settings: Settings) -> str:
    """Make the Secret if it is not there, and return the cookie secret in it.

    Raises KubernetesError, and ConfigurationError if there is one without a cookie secret.
    """
    name = f"{settings.release}-secret"
    found = await api.find(f"v1/secrets/{name}") or await _make(api, settings, name)
    data = found.get("data", {})
    for key in _keys(settings):
        if not data.get(key):
            _complain(name, key)
    return base64.b64decode(data[COOKIE_SECRET]).decode().strip()


async def _make(api: Api, settings: Settings, name: str) -> dict[str, Any]:
    owner = await _owner(api, settings)
    content = {COOKIE_SECRET: secrets.token_hex(32)}
    if settings.make_secret == "credentials":  # noqa: S105  (a choice, no secret)
        content |= _login()
    labels = {"app.kubernetes.io/name": "berth", "app.kubernetes.io/instance": settings.release}
    metadata = {"name": name, "labels": labels, "ownerReferences": owner}
    data = {key: base64.b64encode(value.encode()).decode() for key, value in content.items()}
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "data": data}
    try:
        found = await api.create("v1/secrets", body)
    except KubernetesError as error:
        if error.status != EXISTS:
            raise
        return await api.get(f"v1/secrets/{name}")
    logger.info("the Secret %s was made", name)
    return found


async def _owner(api: Api, settings: Settings) -> list[dict[str, str]]:
    """Return the reference by which the Secret goes when the release is uninstalled."""
    name = f"{settings.release}-controller"
    deployment = await api.find(f"apps/v1/deployments/{name}")
    if deployment is None:
        logger.warning("there is no Deployment %s: the Secret will outlive the release", name)
        return []
    return [{"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "uid": deployment["metadata"]["uid"]}]


def _login() -> dict[str, str]:
    password = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(LENGTH))
    return {PASSWORD: password, CREDENTIALS: f"{USER}:{auth.hash_password(password)}\n"}


def _keys(settings: Settings) -> tuple[str, ...]:
    return (CREDENTIALS, COOKIE_SECRET) if settings.make_secret == CREDENTIALS else (COOKIE_SECRET,)


def _complain(name: str, key: str) -> None:
    sentence = (
        f"The Secret {name} has no key {key}: add it, or delete the Secret and then the controller's pod, "
        "which makes a new one and logs everybody out."
    )
    if key == COOKIE_SECRET:
        raise ConfigurationError(sentence)
    logger.error(sentence)
