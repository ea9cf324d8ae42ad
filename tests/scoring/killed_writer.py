"""Appends to a log for ever; run as a process that a test kills."""

from __future__ import annotations

import sys
from pathlib import Path

from omdrisk.scoring.audit import AuditLog

if __name__ == "__main__":
    log = AuditLog(Path(sys.argv[1]))
    number = 0
    while True:
        number += 1
        log.append([{"event": "shipment", "from": sys.argv[2], "at": number, "filler": "x" * 50_000}])
        print(number, flush=True)
