"""Watches a folder once and says each step; run as a process that a test kills."""

from __future__ import annotations

import sys

from omdrisk.scoring import load
from omdrisk.watching import Settings, Watch

if __name__ == "__main__":
    bundle, inbox, out = sys.argv[1:]
    scorer = load(bundle)
    watch = Watch(inbox, out, scorer, Settings(capacity=3, settle=0.0), say=lambda step: print(step, flush=True))
    with watch.working():
        watch.once()
    print("done", flush=True)
