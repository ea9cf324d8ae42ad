"""What both demonstrations stand on: a folder of their own, a published secret, the shipped recipes."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from omdrisk.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from omdrisk.training import Recipe

SECRET = "for demonstrations only: never for real traders"  # noqa: S105  (published on purpose)
TARGETS = ("drug", "wildlife")
_MARK = ".omdrisk-demo"


def fresh(root: Path) -> Path:
    """Return the folder, made or emptied; refuse one with anything that no demonstration left there."""
    if root.exists():
        if not (root / _MARK).is_file() and any(root.iterdir()):
            raise InputError(f"{root}: holds files that are not of a demonstration. Choose another folder with --out.")
        shutil.rmtree(root)
    root.mkdir(parents=True)
    (root / _MARK).touch()
    (root / "secret.txt").write_text(SECRET + "\n", encoding="utf-8")
    return root


def shipped_recipes() -> dict[str, Recipe]:
    """Return the shipped recipes by head."""
    from omdrisk.resources import definitions
    from omdrisk.training import Recipe

    return {target: Recipe.read(definitions("models") / f"{target}.toml") for target in TARGETS}
