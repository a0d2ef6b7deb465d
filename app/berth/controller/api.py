"""The connection to the Kubernetes API: JSON in and out. The only module that knows the client library."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

from berth.errors import ConfigurationError, KubernetesError

try:
    import aiohttp
    from kubernetes.aio import config
    from kubernetes.aio.client.api_client import ApiClient
    from kubernetes.aio.client.configuration import Configuration
except ImportError as error:
    raise ConfigurationError(
        f"`berth controller` needs the Kubernetes client ({error.name} is missing): "
        'pip install "panel-berth[kubernetes]"'
    ) from error

logger = logging.getLogger(__name__)

MISSING = 404

FIELD_MANAGER = "berth-controller"

PATIENCE = aiohttp.ClientTimeout(total=5)
"""Seconds for an answer of the API."""

WATCH_SECONDS = 30
"""After so long the API ends a watch, so that one which has died unnoticed is not listened to for long."""

MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"

VERBS = {"GET": "get", "POST": "create", "PATCH": "patch"}

Json = dict[str, Any]


class Api:
    """Calls within one namespace; paths are relative to it, such as ``apps/v1/deployments/web``.

    All raise KubernetesError. What is forbidden is logged once, with the right that is missing. An answer that
    asks for patience (429) is obeyed: until then calls fail without being made.
    """

    def __init__(self, client: ApiClient, namespace: str) -> None:
        self.namespace = namespace
        self.errors: dict[str, int] = {}
        self._client = client
        self._quiet_until = 0.0
        self._missing_rights: set[str] = set()

    @classmethod
    async def connect(cls, namespace: str) -> Api:
        """Read the pod's service account or else the kubeconfig. Raises ConfigurationError."""
        settings = Configuration()
        # Python 3.13 refuses CAs without a key usage, which many a cluster has made for itself.
        settings.disable_strict_ssl_verification = True
        try:
            if "KUBERNETES_SERVICE_HOST" in os.environ:
                config.load_incluster_config(client_configuration=settings)
            else:
                await config.load_kube_config(client_configuration=settings)
        except (config.ConfigException, OSError) as error:
            raise ConfigurationError(
                f"The Kubernetes API cannot be reached: {error}. Run the controller in a pod with a service account, "
                "or set KUBECONFIG to a file that names a cluster."
            ) from error
        return cls(ApiClient(settings), namespace)

    async def close(self) -> None:
        """End all connections."""
        await self._client.close()

    async def get(self, path: str, **query: str) -> Json:
        """Return an object or a list."""
        return await self._call("GET", path, query)

    async def find(self, path: str) -> Json | None:
        """Return an object, or None where there is none."""
        try:
            return await self.get(path)
        except KubernetesError as error:
            if error.status == MISSING:
                return None
            raise

    async def create(self, path: str, body: Json) -> Json:
        """Make an object; ``path`` is that of the list."""
        return await self._call("POST", path, {}, body, "application/json")

    async def merge(self, path: str, body: Json) -> Json:
        """Change the fields that ``body`` names."""
        return await self._call("PATCH", path, {}, body, MERGE)

    async def apply(self, path: str, body: Json) -> Json:
        """Own exactly the fields that ``body`` names, whoever had them before."""
        query = {"fieldManager": FIELD_MANAGER, "force": "true"}
        return await self._call("PATCH", path, query, body, APPLY)

    async def watch(self, path: str, **query: str) -> AsyncIterator[Json]:
        """Yield events until the API ends the watch, which it does after WATCH_SECONDS."""
        query |= {"watch": "true", "allowWatchBookmarks": "true", "timeoutSeconds": str(WATCH_SECONDS)}
        patience = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=WATCH_SECONDS + 5)
        response = await self._send("GET", path, query, None, "application/json", patience)
        try:
            await self._refuse_errors("watch", path, response)
            async for line in response.content:
                event: Json = json.loads(line)
                if event["type"] == "ERROR":
                    raise self._failed(event["object"].get("code", 500), event["object"].get("message", "?"))
                yield event
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise self._failed(0, _words(error)) from error
        finally:
            response.close()

    async def _call(
        self, method: str, path: str, query: Mapping[str, str], body: Json | None = None, kind: str = "application/json"
    ) -> Json:
        response = await self._send(method, path, query, body, kind, PATIENCE)
        verb = "list" if "labelSelector" in query else VERBS[method]
        try:
            await self._refuse_errors(verb, path, response)
            answer: Json = await response.json(content_type=None)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise self._failed(0, _words(error)) from error
        finally:
            response.release()
        self._missing_rights.discard(_right(verb, path))
        return answer

    async def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Json | None,
        kind: str,
        patience: aiohttp.ClientTimeout,
    ) -> aiohttp.ClientResponse:
        quiet = self._quiet_until - time.monotonic()
        if quiet > 0:
            raise KubernetesError(f"The Kubernetes API wants to be left alone for {quiet:.0f} s.", 429)
        version, resource = _split(path)
        root = "apis" if "/" in version else "api"
        request = await self._client.param_serialize(
            method,
            f"/{root}/{version}/namespaces/{self.namespace}/{resource}",
            query_params=list(query.items()),
            header_params={"Content-Type": kind, "Accept": "application/json"},
            body=body,
            auth_settings=["BearerToken"],
        )
        try:
            answer = await self._client.call_api(*request, _request_timeout=patience)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._failed(0, _words(error)) from error
        response: aiohttp.ClientResponse = answer.response
        return response

    async def _refuse_errors(self, verb: str, path: str, response: aiohttp.ClientResponse) -> None:
        if response.status < 300:
            return
        message = _message(await response.text())
        if response.status == 403 and "exceeded quota" not in message:
            self._say_missing(_right(verb, path))
        if response.status == 429:
            self._quiet_until = time.monotonic() + _seconds(response.headers.get("Retry-After", "1"))
        raise self._failed(response.status, message)

    def _say_missing(self, right: str) -> None:
        if right in self._missing_rights:
            return
        self._missing_rights.add(right)
        logger.error("a right is missing: %s in namespace %s; add it to the controller's Role", right, self.namespace)

    def _failed(self, status: int, message: str) -> KubernetesError:
        name = str(status or "none")
        self.errors[name] = self.errors.get(name, 0) + 1
        return KubernetesError(message, status)


def _split(path: str) -> tuple[str, str]:
    """Return API version and the rest: ``v1`` and ``pods``, or ``apps/v1`` and ``deployments/web``."""
    parts = path.split("/")
    length = 1 if parts[0] == "v1" else 2
    return "/".join(parts[:length]), "/".join(parts[length:])


def _right(verb: str, path: str) -> str:
    """Return the right that a call needs, in words: ``patch deployments/scale "web" of apps``."""
    version, rest = _split(path)
    resource, *names = rest.split("/")
    group = version.rpartition("/")[0] or "the core group"
    subresource = "".join(f"/{name}" for name in names[1:])
    # Pods come and go, so that a right names none of them.
    named = f' "{names[0]}"' if names and resource not in ("pods", "events") else ""
    return f"{verb} {resource}{subresource}{named} of {group}"


def _message(text: str) -> str:
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text[:200] or "no reason given"


def _words(error: Exception) -> str:
    return f"The Kubernetes API did not answer: {str(error) or type(error).__name__}"


def _seconds(text: str) -> float:
    return min(float(text), 60.0) if text.isdigit() else 1.0
