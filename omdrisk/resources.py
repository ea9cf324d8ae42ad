"""Where the sentences live: the `features`, `models` and `notebooks` folders of a checkout, or the wheel's copy."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal

from omdrisk.errors import InputError

Folder = Literal["features", "models", "notebooks"]
FOLDERS: tuple[Folder, ...] = ("features", "models", "notebooks")

_PACKAGE = Path(__file__).resolve().parent


def definitions(folder: Folder) -> Path:
    """Return the folder of definitions that this installation uses.

    In a checkout, and so in an editable install, that is the folder at the root; in a wheel the copy inside the
    package.

    Raises
    ------
    InputError
        If neither is there, which means that the installation is incomplete.

    Examples
    --------
    >>> (definitions("models") / "drug.toml").exists()
    True
    """
    checkout = _PACKAGE.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / folder).is_dir():
        return checkout / folder
    packaged = _PACKAGE / "_definitions" / folder
    if packaged.is_dir():
        return packaged
    raise InputError(f"{folder}/: not found beside or inside the package. Install omdrisk again.")


def copy_definitions(destination: str | Path) -> list[Path]:
    """Write an editable copy of every definition below `destination` and return the files written.

    Raises
    ------
    InputError
        If one of the folders is already there: an edited definition is never overwritten.
    """
    root = Path(destination)
    for folder in FOLDERS:
        if (root / folder).exists():
            raise InputError(f"{root / folder}: already exists. Choose another folder, or move this one away.")
    for folder in FOLDERS:
        shutil.copytree(definitions(folder), root / folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    return sorted(path for folder in FOLDERS for path in (root / folder).rglob("*") if path.is_file())
