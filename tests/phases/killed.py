"""One step of a phase in a process of its own, which a test kills: `python killed.py STEP FOLDER`."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

from omdrisk.phases import PhaseFolder, compare_phase, promote_head, train_phase


def main(step: str, folder: str) -> None:
    """Do one step and say so."""
    warnings.simplefilter("ignore")
    opened = PhaseFolder(Path(folder))
    print("begun", flush=True)
    if step == "train":
        train_phase(opened, at="2023-03-15", step=lambda name: print(name, flush=True))
    elif step == "compare":
        compare_phase(opened, at="2023-03-15")
    else:
        promote_head(opened, "drug", by="Linh", approved_by="Somchai", why="better", at="2023-03-16")
    print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
