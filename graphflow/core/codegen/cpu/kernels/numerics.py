"""Copies that look for what is not finite on the way.

    x    [ part | part | ... ]   an item copies a part, and notes what it has seen:
    seen [  0   |  3   | ... ]   1 for a NaN, 2 for an infinity
                 |
    report                       one item puts the notes together: the message names both

Bytes: all read and written once.
"""

from __future__ import annotations

from ..simd import F32, F64, lane_bits, report, set_word, word

NAN, INFINITY = 1, 2


def _make_copy(real):
    load, load_tail, store, store_tail = real.load, real.load_tail, real.store, real.store_tail
    width, size, scalar = real.width, real.size, real.scalar

    def copy(lo, hi, args):
        """Words: target, source, seen, elements of a part, of all."""
        target, source, part, count = word(args, 0), word(args, 1), word(args, 3), word(args, 4)
        for item in range(lo, hi):
            nan, infinity, end = 0, 0, min(item * part + part, count)
            for i in range(item * part, end, width):
                if end - i >= width:
                    x = load(source + i * size)
                    store(target + i * size, x)
                else:
                    x = load_tail(source + i * size, end - i, scalar(0))
                    store_tail(target + i * size, x, end - i)
                rest = x - x  # NaN of a NaN and of an infinity
                nan |= lane_bits(x != x)
                infinity |= lane_bits(rest != rest) & ~lane_bits(x != x)
            seen = (NAN if nan != 0 else 0) | (INFINITY if infinity != 0 else 0)
            set_word(word(args, 2), item, seen)

    return copy


copy_f32, copy_f64 = _make_copy(F32), _make_copy(F64)


def report_seen(lo, hi, args):
    """Words: what was seen, how many parts; failure."""
    seen = 0
    for i in range(word(args, 1)):
        seen |= word(word(args, 0), i)
    if seen != 0:
        report(args, 2, seen, 0)
