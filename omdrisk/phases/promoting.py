"""Promoting heads one by one, with two names, and going back."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from omdrisk.bundle import read_bundle, save_bundle
from omdrisk.errors import InputError, OmdriskError
from omdrisk.phases import journal
from omdrisk.phases.comparing import compared_of, head_of, in_use
from omdrisk.phases.folder import PhaseFolder, digest_of
from omdrisk.phases.training import challenger_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from omdrisk.bundle import Bundle
    from omdrisk.training import Head

FORCED = "forced"


class GateError(OmdriskError):
    """A challenger that the gate does not let through."""


@dataclass(frozen=True)
class Promotion:
    """What a promotion, or a step back, left.

    Attributes
    ----------
    version, bundle
        The registered version that is in use now, and the version of its bundle.
    replaces
        The version that was in use before; empty for the first.
    forced
        Whether the gate was overruled.
    heads
        The heads that the version holds.
    """

    version: str
    bundle: str
    replaces: str
    forced: bool
    heads: tuple[str, ...]


def promote_head(
    opened: PhaseFolder,
    target: str,
    *,
    by: str,
    approved_by: str,
    why: str,
    at: str,
    force: bool = False,
    files: Sequence[Path] = (),
    step: Callable[[str], None] = lambda _: None,
) -> Promotion:
    """Let one challenger replace the head in use; the other heads stay as they are.

    A bundle of the heads in use is made with the new one in its place, kept as a run, registered, fetched back and
    checked, and only then does the alias ``champion`` move, in one step. Stopped anywhere before that, the model in use
    is the one before; the same command then goes on.

    Parameters
    ----------
    opened
        The phase.
    target
        The head.
    by, approved_by
        Who promotes, and the second officer who approves; two people.
    why
        The reason, in a sentence.
    at
        When.
    force
        Overrule the gate. The head then says so in its sealed facts for as long as it is used anywhere, as do the tags
        of every version that holds it, the journal and the reports.
    files
        Reports and cards to keep with the run.

    Raises
    ------
    InputError
        If a name or the reason is missing, both names are one, or the comparison is missing or out of date.
    GateError
        If the gate says no, and `force` does not overrule it.
    """
    _two_people(by, approved_by, why)
    with opened.working():
        head, told = _compared_head(opened, target)
        compared = compared_of(opened, target)
        assert compared is not None  # noqa: S101  (its step is done)
        failed = [check.name for check in compared.checks if check.binding and not check.passed]
        if failed and not force:
            journal.add(
                opened.root / "journal.jsonl", deed="refused", at=at, head=target, by=by, why=why, failed=failed
            )
            raise GateError(
                f"the gate does not let the {target} head through: {', '.join(failed)}. `omdrisk phase compare` shows "
                "the figures; --force overrules it, and the head is marked as forced for ever."
            )
        champion, current = in_use(opened)
        replaced = _replaced(opened, current)
        key = digest_of("promote", target, told, replaced, bool(failed), _steps_back(opened))
        finished = opened.step(f"promote/{target}", key)
        if finished is not None and current.get("version") == finished["version"]:
            told_before = {name: finished[name] for name in ("version", "bundle", "replaces", "forced")}
            return Promotion(**told_before, heads=tuple(finished["heads"]))
        ours = _key_of(opened, current) == key
        if not ours and head_of(champion, target)[1] != told["champion"]:
            raise InputError(
                f"another {target} head is in use now than it was compared with. Run `omdrisk phase compare` again."
            )
        mark: dict[str, Any] = {"by": by, "approved_by": approved_by, "why": why, "at": at, "failed": failed}
        mark["phase"] = opened.read()["phase"]
        if failed:
            head = replace(head, facts={**head.facts, FORCED: mark})
        return _promote(opened, head, champion, replaced, key, mark, at, files, step)


def roll_back(opened: PhaseFolder, *, by: str, approved_by: str, why: str, at: str) -> Promotion:
    """Let the model that was in use before the current one be in use again.

    Nothing is deleted: the version that is left says in its tags that it was, and why.

    Raises
    ------
    InputError
        If a name or the reason is missing, both names are one, or there is nothing to go back to.
    """
    from omdrisk.registry import promote, remark, under

    _two_people(by, approved_by, why)
    with opened.working():
        state = opened.read()
        where: dict[str, Any] = {"model": state["model"], "tracking_uri": state["store"]}
        current = under(**where)
        before = current.tags.get("omdrisk.replaces", "") if current else ""
        if current is None or not before:
            raise InputError("there is no earlier version to go back to.")
        mark = {"by": by, "approved_by": approved_by, "why": why, "at": at}
        remark(current.number, {"omdrisk.rolled_back": json.dumps(mark, ensure_ascii=False)}, **where)
        promote(before, **where)
        bundle, told = in_use(opened)
        assert bundle is not None  # noqa: S101  (just promoted)
        journal.add(opened.root / "journal.jsonl", deed="rolled back", left=current.number, to=before, **mark)
        heads = tuple(head.target for head in bundle.heads)
        return Promotion(before, told["bundle"], current.number, forced=bool(forced_in(bundle)), heads=heads)


def forced_in(bundle: Bundle) -> dict[str, dict[str, Any]]:
    """Return the heads of a bundle that were promoted against the gate, and what was written down then."""
    return {head.target: dict(head.facts[FORCED]) for head in bundle.heads if FORCED in head.facts}


def _two_people(by: str, approved_by: str, why: str) -> None:
    one, other = (" ".join(name.split()).casefold() for name in (by, approved_by))
    if not one or not other:
        raise InputError("a promotion needs two names: --by who does it, --approved-by a second officer.")
    if one == other:
        raise InputError(f"{by!r} cannot approve their own promotion: --approved-by names a second officer.")
    if not why.strip():
        raise InputError("a promotion needs a reason: --why in a sentence.")


def _compared_head(opened: PhaseFolder, target: str) -> tuple[Head, dict[str, Any]]:
    """Return a challenger, and with what its comparison was made, if that is the one of today."""
    steps = opened.read()["steps"]
    trained, compared = steps.get(f"train/{target}"), steps.get(f"compare/{target}")
    head = challenger_of(opened, target)
    if trained is None or head is None:
        raise InputError(f"{opened.root}: the {target} head is not trained yet. `omdrisk phase train` trains it.")
    if compared is None or compared["at"] < trained["at"]:
        raise InputError(f"{opened.root}: the {target} head is not compared yet. `omdrisk phase compare` does it.")
    return head, {"bundle": trained["bundle"], "champion": compared["champion"]}


def _key_of(opened: PhaseFolder, current: dict[str, str]) -> str:
    """Return the key of the version in use: that of a promotion of this folder if a run of it was killed at its end."""
    from omdrisk.registry import under

    state = opened.read()
    version = under(model=state["model"], tracking_uri=state["store"])
    return version.tags.get("omdrisk.key", "") if version and version.number == current.get("version") else ""


def _replaced(opened: PhaseFolder, current: dict[str, str]) -> str:
    """Return the version that a promotion replaces: the one in use, or what a killed run of it had found in use."""
    last = [line for line in journal.read(opened.root / "journal.jsonl") if str(line["deed"]).startswith("promot")]
    if last and _key_of(opened, current) == last[-1]["key"]:
        return str(last[-1]["replaces"])
    return current.get("version", "")


def _steps_back(opened: PhaseFolder) -> int:
    return sum(line["deed"] == "rolled back" for line in journal.read(opened.root / "journal.jsonl"))


def _promote(
    opened: PhaseFolder,
    head: Head,
    champion: Bundle | None,
    replaced: str,
    key: str,
    mark: dict[str, Any],
    at: str,
    files: Sequence[Path],
    step: Callable[[str], None],
) -> Promotion:
    from omdrisk.registry import Run, promote, register, track

    state = opened.read()
    others = [each for each in champion.heads if each.target != head.target] if champion else []
    heads = sorted([*others, head], key=lambda each: each.target)
    step("putting the bundle together")
    place = save_bundle(heads, opened.root / "promoted" / f"{head.target}-{key}")
    bundle = read_bundle(place)
    forced = forced_in(bundle)
    tags = {
        "omdrisk.key": key,
        "omdrisk.bundle": bundle.version,
        "omdrisk.heads": " ".join(each.target for each in heads),
        "omdrisk.head": head.target,
        "omdrisk.phase": state["phase"],
        "omdrisk.replaces": replaced,
        "omdrisk.promoted": json.dumps(mark, ensure_ascii=False),
        "omdrisk.forced": json.dumps(forced, ensure_ascii=False) if forced else "no",
    }
    _told_once(opened, "promoting", key, head=head.target, replaces=replaced, bundle=bundle.version, **mark)
    step("keeping the run")
    run = Run(
        bundle=place,
        params={f"{each.target}.{name}": value for each in heads for name, value in each.facts.items()},
        metrics=_numbers(heads),
        tags={"phase": state["phase"], "role": "promotion", **tags, **state["revision"]},
        datasets={name: {key: each[key] for key in ("digest", "rows")} for name, each in state["tables"].items()},
        texts={f"compared/{head.target}.json": _read(opened.root / "compared" / f"{head.target}.json")},
        plots=list(files),
        key=key,
    )
    tracked = track(run, tracking_uri=state["store"], name=f"{state['phase']} promotion of {head.target}")
    step("registering")
    registered = register(tracked, model=state["model"], tags=tags, tracking_uri=state["store"])
    step("fetching it back, checking it, and letting the alias point to it")
    promote(str(registered.version), model=state["model"], tracking_uri=state["store"])
    done = Promotion(
        str(registered.version),
        bundle.version,
        replaced,
        forced=bool(mark["failed"]),
        heads=tuple(each.target for each in heads),
    )
    _told_once(
        opened,
        "promoted against the gate" if done.forced else "promoted",
        key,
        head=head.target,
        version=done.version,
        replaces=done.replaces,
        bundle=bundle.version,
        **mark,
    )
    opened.done(f"promote/{head.target}", key, at, **{**vars(done), "heads": list(done.heads), "run": tracked.run_id})
    return done


def _told_once(opened: PhaseFolder, deed: str, key: str, **told: Any) -> None:
    """Add a deed to the journal, unless a run of it that was killed had added it."""
    path = opened.root / "journal.jsonl"
    if (deed, key) not in {(line["deed"], line.get("key")) for line in journal.read(path)}:
        journal.add(path, deed=deed, key=key, **told)


def _numbers(heads: Sequence[Head]) -> dict[str, float]:
    told: dict[str, float] = {}
    for head in heads:
        facts = {**head.facts, **{f"later/{key}": value for key, value in (head.facts.get("later") or {}).items()}}
        numbers = {key: value for key, value in facts.items() if isinstance(value, int | float)}
        told |= {f"{head.target}/{key}": float(value) for key, value in numbers.items() if key not in ("seed", FORCED)}
    return told


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
