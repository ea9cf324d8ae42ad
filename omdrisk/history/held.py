"""What a history holds, for the parts that it is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading

    from omdrisk.entities import Keyring
    from omdrisk.history.past import Past
    from omdrisk.history.store import Store


class Held:
    """The attributes that every part of `History` works on."""

    keys: tuple[str, ...]
    values: tuple[str, ...]
    _past: Past
    _store: Store | None
    _keyring: Keyring
    _horizon: int | None
    _changing: threading.RLock
