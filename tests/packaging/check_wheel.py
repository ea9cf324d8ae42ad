"""Assert that a wheel holds the package, every file it needs, and nothing else.

Usage: python check_wheel.py build/wheel/omdrisk-*.whl
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SENTENCES = ("features", "models", "notebooks")


def expected() -> set[str]:
    """Every tracked file of the package, and every tracked definition under its packaged name."""
    tracked = subprocess.run(
        ["git", "ls-files", "omdrisk", *SENTENCES], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    return {name if name.startswith("omdrisk/") else f"omdrisk/_definitions/{name}" for name in tracked}


def problems(names: set[str], wanted: set[str]) -> list[str]:
    """Say what a list of wheel members has too much or too little."""
    members = {name for name in names if ".dist-info/" not in name}
    stray = sorted(name for name in members if not name.startswith("omdrisk/") or name.endswith(".pyc"))
    found = [f"does not belong in the wheel: {name}" for name in stray]
    found += [f"missing from the wheel: {name}" for name in sorted(wanted - members)]
    found += [f"in the wheel but not tracked by git: {name}" for name in sorted(members - wanted - set(stray))]
    if not any(name.endswith(".dist-info/licenses/LICENSE") for name in names):
        found.append("missing from the wheel: the licence")
    return found


def main(wheel: Path) -> int:
    """Print what is wrong with `wheel` and return how many things are."""
    found = problems(set(zipfile.ZipFile(wheel).namelist()), expected())
    print("\n".join(found) or f"{wheel.name}: holds what it should and nothing else")
    return min(len(found), 1)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
