from tests.scoring.conftest import alone, folder, scorer, world

__all__ = ["alone", "folder", "scorer", "world"]
