"""The catalog: every definition of a folder with the tables of facts that they look up."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omdrisk.errors import DefinitionError, did_you_mean
from omdrisk.features.definition import Definition
from omdrisk.features.tables import Tables, read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from omdrisk.features.kinds.base import Kind
    from omdrisk.history.questions import Question

FORMAT = 1


class Catalog:
    """Definitions in order, with their tables; nothing of it changes after it is made.

    Parameters
    ----------
    definitions
        Definitions in the order of the features.
    tables
        Tables of facts that they look up.

    Examples
    --------
    >>> catalog = Catalog.from_dict({"format": 1, "tables": {}, "definitions": [
    ...     {"name": "packages", "family": "measures", "id": "W01", "kind": "number", "value": "packages",
    ...      "targets": ["drug"], "why": "Many or few.", "reason": {"en": "{value} packages"}}]})
    >>> catalog.families
    ('measures',)
    >>> list(catalog.only(["measures"]).definitions)
    ['packages']
    """

    def __init__(self, definitions: Iterable[Definition] = (), tables: Tables | None = None) -> None:
        self._definitions = {definition.name: definition for definition in definitions}
        self._tables = Tables() if tables is None else tables
        asked = (question for definition in self for question in definition.kind.questions())
        self._questions = tuple(dict.fromkeys(asked))
        places = enumerate(definition.kind for definition in self)
        self._categories = tuple((place, kind) for place, kind in places if kind.categorical)

    @property
    def definitions(self) -> dict[str, Definition]:
        """Definitions by name, in the order of the features."""
        return dict(self._definitions)

    @property
    def tables(self) -> Tables:
        """Tables of facts by name."""
        return self._tables

    @property
    def families(self) -> tuple[str, ...]:
        """Names of the families, in order."""
        return tuple(dict.fromkeys(definition.family for definition in self))

    @property
    def categories(self) -> tuple[tuple[int, Kind], ...]:
        """The places of the features that are codes of a category, each with its kind."""
        return self._categories

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the shipments' columns that some definition looks at."""
        return tuple(dict.fromkeys(column for definition in self for column in definition.needs))

    def __iter__(self) -> Iterator[Definition]:
        return iter(self._definitions.values())

    def __len__(self) -> int:
        return len(self._definitions)

    def __getitem__(self, name: str) -> Definition:
        if name not in self._definitions:
            raise DefinitionError(f"indicator {name!r} is unknown. {did_you_mean(name, self._definitions)}")
        return self._definitions[name]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Catalog) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(tuple(self._definitions.values()))

    def __repr__(self) -> str:
        return f"Catalog({len(self)} definitions in {len(self.families)} families, {len(self.tables)} tables)"

    def __deepcopy__(self, memo: dict[int, Any]) -> Catalog:
        return self

    def questions(self) -> tuple[Question, ...]:
        """Return every question that the definitions ask the history, each once."""
        return self._questions

    def only(self, names: Iterable[str]) -> Catalog:
        """Return the definitions of these families or names, in order, with the tables they use.

        Raises
        ------
        DefinitionError
            If a name is neither a family nor a definition.
        """
        wanted = [names] if isinstance(names, str) else list(names)
        known = {*self.families, *self._definitions}
        for name in wanted:
            if name not in known:
                raise DefinitionError(f"{name!r} is neither a family nor an indicator. {did_you_mean(name, known)}")
        chosen = [d for d in self if d.name in wanted or d.family in wanted]
        return Catalog(chosen, self.tables.only({table for d in chosen for table in d.kind.tables}))

    def to_dict(self) -> dict[str, Any]:
        """Return the catalog as JSON-able values, from which :meth:`from_dict` makes an equal one."""
        definitions = [definition.to_dict() for definition in self]
        return {"format": FORMAT, "definitions": definitions, "tables": self.tables.to_dict()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], like: Catalog | None = None) -> Catalog:
        """Return the catalog that :meth:`to_dict` wrote, without looking at any file.

        Tables that `like` holds too are shared with it, with all that is derived from them.

        Raises
        ------
        DefinitionError
            If the format is not known, or a definition is wrong.
        """
        if values.get("format") != FORMAT:
            raise DefinitionError(f"catalog format {values.get('format')!r} is not {FORMAT}: it is of another version")
        tables = Tables.from_dict(values["tables"], None if like is None else like.tables)
        definitions = []
        for entry in values["definitions"]:
            spec = {key: value for key, value in entry.items() if key not in ("name", "family")}
            definitions.append(_read(entry["name"], entry["family"], spec, tables, "catalog"))
        return cls(definitions, tables)

    @classmethod
    def read(cls, folder: str | Path | None = None) -> Catalog:
        """Read every ``*.toml`` of a folder, a family each, and every ``tables/*.csv``.

        Parameters
        ----------
        folder
            The folder; None for the shipped definitions.

        Raises
        ------
        DefinitionError
            If a file, a definition or a table is wrong: the message names file, definition and key.
        """
        if folder is None:
            from omdrisk.resources import definitions as shipped

            folder = shipped("features")
        root = Path(folder)
        if not root.is_dir():
            raise DefinitionError(f"{root}: no such folder. `omdrisk init` writes one to start from.")
        tables = Tables({path.stem: read_table(path) for path in sorted((root / "tables").glob("*.csv"))})
        found: dict[str, Definition] = {}
        for path in sorted(root.glob("*.toml")):
            place = f"{root.resolve().name}/{path.name}"
            for name, spec in _load(path, place).items():
                definition = _read(name, path.stem, spec, tables, place)
                if name in found:
                    first = f"{root.resolve().name}/{found[name].family}.toml"
                    raise DefinitionError(f"{place}: [{name}] is already defined in {first}. Rename one of them.")
                found[name] = definition
        if not found:
            raise DefinitionError(f"{root}: holds no definitions (*.toml). `omdrisk init` writes some to start from.")
        return cls(found.values(), tables)


def _load(path: Path, place: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DefinitionError(f"{place}: is not TOML: {error}") from error


def _read(name: str, family: str, spec: Mapping[str, Any], tables: Tables, place: str) -> Definition:
    try:
        return Definition.read(name, family, spec, tables)
    except DefinitionError as error:
        raise DefinitionError(f"{place}: [{name}] {error}") from None


def history_keys(catalog: Catalog) -> tuple[str, ...]:
    """Return the entities that a history must hold to answer a catalog."""
    from omdrisk.history.questions import needs

    learning = (name for definition in catalog for name in definition.kind.learns_from)
    return tuple(sorted({*needs(catalog.questions())[0], *learning}))


def history_values(catalog: Catalog) -> tuple[str, ...]:
    """Return the numbers that a history must hold to answer a catalog."""
    from omdrisk.history.questions import needs

    return needs(catalog.questions())[1]
