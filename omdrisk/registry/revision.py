"""Which state of a repository something was made from."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def revision(folder: Path) -> dict[str, str]:
    """Return the tags that name the git revision of `folder`; none where there is no repository, or no git.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as empty:
    ...     revision(Path(empty))
    {}
    """
    git = shutil.which("git")
    if git is None:
        return {}

    def say(*arguments: str) -> str | None:
        done = subprocess.run(  # noqa: S603  (no word of it comes from outside)
            [git, "-C", str(folder), *arguments], capture_output=True, text=True, check=False, timeout=20
        )
        return done.stdout.strip() if done.returncode == 0 else None

    commit = say("rev-parse", "HEAD")
    if not commit:
        return {}
    changed = say("status", "--porcelain", "--untracked-files=no")
    return {"mlflow.source.git.commit": commit, "omdrisk.git_changed": "yes" if changed else "no"}
