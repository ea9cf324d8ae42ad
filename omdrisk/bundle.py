"""The model on disk: a folder of plain data, checksummed, without pickle, code or names.

    bundle/
      manifest.json               format number, heads, SHA-256 of every other file
      heads/<target>/
        recipe.json catalog.json  the frozen sentences: what was chosen, and every definition and table in use
        pipeline.json             what the features learnt (the values of categories)
        booster.txt               the trees, as LightGBM writes them
        calibration.json reference.json facts.json
        probes.json               made-up rows with LightGBM's scores, by which the fast trees prove themselves

The format number rises when an older omdrisk could not read, or would misread, what a newer one writes; the reader of
every earlier format stays. The same heads give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omdrisk.errors import BundleError, DefinitionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from omdrisk.features import Catalog
    from omdrisk.training import Head

FORMAT = 1
MANIFEST = "manifest.json"
_JSON_PARTS = ("recipe", "catalog", "pipeline", "calibration", "reference", "facts")
_BOOSTER = "booster.txt"
_PROBES = "probes.json"
_WAY_OUT = "Take a fresh copy from whoever trained it, or train again."


@dataclass(frozen=True)
class Bundle:
    """A bundle that was read and checked.

    Attributes
    ----------
    heads
        The heads, in the order of their targets.
    manifest
        What ``manifest.json`` says.
    version
        Digest of the manifest's checksums: equal for equal bundles, wherever they lie.
    """

    heads: tuple[Head, ...]
    manifest: Mapping[str, Any]
    version: str


def save_bundle(heads: Iterable[Head], path: str | Path) -> Path:
    """Write heads as a bundle folder, whole or not at all.

    Parameters
    ----------
    heads
        Trained heads, one per target.
    path
        Folder to write. A bundle that is there is replaced; anything else is left alone.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    BundleError
        If there is no head, two have one target, or `path` is something that is not a bundle.
    """
    heads = list(heads)
    targets = [head.target for head in heads]
    if not heads or len(set(targets)) < len(targets):
        raise BundleError(f"{path}: a bundle holds one head or more, one per target, not {targets}.")
    target = Path(path)
    if target.exists() and not (target / MANIFEST).is_file() and (target.is_file() or any(target.iterdir())):
        raise BundleError(f"{target}: is there and is not a bundle. Choose another folder.")
    partial, old = (target.with_name(f".{target.name}.{word}") for word in ("partial", "old"))
    for leftover in (partial, old):
        shutil.rmtree(leftover, ignore_errors=True)
    files = {name: content for head in heads for name, content in _files(head)}
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
    files[MANIFEST] = _sealed({"format": FORMAT, "heads": sorted(targets), "files": digests})
    for name, content in files.items():
        (partial / name).parent.mkdir(parents=True, exist_ok=True)
        (partial / name).write_bytes(content)
    if target.exists():
        target.rename(old)
    partial.rename(target)
    shutil.rmtree(old, ignore_errors=True)
    return target


def read_bundle(path: str | Path) -> Bundle:
    """Read a bundle; every file is checked before anything is made of it, and nothing in it is executed.

    Raises
    ------
    BundleError
        If there is no bundle, it is of another format, or a file of it was changed, lost or added; the message names
        the file.

    Examples
    --------
    >>> read_bundle("nowhere")
    Traceback (most recent call last):
    omdrisk.errors.BundleError: nowhere: no bundle here (manifest.json is missing). `omdrisk train` writes one.
    """
    root = Path(path)
    manifest = _manifest(root)
    contents = _checked(root, manifest["files"])
    try:
        heads = _heads(manifest["heads"], contents)
    except (KeyError, TypeError, ValueError, DefinitionError) as error:
        raise BundleError(f"{root}: is damaged or of another version ({error}). {_WAY_OUT}") from error
    version = hashlib.sha256(_json(manifest["files"])).hexdigest()[:12]
    return Bundle(heads, manifest, version)


def _files(head: Head) -> Iterable[tuple[str, bytes]]:
    from omdrisk.training.probes import Probes

    parts = {
        "recipe": head.recipe.to_dict(),
        "catalog": head.pipeline.catalog_.to_dict(),
        "pipeline": head.pipeline.state(),
        "calibration": head.calibration.to_dict(),
        "reference": head.reference.to_dict(),
        "facts": dict(head.facts),
    }
    for part, values in parts.items():
        yield f"heads/{head.target}/{part}.json", _json(values)
    yield f"heads/{head.target}/{_BOOSTER}", head.text.encode()
    probes = head.probes or Probes.of(head.text)
    if probes is not None:
        yield f"heads/{head.target}/{_PROBES}", _json(probes.to_dict())


def _json(values: Any) -> bytes:
    return (json.dumps(values, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()


def _sealed(manifest: Mapping[str, Any]) -> bytes:
    """Return the bytes of a manifest with its own checksum, so that a change of it is not blamed on another file."""
    plain = {key: value for key, value in manifest.items() if key != "sha256"}
    return _json(plain | {"sha256": hashlib.sha256(_json(plain)).hexdigest()})


def _manifest(root: Path) -> dict[str, Any]:
    place = root / MANIFEST
    if not place.is_file():
        raise BundleError(f"{root}: no bundle here ({MANIFEST} is missing). `omdrisk train` writes one.")
    try:
        content = place.read_bytes()
        manifest = json.loads(content)
        known = isinstance(manifest["heads"], list) and isinstance(manifest["files"], dict)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BundleError(f"{place}: cannot be read ({error}). {_WAY_OUT}") from error
    if manifest.get("format") != FORMAT or not known:
        raise BundleError(
            f"{place}: format {manifest.get('format')!r}, and this omdrisk reads {FORMAT}. "
            "Install the version that wrote it."
        )
    if _sealed(manifest) != content:
        raise BundleError(f"{place}: was changed since the bundle was saved. {_WAY_OUT}")
    return dict(manifest)


def _checked(root: Path, digests: Mapping[str, str]) -> dict[str, bytes]:
    """Return the content of every file that the manifest names, after comparing it with its checksum."""
    there = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()} - {MANIFEST}
    for name in sorted(there ^ set(digests)):
        what = "was added" if name in there else "is missing"
        raise BundleError(f"{root / name}: {what} since the bundle was saved. {_WAY_OUT}")
    contents = {name: (root / name).read_bytes() for name in digests}
    for name, content in contents.items():
        if hashlib.sha256(content).hexdigest() != digests[name]:
            raise BundleError(f"{root / name}: was changed since the bundle was saved. {_WAY_OUT}")
    return contents


def _heads(targets: Iterable[str], contents: Mapping[str, bytes]) -> tuple[Head, ...]:
    heads: list[Head] = []
    for target in targets:
        heads.append(_head(target, contents, heads[0].pipeline.catalog_ if heads else None))
    return tuple(heads)


def _head(target: str, contents: Mapping[str, bytes], like: Catalog | None) -> Head:
    from omdrisk.features import Catalog
    from omdrisk.features.fitted import FittedFeatures
    from omdrisk.training import Calibration, Head, Recipe
    from omdrisk.training.probes import Probes
    from omdrisk.training.reference import Reference

    values = {part: json.loads(contents[f"heads/{target}/{part}.json"]) for part in _JSON_PARTS}
    catalog = Catalog.from_dict(values["catalog"], like)
    probes = contents.get(f"heads/{target}/{_PROBES}")
    return Head(
        target=target,
        recipe=Recipe.from_dict(values["recipe"], f"heads/{target}/recipe.json"),
        pipeline=FittedFeatures.from_state(values["pipeline"], catalog),
        text=contents[f"heads/{target}/{_BOOSTER}"].decode(),
        calibration=Calibration.from_dict(values["calibration"]),
        reference=Reference.from_dict(values["reference"]),
        facts=values["facts"],
        probes=None if probes is None else Probes.from_dict(json.loads(probes)),
    )
