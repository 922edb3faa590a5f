"""Secrets: set, list, delete. Values are never returned. Each change deploys a version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ninja import Schema
from pydantic import Field

from dashboard.api import messages
from dashboard.api.acts.upload import fully_live, upload_copy
from dashboard.api.http.auth import ApiRequest, may_deploy, may_read
from dashboard.api.http.envelope import Envelope, ok, resource
from dashboard.api.http.errors import ApiError, bad_request, unsupported
from dashboard.api.http.lookup import latest_version, worker_named
from dashboard.api.resources.scripts import SCRIPT
from dashboard.api.serializers.bindings import Bindings, secret, secrets_of
from dashboard.api.serializers.schemas import Named
from routing.snapshot import BindingSpec

router = resource("Secrets")
SECRETS = SCRIPT + "/secrets"


class SecretInput(Schema):
    """A secret's value; its name may be in the path or a key."""

    name: str | None = Field(None, min_length=1, max_length=200)
    text: str
    type: str = "secret_text"


class NamedSecretInput(SecretInput):
    """A secret with its name."""

    name: str = Field(min_length=1, max_length=200)


class SecretsInput(Schema):
    """Secrets by name; null deletes one."""

    secrets: dict[str, SecretInput | None] = Field(max_length=128)


@router.get(SECRETS, auth=may_read, response=Envelope[list[Named]])
def list_secrets(request: ApiRequest, account_id: str, script_name: str) -> dict[str, Any]:
    """Names and types of the latest version's secrets."""
    return ok(secrets_of(latest_version(worker_named(script_name))))


@router.put(SECRETS, auth=may_deploy, response=Envelope[Named])
def put_secret(
    request: ApiRequest, account_id: str, script_name: str, given: NamedSecretInput
) -> dict[str, Any]:
    """Sets a secret in a copy of the latest version and deploys it at 100%."""
    _change(request, script_name, {given.name: given})
    return ok({"name": given.name, "type": given.type})


@router.patch(SCRIPT + "/secrets-bulk", auth=may_deploy, response=Envelope[list[Named]])
def patch_secrets(
    request: ApiRequest, account_id: str, script_name: str, given: SecretsInput
) -> dict[str, Any]:
    """Sets and deletes several secrets in one version, deployed at 100%."""
    if given.secrets:
        _change(request, script_name, given.secrets)
    return ok(secrets_of(latest_version(worker_named(script_name))))


@router.get(SECRETS + "/{path:secret_name}", auth=may_read, response=Envelope[Named])
def get_secret(
    request: ApiRequest, account_id: str, script_name: str, secret_name: str
) -> dict[str, Any]:
    """Whether the latest version has this secret."""
    for item in secrets_of(latest_version(worker_named(script_name))):
        if item["name"] == secret_name:
            return ok(item)
    raise _no_secret(secret_name)


@router.delete(SECRETS + "/{path:secret_name}", auth=may_deploy, response=Envelope[None])
def delete_secret(
    request: ApiRequest, account_id: str, script_name: str, secret_name: str
) -> dict[str, Any]:
    """Deletes a secret in a copy of the latest version and deploys it at 100%."""
    _change(request, script_name, {secret_name: None})
    return ok(None)


def change_secret(bindings: Bindings, given: Mapping[str, SecretInput | None]) -> Bindings:
    """`bindings` with these secrets set or (None) deleted; raises `ApiError`."""
    changed = {binding.name: binding for binding in bindings}
    for name, value in given.items():
        old = changed.get(name)
        if value is None:
            if old is None or not _is_secret(old):
                raise _no_secret(name)
            del changed[name]
            continue
        if value.type != "secret_text":
            raise unsupported(messages.only_secret_text(name))
        if old is not None and not _is_secret(old):
            raise bad_request(messages.name_is_taken(name, old.type))
        changed[name] = secret(name, value.text)
    return tuple(changed.values())


def _change(request: ApiRequest, script_name: str, given: Mapping[str, SecretInput | None]) -> None:
    worker = worker_named(script_name)
    upload_copy(
        request.auth,
        worker,
        lambda: fully_live(worker),
        lambda draft: replace(draft, bindings=change_secret(draft.bindings, given)),
    )


def _is_secret(binding: BindingSpec) -> bool:
    """In a copy of a version, a secret that cannot be decrypted is `inherit`."""
    return binding.secret is not None or binding.type == "inherit"


def _no_secret(name: str) -> ApiError:
    return ApiError(404, (10056, messages.no_secret(name)))
