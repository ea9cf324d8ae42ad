"""Imports point down: each room of the house uses only the rooms below it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "omdrisk"

LAYERS = [
    {"errors", "resources", "compiling"},
    {"records", "parties", "entities"},
    {"linking", "history"},
    {"features", "trees"},
    {"training"},
    {"evaluation", "bundle"},
    {"explaining", "scoring"},
    {"reports", "registry", "monitoring", "distributed"},
    {"phases", "watching"},
    {"demo"},
    {"cli"},
]
SPECIAL = {"simulation": {"records", "errors"}}
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
# scoring opens models:/ addresses, so it asks the registry for the folder behind one, and only then
ALLOWED = {("scoring", "registry")}


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("omdrisk.")}
    return found


MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.name != "__init__.py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    here = room(path)
    for there in imported(path) - {here, "__version__"}:
        if here in SPECIAL:
            assert there in SPECIAL[here], f"{here} imports {there}"
        elif there == "simulation":
            assert here in {"cli", "demo"}, f"{here} imports simulation"
        elif there in LEVEL and (here, there) not in ALLOWED:
            assert LEVEL[there] <= LEVEL[here], f"{here} imports {there}, which lies above it"


def test_only_the_registry_knows_mlflow() -> None:
    knowing = {room(path) for path in MODULES if "import mlflow" in path.read_text(encoding="utf-8")}
    assert knowing <= {"registry"}


def test_nothing_pickles() -> None:
    words = (
        "import pickle",
        "joblib.dump",
        "joblib.load",
        "cloudpickle",
        "to_pickle",
        "read_pickle",
        "allow_pickle=True",
        "eval(",
        "exec(",
    )
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        assert not [word for word in words if word in text.replace("literal_eval(", "")], path
