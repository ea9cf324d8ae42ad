"""What a fresh machine gets: light imports, definitions that are found, a wheel with the right contents."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import omdrisk
from omdrisk.errors import InputError
from omdrisk.resources import FOLDERS, copy_definitions, definitions
from tests.packaging.check_wheel import problems


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_importing_omdrisk_loads_no_heavy_library() -> None:
    done = run("import omdrisk, sys; print({'mlflow','shap','matplotlib','lightgbm','sklearn'} & set(sys.modules))")
    assert done.stdout.strip() == "set()", done.stderr


def test_every_public_name_resolves_and_is_listed() -> None:
    assert set(omdrisk.__all__) == set(omdrisk._HOMES)
    for name in omdrisk.__all__:
        assert getattr(omdrisk, name).__doc__, f"{name} has no docstring"
    assert set(omdrisk.__all__) <= set(dir(omdrisk))
    with pytest.raises(AttributeError, match="no attribute 'scroe'"):
        omdrisk.__getattr__("scroe")


def test_definitions_are_found_and_copied(tmp_path: Path) -> None:
    written = copy_definitions(tmp_path / "phase")
    assert {path.relative_to(tmp_path / "phase").parts[0] for path in written} == set(FOLDERS)
    source = definitions("features") / "parties.toml"
    assert (tmp_path / "phase" / "features" / "parties.toml").read_bytes() == source.read_bytes()
    with pytest.raises(InputError, match="already exists"):
        copy_definitions(tmp_path / "phase")


def test_the_wheel_check_sees_what_is_wrong() -> None:
    good = {"omdrisk/__init__.py", "omdrisk-0.1.0.dist-info/licenses/LICENSE"}
    assert problems(good, {"omdrisk/__init__.py"}) == []
    found = problems(good | {"features/parties.toml", "omdrisk/spare.py"}, {"omdrisk/__init__.py", "omdrisk/x.toml"})
    assert found == [
        "does not belong in the wheel: features/parties.toml",
        "missing from the wheel: omdrisk/x.toml",
        "in the wheel but not tracked by git: omdrisk/spare.py",
    ]
