"""One sentence of a catalog: what is computed, why it matters, and in what words a reason is told."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from string import Formatter
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.errors import DefinitionError, did_you_mean
from omdrisk.features.arguments import flag, text, texts
from omdrisk.features.kinds import Kind, kinds, known_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from omdrisk.features.tables import Tables
    from omdrisk.features.view import View

LANGUAGES = ("en", "vi", "zh")
PLACEHOLDERS = ("value", "norm", "label")
MODES = tuple("0123456789")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Definition:
    """An indicator: a kind with its arguments, and what officers need to know about it.

    Parameters
    ----------
    name, family
        Name of the feature, and of the file that defines it.
    id
        Id in the list of risk indicators, as ``P01``.
    kind
        What is computed.
    targets
        Targets that it serves.
    why
        Why it matters.
    words
        Short label by language.
    reason
        Sentence by language, with the placeholders ``{value}``, ``{norm}`` and ``{label}``; after a number a
        noun may follow in two forms, for one and for many: ``{value|day|days}``.
    reason_never
        Sentence by language for a missing value, where that says something.
    told
        The values for which `reason` reads right: any of ``above``, ``below``, ``equals``.
    otherwise
        Sentence by language for all other values.
    unit
        Unit of the value: days, kg, %, count.
    modes
        Transport modes (UN/ECE Recommendation 19) for which it is computed; empty for all.
    monotone
        Direction that a model must keep: 1 rising, -1 falling, 0 free.
    sensitive
        Speaks of countries or persons, so that its use needs a decision.
    """

    name: str
    family: str
    id: str
    kind: Kind
    targets: tuple[str, ...]
    why: str
    words: Mapping[str, str] = field(hash=False)
    reason: Mapping[str, str] = field(hash=False)
    reason_never: Mapping[str, str] = field(default_factory=dict, hash=False)
    told: Mapping[str, float] = field(default_factory=dict, hash=False)
    otherwise: Mapping[str, str] = field(default_factory=dict, hash=False)
    unit: str = ""
    modes: tuple[str, ...] = ()
    monotone: int = 0
    sensitive: bool = False

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the shipments' columns that it looks at."""
        return self.kind.needs

    def values(self, view: View) -> NDArray[np.float64]:
        """Return the feature, missing for shipments that are known to go by another mode."""
        here = not self.modes or view.may_go_by(self.modes)
        if here is False:
            return view.missing()
        values = self.kind.compute(view)
        return values if here is True else np.where(here, values, np.nan)

    def tells(self, value: float) -> bool:
        """Tell whether `reason` reads right for a value.

        Examples
        --------
        >>> spec = {"id": "P01", "kind": "count", "by": ["consignee"], "targets": ["drug"], "why": "New.",
        ...         "reason": {"en": "Seen {value} times"}, "told": {"below": 5}}
        >>> seen = Definition.read("consignee_seen", "parties", spec)
        >>> seen.tells(2.0), seen.tells(40.0)
        (True, False)
        """
        tests = {"above": value > self.told.get("above", 0), "below": value < self.told.get("below", 0)}
        tests["equals"] = value == self.told.get("equals", 0)
        return all(tests[name] for name in self.told)

    def sentence(self, value: float) -> Mapping[str, str]:
        """Return the sentence that reads right for a value, by language; empty where there is none.

        Examples
        --------
        >>> spec = {"id": "P01", "kind": "count", "by": ["consignee"], "targets": ["drug"], "why": "New.",
        ...         "reason": {"en": "Seen {value} times"}, "told": {"above": 0}, "otherwise": {"en": "Not seen"}}
        >>> seen = Definition.read("consignee_seen", "parties", spec)
        >>> seen.sentence(2.0), seen.sentence(0.0)
        ({'en': 'Seen {value} times'}, {'en': 'Not seen'})
        """
        return self.reason if self.tells(value) else self.otherwise

    def to_dict(self) -> dict[str, Any]:
        """Return the definition as it would be written in TOML, with its name and family."""
        spec: dict[str, Any] = {
            "name": self.name,
            "family": self.family,
            "id": self.id,
            "kind": self.kind.word,
        }
        spec |= self.kind.arguments()
        spec |= {
            "targets": list(self.targets),
            "why": self.why,
            "words": dict(self.words),
            "reason": dict(self.reason),
        }
        optional = {"reason_never": dict(self.reason_never), "told": dict(self.told)}
        optional |= {"otherwise": dict(self.otherwise), "unit": self.unit}
        optional |= {"modes": list(self.modes), "monotone": self.monotone, "sensitive": self.sensitive}
        return spec | {name: value for name, value in optional.items() if value}

    @classmethod
    def read(cls, name: str, family: str, spec: Mapping[str, Any], tables: Tables | None = None) -> Definition:
        """Return the definition that a TOML table says.

        Parameters
        ----------
        name, family
            Name of the TOML table and of its file.
        spec
            The TOML table.
        tables
            Tables of facts that the kind must find; None to leave that unchecked.

        Raises
        ------
        DefinitionError
            If anything is unknown, missing or wrong.
        """
        if not _NAME.fullmatch(name):
            raise DefinitionError("the name must be small letters, digits and _, and begin with a letter")
        if not isinstance(spec, dict):
            raise DefinitionError("must be a table of keys")
        common = {key: spec[key] for key in _READERS if key in spec}
        kind = _read_kind(spec, tables)
        values = {key: _named(key, _READERS[key], value) for key, value in common.items() if key != "kind"}
        for key in ("id", "targets", "why", "reason"):
            if key not in values:
                raise DefinitionError(f"{key!r} is missing")
        words = values.pop("words", {"en": name.replace("_", " ")})
        if "otherwise" in values and "told" not in values:
            raise DefinitionError("otherwise: without 'told' the reason is told of every value, so leave it out")
        for key in ("reason", "otherwise", "reason_never"):
            _check_placeholders(key, values.get(key, {}), kind)
        return cls(name=name, family=family, kind=kind, words=words, **values)


def _read_kind(spec: Mapping[str, Any], tables: Tables | None) -> Kind:
    word = _named("kind", text, spec["kind"]) if "kind" in spec else None
    if word is None:
        raise DefinitionError("'kind' is missing")
    known = known_kind(word)
    if known is None:
        raise DefinitionError(f"kind {word!r} is unknown. {did_you_mean(word, kinds())}")
    kind = known.read({key: value for key, value in spec.items() if key not in _READERS})
    if tables is not None:
        for table in kind.tables:
            tables[table]
        kind.check(tables)
    return kind


def _named(key: str, read: Callable[[object], Any], value: object) -> Any:
    try:
        return read(value)
    except DefinitionError as error:
        raise DefinitionError(f"{key}: {error}") from None


def _by_language(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or "en" not in value:
        raise DefinitionError("must have at least a text in 'en'")
    for language in value:
        if language not in LANGUAGES:
            raise DefinitionError(f"language {language!r} is unknown. {did_you_mean(language, LANGUAGES)}")
    return {language: _named(language, text, said) for language, said in value.items()}


def _told(value: object) -> dict[str, float]:
    if not isinstance(value, dict) or not value:
        raise DefinitionError("must say 'above', 'below' or 'equals'")
    for word, number in value.items():
        if word not in ("above", "below", "equals"):
            raise DefinitionError(f"{word!r} is unknown. {did_you_mean(word, ('above', 'below', 'equals'))}")
        if not isinstance(number, (int, float)) or isinstance(number, bool):
            raise DefinitionError(f"{word}: must be a number, not {number!r}")
    return dict(value)


def _modes(value: object) -> tuple[str, ...]:
    modes = texts([str(mode) for mode in value] if isinstance(value, (list, tuple)) else value)
    unknown = [mode for mode in modes if mode not in MODES]
    if unknown:
        raise DefinitionError(f"{unknown[0]!r} is no mode of UN/ECE Recommendation 19: write one digit, as '1' for sea")
    return modes


def _monotone(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value in (-1, 0, 1):
        return value
    raise DefinitionError(f"must be -1, 0 or 1, not {value!r}")


def _check_placeholders(key: str, said: Mapping[str, str], kind: Kind) -> None:
    for language, sentence in said.items():
        place = f"{key}.{language}"
        try:
            parts = [part[1:] for part in Formatter().parse(sentence)]
        except ValueError as error:
            raise DefinitionError(f"{place}: {error} in {sentence!r}. Write {{{{ for a brace.") from None
        for field_name, form, conversion in parts:
            if field_name is None:
                continue
            name, *nouns = field_name.split("|")
            if nouns and (name == "label" or len(nouns) != 2 or not all(nouns)):
                raise DefinitionError(
                    f"{place}: write {{{name}|one|many}}, as {{value|day|days}}, not {{{field_name}}}"
                )
            if form or conversion:
                raise DefinitionError(f"{place}: write {{{name}}} alone; its form follows from the unit")
            if name not in PLACEHOLDERS:
                raise DefinitionError(f"{place}: placeholder {name!r} is unknown. {did_you_mean(name, PLACEHOLDERS)}")
            if name == "norm" and not kind.has_norm:
                raise DefinitionError(f"{place}: kind {kind.word!r} has no norm, so {{norm}} cannot be told")


def _unit(value: object) -> str:
    return value if value == "" and isinstance(value, str) else text(value)


_READERS: dict[str, Callable[[object], Any]] = {
    "id": text,
    "kind": text,
    "targets": texts,
    "why": text,
    "words": _by_language,
    "reason": _by_language,
    "reason_never": _by_language,
    "told": _told,
    "otherwise": _by_language,
    "unit": _unit,
    "modes": _modes,
    "monotone": _monotone,
    "sensitive": flag,
}
