"""The hash functions of texts: FarmHash's Fingerprint64, SipHash-2-4 and MurmurHash64A.

Names of constants and steps are those of the published algorithms. All arithmetic is modulo 2**64.
"""

from __future__ import annotations

_MASK = (1 << 64) - 1
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F


def fingerprint64(text: bytes) -> int:
    """FarmHash's Fingerprint64, which never changes."""
    size = len(text)
    if size <= 16:
        return _up_to_16(text)
    if size <= 32:
        return _up_to_32(text)
    if size <= 64:
        return _up_to_64(text)
    return _over_64(text)


def _word(text: bytes, at: int) -> int:
    """The 8 bytes from there, which may count from the end."""
    at = at if at >= 0 else len(text) + at
    return int.from_bytes(text[at : at + 8], "little")


def _half(text: bytes, at: int) -> int:
    at = at if at >= 0 else len(text) + at
    return int.from_bytes(text[at : at + 4], "little")


def _rotate(value: int, right: int) -> int:
    return ((value >> right) | (value << (64 - right))) & _MASK


def _shift_mix(value: int) -> int:
    return value ^ (value >> 47)


def _hash_16(u: int, v: int, mul: int) -> int:
    a = _shift_mix(((u ^ v) * mul) & _MASK)
    b = _shift_mix(((v ^ a) * mul) & _MASK)
    return (b * mul) & _MASK


def _up_to_16(s: bytes) -> int:
    size = len(s)
    if size >= 8:
        mul = _K2 + size * 2
        a = (_word(s, 0) + _K2) & _MASK
        b = _word(s, -8)
        c = (_rotate(b, 37) * mul + a) & _MASK
        d = ((_rotate(a, 25) + b) * mul) & _MASK
        return _hash_16(c, d, mul)
    if size >= 4:
        mul = _K2 + size * 2
        return _hash_16((size + (_half(s, 0) << 3)) & _MASK, _half(s, -4), mul)
    if size > 0:
        y = s[0] + (s[size >> 1] << 8)
        z = size + (s[-1] << 2)
        return (_shift_mix(((y * _K2) & _MASK) ^ ((z * _K0) & _MASK)) * _K2) & _MASK
    return _K2


def _up_to_32(s: bytes) -> int:
    mul = _K2 + len(s) * 2
    a = (_word(s, 0) * _K1) & _MASK
    b = _word(s, 8)
    c = (_word(s, -8) * mul) & _MASK
    d = (_word(s, -16) * _K2) & _MASK
    u = (_rotate((a + b) & _MASK, 43) + _rotate(c, 30) + d) & _MASK
    v = (a + _rotate((b + _K2) & _MASK, 18) + c) & _MASK
    return _hash_16(u, v, mul)


def _up_to_64(s: bytes) -> int:
    mul = _K2 + len(s) * 2
    a = (_word(s, 0) * _K2) & _MASK
    b = _word(s, 8)
    c = (_word(s, -8) * mul) & _MASK
    d = (_word(s, -16) * _K2) & _MASK
    y = (_rotate((a + b) & _MASK, 43) + _rotate(c, 30) + d) & _MASK
    z = _hash_16(y, (a + _rotate((b + _K2) & _MASK, 18) + c) & _MASK, mul)
    e = (_word(s, 16) * mul) & _MASK
    f = _word(s, 24)
    g = ((y + _word(s, -32)) * mul) & _MASK
    h = ((z + _word(s, -24)) * mul) & _MASK
    u = (_rotate((e + f) & _MASK, 43) + _rotate(g, 30) + h) & _MASK
    return _hash_16(u, (e + _rotate((f + a) & _MASK, 18) + g) & _MASK, mul)


def _weak_32(s: bytes, at: int, a: int, b: int) -> tuple[int, int]:
    """Two words that four words of the text and two seeds make."""
    w, x, y, z = (_word(s, at + 8 * i) for i in range(4))
    a = (a + w) & _MASK
    b = _rotate((b + a + z) & _MASK, 21)
    c = a
    a = (a + x + y) & _MASK
    b = (b + _rotate(a, 44)) & _MASK
    return (a + z) & _MASK, (b + c) & _MASK


def _over_64(s: bytes) -> int:
    seed = 81
    x, y = seed, (seed * _K1 + 113) & _MASK
    z = (_shift_mix((y * _K2 + 113) & _MASK) * _K2) & _MASK
    v, w = (0, 0), (0, 0)
    x = (x * _K2 + _word(s, 0)) & _MASK
    end = ((len(s) - 1) // 64) * 64
    for at in range(0, end, 64):
        x = (_rotate((x + y + v[0] + _word(s, at + 8)) & _MASK, 37) * _K1) & _MASK
        y = (_rotate((y + v[1] + _word(s, at + 48)) & _MASK, 42) * _K1) & _MASK
        x ^= w[1]
        y = (y + v[0] + _word(s, at + 40)) & _MASK
        z = (_rotate((z + w[0]) & _MASK, 33) * _K1) & _MASK
        v = _weak_32(s, at, (v[1] * _K1) & _MASK, (x + w[0]) & _MASK)
        w = _weak_32(s, at + 32, (z + w[1]) & _MASK, (y + _word(s, at + 16)) & _MASK)
        z, x = x, z
    mul = (_K1 + ((z & 0xFF) << 1)) & _MASK
    at = len(s) - 64  # the last 64 bytes, which may overlap those before
    w = ((w[0] + ((len(s) - 1) & 63)) & _MASK, w[1])
    v = ((v[0] + w[0]) & _MASK, v[1])
    w = ((w[0] + v[0]) & _MASK, w[1])
    x = (_rotate((x + y + v[0] + _word(s, at + 8)) & _MASK, 37) * mul) & _MASK
    y = (_rotate((y + v[1] + _word(s, at + 48)) & _MASK, 42) * mul) & _MASK
    x ^= (w[1] * 9) & _MASK
    y = (y + v[0] * 9 + _word(s, at + 40)) & _MASK
    z = (_rotate((z + w[0]) & _MASK, 33) * mul) & _MASK
    v = _weak_32(s, at, (v[1] * mul) & _MASK, (x + w[0]) & _MASK)
    w = _weak_32(s, at + 32, (z + w[1]) & _MASK, (y + _word(s, at + 16)) & _MASK)
    z, x = x, z
    first = (_hash_16(v[0], w[0], mul) + _shift_mix(y) * _K0 + z) & _MASK
    return _hash_16(first, (_hash_16(v[1], w[1], mul) + x) & _MASK, mul)


def sip_hash(key: tuple[int, int], text: bytes) -> int:
    """SipHash-2-4, whose values nobody can foresee without the key."""
    k0, k1 = key[0] & _MASK, key[1] & _MASK
    state = (
        k0 ^ 0x736F6D6570736575,
        k1 ^ 0x646F72616E646F6D,
        k0 ^ 0x6C7967656E657261,
        k1 ^ 0x7465646279746573,
    )
    whole = len(text) & ~7
    last = int.from_bytes(text[whole:], "little") | ((len(text) & 0xFF) << 56)
    for word in [*(_word(text, at) for at in range(0, whole, 8)), last]:
        v0, v1, v2, v3 = state
        v0, v1, v2, v3 = _sip_rounds((v0, v1, v2, v3 ^ word), 2)
        state = (v0 ^ word, v1, v2, v3)
    v0, v1, v2, v3 = state
    v0, v1, v2, v3 = _sip_rounds((v0, v1, v2 ^ 0xFF, v3), 4)
    return v0 ^ v1 ^ v2 ^ v3


def _sip_rounds(state: tuple[int, int, int, int], count: int) -> tuple[int, int, int, int]:
    v0, v1, v2, v3 = state
    for _ in range(count):
        v0 = (v0 + v1) & _MASK
        v2 = (v2 + v3) & _MASK
        v1 = _rotate(v1, 64 - 13) ^ v0
        v3 = _rotate(v3, 64 - 16) ^ v2
        v0 = _rotate(v0, 32)
        v2 = (v2 + v1) & _MASK
        v0 = (v0 + v3) & _MASK
        v1 = _rotate(v1, 64 - 17) ^ v2
        v3 = _rotate(v3, 64 - 21) ^ v0
        v2 = _rotate(v2, 32)
    return v0, v1, v2, v3


def murmur_hash(text: bytes, seed: int = 0xDECAFCAFFE) -> int:
    """MurmurHash64A."""
    m = 0xC6A4A7935BD1E995
    h = seed ^ ((len(text) * m) & _MASK)
    whole = len(text) & ~7
    for at in range(0, whole, 8):
        k = (_word(text, at) * m) & _MASK
        k = ((k ^ (k >> 47)) * m) & _MASK
        h = ((h ^ k) * m) & _MASK
    if whole < len(text):
        h = ((h ^ int.from_bytes(text[whole:], "little")) * m) & _MASK
    h = ((h ^ (h >> 47)) * m) & _MASK
    return h ^ (h >> 47)
