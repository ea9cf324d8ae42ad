"""Registered versions of bundles, and the aliases that point to them."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omdrisk.errors import InputError, OmdriskError
from omdrisk.registry.client import MODEL, connected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omdrisk.registry.runs import Registered

CHAMPION = "champion"
WHOLE = "omdrisk.whole"


@dataclass(frozen=True)
class Version:
    """A registered version: its number, the run it came from, and what is noted on it."""

    number: str
    run_id: str
    tags: Mapping[str, str] = field(default_factory=dict)
    model: str = MODEL

    @property
    def uri(self) -> str:
        """The address that MLflow and `omdrisk.load` know it by."""
        return f"models:/{self.model}/{self.number}"


def register(
    tracked: Registered,
    *,
    model: str = MODEL,
    tags: Mapping[str, str] | None = None,
    tracking_uri: str | None = None,
) -> Registered:
    """Register the model of a tracked run as the next version of `model`; no alias is moved.

    A run that has a version gets no second one. When everything is in place, and not before, the version is marked as
    whole; `promote` lets an alias point to nothing else.

    Parameters
    ----------
    tracked
        What `track` returned.
    tags
        What to note on the version.
    """
    with connected(tracking_uri) as mlflow:
        client = mlflow.MlflowClient()
        number = _registered(client, model, tracked.run_id)
        if number is None:
            number = str(mlflow.register_model(tracked.model_uri, model).version)
        for key, value in (tags or {}).items():
            client.set_model_version_tag(model, number, key, str(value))
        client.set_model_version_tag(model, number, WHOLE, "yes")
    return replace(tracked, model_uri=f"models:/{model}/{number}", version=number)


def promote(version: str, *, model: str = MODEL, alias: str = CHAMPION, tracking_uri: str | None = None) -> None:
    """Let `alias` point to `version` of `model`, in one step of the registry.

    The version is fetched and checked first, file by file.

    Raises
    ------
    OmdriskError
        If there is no such version, or it is not whole.
    """
    from omdrisk.bundle import read_bundle

    with connected(tracking_uri) as mlflow:
        client = mlflow.MlflowClient()
        if client.get_model_version(model, version).tags.get(WHOLE) != "yes":
            raise OmdriskError(
                f"models:/{model}/{version}: was not registered to the end. Run the step that registers it again."
            )
    with tempfile.TemporaryDirectory() as scratch:
        read_bundle(fetch(f"models:/{model}/{version}", destination=scratch, tracking_uri=tracking_uri))
    with connected(tracking_uri) as mlflow:
        mlflow.MlflowClient().set_registered_model_alias(model, alias, version)


def under(alias: str = CHAMPION, *, model: str = MODEL, tracking_uri: str | None = None) -> Version | None:
    """Return the version that an alias points to; None where there is no such model or alias yet."""
    with connected(tracking_uri) as mlflow:
        client = mlflow.MlflowClient()
        try:
            found = client.get_model_version_by_alias(model, alias)
        except mlflow.exceptions.MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise
        return Version(str(found.version), str(found.run_id), dict(found.tags), model)


def remark(version: str, tags: Mapping[str, str], *, model: str = MODEL, tracking_uri: str | None = None) -> None:
    """Note something on a version."""
    with connected(tracking_uri) as mlflow:
        client = mlflow.MlflowClient()
        for key, value in tags.items():
            client.set_model_version_tag(model, version, key, str(value))


def fetch(uri: str, *, destination: str | Path | None = None, tracking_uri: str | None = None) -> Path:
    """Download the bundle behind an MLflow model URI and return its folder.

    Raises
    ------
    OmdriskError
        If there is no such model, alias or version, it does not hold a bundle, or its files are no longer where the
        store says.
    """
    with connected(tracking_uri) as mlflow:
        try:
            folder = mlflow.artifacts.download_artifacts(
                uri, dst_path=None if destination is None else str(destination)
            )
        except (OSError, mlflow.exceptions.MlflowException) as error:
            if not isinstance(error, OSError) and "No such artifact" not in str(error):
                raise
            raise OmdriskError(
                f"{uri}: its files are not where the store says. If the folder of the store was moved, "
                "`omdrisk relocate FOLDER` puts its addresses right."
            ) from error
        where = Path(folder)
    found = sorted(where.rglob("manifest.json"))
    if not found:
        raise InputError(f"{uri}: this model holds no omdrisk bundle. Register one with `omdrisk register`.")
    return found[0].parent


def _registered(client: Any, model: str, run_id: str) -> str | None:
    numbers = [each.version for each in client.search_model_versions(f"name='{model}'") if each.run_id == run_id]
    return str(max(map(int, numbers))) if numbers else None
