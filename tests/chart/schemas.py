"""Writes the schemas by which kubeconform checks what the chart renders: `python -m tests.chart.schemas [CRD.yaml …]`.

Those of Kubernetes' own kinds come from the cluster that kubectl reaches, the others from the definitions (CRDs) named.
Every object in them is closed, so that a misspelt field is found.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "schemas"

KINDS = (
    ("", "v1", "ConfigMap"),
    ("", "v1", "Pod"),
    ("", "v1", "Secret"),
    ("", "v1", "Service"),
    ("", "v1", "ServiceAccount"),
    ("", "v1", "Namespace"),
    ("apps", "v1", "Deployment"),
    ("batch", "v1", "Job"),
    ("autoscaling", "v2", "HorizontalPodAutoscaler"),
    ("networking.k8s.io", "v1", "Ingress"),
    ("networking.k8s.io", "v1", "NetworkPolicy"),
    ("policy", "v1", "PodDisruptionBudget"),
    ("rbac.authorization.k8s.io", "v1", "Role"),
    ("rbac.authorization.k8s.io", "v1", "RoleBinding"),
)
"""Group, version and kind of what is rendered."""

ANY_NUMBER = {"type": ["string", "number"]}
SPECIAL = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": ANY_NUMBER,
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": ANY_NUMBER,
}
"""What the API takes in more forms than its description says."""

Schema = dict[str, Any]


def main() -> None:
    """Write all of them."""
    FOLDER.mkdir(exist_ok=True)
    described = subprocess.run(["kubectl", "get", "--raw", "/openapi/v2"], check=True, capture_output=True).stdout
    definitions: dict[str, Schema] = json.loads(described)["definitions"]
    for group, version, kind in KINDS:
        write(group, version, kind, closed(definition(definitions, group, version, kind), definitions))
    for path in sys.argv[1:]:
        resource = yaml.safe_load(Path(path).read_text(encoding="utf-8"))["spec"]
        (served,) = [version for version in resource["versions"] if version["storage"]]
        schema = closed(served["schema"]["openAPIV3Schema"], definitions)
        schema["properties"]["metadata"] = closed(
            {"$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}, definitions
        )
        write(resource["group"], served["name"], resource["names"]["kind"], schema)


def write(group: str, version: str, kind: str, schema: Schema) -> None:
    """Write one, under the name that kubeconform looks for."""
    name = "-".join(filter(None, (kind.lower(), group.partition(".")[0], version)))
    text = json.dumps(schema, separators=(",", ":"), sort_keys=True)
    (FOLDER / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


def definition(definitions: dict[str, Schema], group: str, version: str, kind: str) -> Schema:
    """Return the definition of a kind."""
    wanted = {"group": group, "version": version, "kind": kind}
    return next(one for one in definitions.values() if wanted in one.get("x-kubernetes-group-version-kind", ()))


def closed(schema: Schema, definitions: dict[str, Schema]) -> Schema:
    """Return the schema without words and references, and with no field allowed that it does not name."""
    if reference := schema.get("$ref"):
        name = reference.rpartition("/")[2]
        return SPECIAL.get(name) or closed(definitions[name], definitions)
    if schema.get("x-kubernetes-int-or-string"):
        return ANY_NUMBER
    result = dict(_kept(schema, definitions))
    if "properties" in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
        result["additionalProperties"] = False
    return result


def _kept(schema: Schema, definitions: dict[str, Schema]) -> Iterator[tuple[str, Any]]:
    for key in (
        "type",
        "enum",
        "required",
        "pattern",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
    ):
        if key in schema:
            yield key, schema[key]
    if "properties" in schema:
        yield "properties", {name: closed(one, definitions) for name, one in schema["properties"].items()}
    if "items" in schema:
        yield "items", closed(schema["items"], definitions)
    if isinstance(schema.get("additionalProperties"), dict):
        yield "additionalProperties", closed(schema["additionalProperties"], definitions)


if __name__ == "__main__":
    main()
