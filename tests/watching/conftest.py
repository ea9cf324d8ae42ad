from tests.scoring.conftest import folder, scorer, world

__all__ = ["folder", "scorer", "world"]
