"""Steps on eight numbers at once, which a compiler does not find by itself in loops over arrays.

Each function is written as vector instructions of LLVM's own language, which fit any processor: one register of
AVX-512, two of AVX2, four of SSE2 or NEON. All arrays are contiguous; nothing is checked.
"""

# ruff: noqa: ARG001 - numba calls these with the types of all arguments

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

LANES = 8
BLOCK = 64
"""Rows whose leaves are found together: eight vectors of masks, held in registers."""

_WORD = ir.IntType(64)
_WORDS = ir.VectorType(_WORD, LANES)
_REALS = ir.VectorType(ir.DoubleType(), LANES)


def _data(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    return context.make_array(kind)(context, builder, value).data


def _vector(builder: Any, data: Any, offset: Any, kind: Any) -> Any:
    return builder.bitcast(builder.gep(data, [offset]), kind.as_pointer())


def _load(builder: Any, data: Any, offset: Any, kind: Any) -> Any:
    return builder.load(_vector(builder, data, offset, kind), align=8)


def _store(builder: Any, value: Any, data: Any, offset: Any) -> None:
    builder.store(value, _vector(builder, data, offset, value.type), align=8)


def _spread(builder: Any, value: Any) -> Any:
    kind = ir.VectorType(value.type, LANES)
    first = builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), LANES), None)
    return builder.shuffle_vector(first, ir.Constant(kind, ir.Undefined), zeros)


def _row(builder: Any, row: Any, vector: int) -> Any:
    """Return where a vector begins in a row of a block."""
    return builder.add(builder.mul(row, ir.Constant(_WORD, BLOCK)), ir.Constant(_WORD, vector * LANES))


@intrinsic  # type: ignore[untyped-decorator]
def clear_above(
    typing: Any, masks: Any, cells: Any, columns: Any, limits: Any, keeps: Any, start: Any, stop: Any
) -> Any:
    """For each split from `start` to `stop`, keep only `keeps` of the masks of rows whose cell is above the limit."""
    del typing

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = [_data(context, builder, *each) for each in zip(signature.args[:5], arguments[:5], strict=True)]
        masks, cells, columns, limits, keeps = data
        held = [cgutils.alloca_once(builder, _WORDS) for _ in range(BLOCK // LANES)]
        zero = ir.Constant(_WORD, 0)
        for at, slot in enumerate(held):
            builder.store(_load(builder, masks, _row(builder, zero, at), _WORDS), slot)
        with cgutils.for_range_slice(builder, *arguments[5:], ir.Constant(_WORD, 1)) as (split, _):
            column = builder.load(builder.gep(columns, [split]))
            limit = _spread(builder, builder.load(builder.gep(limits, [split])))
            keep = _spread(builder, builder.load(builder.gep(keeps, [split])))
            for at, slot in enumerate(held):
                cell = _load(builder, cells, _row(builder, column, at), _REALS)
                mask = builder.load(slot)
                above = builder.fcmp_ordered(">", cell, limit)
                builder.store(builder.select(above, builder.and_(mask, keep), mask), slot)
        for at, slot in enumerate(held):
            _store(builder, builder.load(slot), masks, _row(builder, zero, at))
        return context.get_dummy_value()

    return types.void(masks, cells, columns, limits, keeps, types.int64, types.int64), generate


@intrinsic  # type: ignore[untyped-decorator]
def clear_outside(
    typing: Any,
    masks: Any,
    cells: Any,
    columns: Any,
    places: Any,
    widths: Any,
    members: Any,
    keeps: Any,
    start: Any,
    stop: Any,
) -> Any:
    """For each split from `start` to `stop`, keep only `keeps` of the masks of rows whose cell is not in its set.

    Split s has ``widths[s]`` words from ``members[places[s]]``, and its cells are as many columns from
    ``columns[s]``; a cell is in the set if they have a bit in common.
    """
    del typing

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = [_data(context, builder, *each) for each in zip(signature.args[:7], arguments[:7], strict=True)]
        masks, cells, columns, places, widths, members, keeps = data
        zero, one = ir.Constant(_WORD, 0), ir.Constant(_WORD, 1)
        nothing = ir.Constant(_WORDS, None)
        held = [cgutils.alloca_once(builder, _WORDS) for _ in range(BLOCK // LANES)]
        common = [cgutils.alloca_once(builder, _WORDS) for _ in range(BLOCK // LANES)]
        for at, slot in enumerate(held):
            builder.store(_load(builder, masks, _row(builder, zero, at), _WORDS), slot)
        with cgutils.for_range_slice(builder, *arguments[7:], one) as (split, _):
            first, place, width = (builder.load(builder.gep(each, [split])) for each in (columns, places, widths))
            keep = _spread(builder, builder.load(builder.gep(keeps, [split])))
            for slot in common:
                builder.store(nothing, slot)
            with cgutils.for_range_slice(builder, zero, width, one) as (word, _):
                member = _spread(builder, builder.load(builder.gep(members, [builder.add(place, word)])))
                column = builder.add(first, word)
                for at, slot in enumerate(common):
                    cell = _load(builder, cells, _row(builder, column, at), _WORDS)
                    builder.store(builder.or_(builder.load(slot), builder.and_(cell, member)), slot)
            for slot, hit in zip(held, common, strict=True):
                mask = builder.load(slot)
                outside = builder.icmp_unsigned("==", builder.load(hit), nothing)
                builder.store(builder.select(outside, builder.and_(mask, keep), mask), slot)
        for at, slot in enumerate(held):
            _store(builder, builder.load(slot), masks, _row(builder, zero, at))
        return context.get_dummy_value()

    arrays = (masks, cells, columns, places, widths, members, keeps)
    return types.void(*arrays, types.int64, types.int64), generate


@intrinsic  # type: ignore[untyped-decorator]
def lowest_bit(typing: Any, word: Any) -> Any:
    """Return the place of the lowest bit that is set; 64 if there is none."""
    del typing

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        del context, signature
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(word), generate


@intrinsic  # type: ignore[untyped-decorator]
def weigh_along(typing: Any, table: Any, row: Any, rule: Any, old: Any, new: Any, value: Any) -> Any:
    """Fill a branch's factor and, two rows on, its weight for a row that goes along it; see `quadrature`.

    The factor is v (z (1 - t) + t) / (y (1 - t) + t) for a share y before and z after the split and a leaf of value v,
    the weight w ((1 - z) / (z (1 - t) + t) - (1 - y) / (y (1 - t) + t)).
    """
    del typing

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        places, _, weights, new, value, was, gone = _weighed(context, builder, signature, arguments)
        stays = builder.fadd(builder.fmul(new, places[1]), places[0])
        rest = builder.fdiv(builder.fsub(ir.Constant(_REALS, [1.0] * LANES), new), stays)
        factor = builder.fdiv(builder.fmul(value, stays), was)
        _fill(context, builder, signature, arguments, factor, builder.fmul(weights, builder.fsub(rest, gone)))
        return context.get_dummy_value()

    return types.void(table, types.int64, rule, types.float64, types.float64, types.float64), generate


@intrinsic  # type: ignore[untyped-decorator]
def weigh_against(typing: Any, table: Any, row: Any, rule: Any, old: Any, new: Any, value: Any) -> Any:
    """Fill a branch's factor and, two rows on, its weight for a row that goes along the other one.

    The factor is v z (1 - t) / (y (1 - t) + t), the weight w (-1 / (1 - t) - (1 - y) / (y (1 - t) + t)).
    """
    del typing

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        places, lost, weights, new, value, was, gone = _weighed(context, builder, signature, arguments)
        factor = builder.fdiv(builder.fmul(builder.fmul(value, new), places[1]), was)
        _fill(context, builder, signature, arguments, factor, builder.fmul(weights, builder.fsub(lost, gone)))
        return context.get_dummy_value()

    return types.void(table, types.int64, rule, types.float64, types.float64, types.float64), generate


def _weighed(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Return t and 1 - t, -1 / (1 - t), w, z, v, y (1 - t) + t, and (1 - y) / (y (1 - t) + t)."""
    rule = _data(context, builder, signature.args[2], arguments[2])
    place, left, lost, weights = (
        _load(builder, rule, _lanes(builder, ir.Constant(_WORD, at)), _REALS) for at in range(4)
    )
    old, new, value = (_spread(builder, number) for number in arguments[3:])
    was = builder.fadd(builder.fmul(old, left), place)
    gone = builder.fdiv(builder.fsub(ir.Constant(_REALS, [1.0] * LANES), old), was)
    return (place, left), lost, weights, new, value, was, gone


def _fill(context: Any, builder: Any, signature: Any, arguments: Any, factor: Any, weight: Any) -> None:
    table = _data(context, builder, signature.args[0], arguments[0])
    _store(builder, factor, table, _lanes(builder, arguments[1]))
    _store(builder, weight, table, _lanes(builder, arguments[1], 2))


@intrinsic  # type: ignore[untyped-decorator]
def descend(typing: Any, paths: Any, parent: Any, left: Any, right: Any, table: Any, at: Any) -> Any:
    """Multiply the products of a split's path into those of its two branches, by rows `at` and `at` + 1 of a table."""
    del typing

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        paths = _data(context, builder, signature.args[0], arguments[0])
        table = _data(context, builder, signature.args[4], arguments[4])
        above = _load(builder, paths, _lanes(builder, arguments[1]), _REALS)
        for branch, child in enumerate(arguments[2:4]):
            factor = _load(builder, table, _lanes(builder, arguments[5], branch), _REALS)
            _store(builder, builder.fmul(above, factor), paths, _lanes(builder, child))
        return context.get_dummy_value()

    whole = types.int64
    return types.void(paths, whole, whole, whole, table, whole), generate


@intrinsic  # type: ignore[untyped-decorator]
def ascend(
    typing: Any, paths: Any, parent: Any, left: Any, right: Any, table: Any, at: Any, totals: Any, feature: Any
) -> Any:
    """Add up what the leaves of two branches give, and to a feature's totals what its split decides of it.

    Rows `at` + 2 and `at` + 3 of the table weigh the branches.
    """
    del typing

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        paths = _data(context, builder, signature.args[0], arguments[0])
        table = _data(context, builder, signature.args[4], arguments[4])
        totals = _data(context, builder, signature.args[6], arguments[6])
        branches = [_load(builder, paths, _lanes(builder, child), _REALS) for child in arguments[2:4]]
        _store(builder, builder.fadd(*branches), paths, _lanes(builder, arguments[1]))
        total = _load(builder, totals, _lanes(builder, arguments[7]), _REALS)
        for branch, given in enumerate(branches, start=2):
            weight = _load(builder, table, _lanes(builder, arguments[5], branch), _REALS)
            total = builder.fadd(total, builder.fmul(given, weight))
        _store(builder, total, totals, _lanes(builder, arguments[7]))
        return context.get_dummy_value()

    whole = types.int64
    return types.void(paths, whole, whole, whole, table, whole, totals, whole), generate


def _lanes(builder: Any, row: Any, further: int = 0) -> Any:
    """Return where a row of eight numbers begins."""
    return builder.mul(builder.add(row, ir.Constant(_WORD, further)), ir.Constant(_WORD, LANES))
