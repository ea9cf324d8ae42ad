"""Full tables made of official downloads: places (UN/LOCODE), commodity codes (HS), species (CITES)."""

from __future__ import annotations

from omdrisk.records.importing.cites import read_cites
from omdrisk.records.importing.download import Imported
from omdrisk.records.importing.hs import read_hs
from omdrisk.records.importing.places import read_unlocode, with_sea_ports
from omdrisk.records.importing.writing import write_reference

__all__ = ["Imported", "read_cites", "read_hs", "read_unlocode", "with_sea_ports", "write_reference"]
