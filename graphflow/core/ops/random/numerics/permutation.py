"""Random choices of what is there: RandomShuffle permutes rows, Multinomial draws classes."""

from __future__ import annotations

import numpy as np

from .distributions import RESERVED_PER_OUTPUT, DType, unit_interval
from .philox import WORDS, Philox


def shuffle(philox: Philox, value: np.ndarray) -> np.ndarray:
    """The rows (along axis 0) in random order. Bit for bit TF's: Fisher and Yates, from the front.

    Nothing is drawn where there is nothing to shuffle. One word serves a row, so that there is a
    slight bias, and no more than 2**32 rows.
    """
    if value.size <= 1 or len(value) <= 1:
        return value
    rows = len(value)
    blocks = -(-(rows - 1) // WORDS)
    words = philox.reserve(blocks).blocks(0, blocks).reshape(-1)[: rows - 1]
    remaining = np.arange(rows, 1, -1, dtype=np.uint32)
    partners = np.arange(rows - 1) + words % remaining
    order = list(range(rows))
    for row, partner in enumerate(partners.tolist()):
        order[row], order[partner] = order[partner], order[row]
    return value[order]


def multinomial(philox: Philox, logits: np.ndarray, num_samples: int, dtype: DType) -> np.ndarray:
    """Classes drawn with probabilities softmax(logits), by looking into the cumulative sums.

    TF gives each shard of a large batch words that overlap the next shard's, and how it cuts the
    batch depends on its threads. Here a batch is always one shard: TF's numbers for small work and
    for one thread.

    Args:
      philox: the generator.
      logits: float [batch, classes]; entries that are not finite have probability 0.
      num_samples: how many to draw for each row.
      dtype: of the result.

    Returns:
      [batch, num_samples]. A row without a finite logit gives `classes`, as in TF.
    """
    batch = len(logits)
    doubles = batch * num_samples
    # TF counts two words for each double, rounds the samples of a row up to whole blocks, and then
    # counts words as if they were blocks.
    stream = philox.reserve(2 * batch * (-(-num_samples // WORDS) * WORDS) * RESERVED_PER_OUTPUT)
    bits = stream.blocks(0, -(-doubles // 2))
    uniforms = unit_interval(bits, np.dtype(np.float64)).reshape(-1)[:doubles]
    out = np.empty((batch, num_samples), dtype)
    for row, points in enumerate(uniforms.reshape(batch, num_samples)):
        cumulative = _cumulative_weights(logits[row])
        out[row] = np.searchsorted(cumulative, points * cumulative[-1], side="right")
    return out


def _cumulative_weights(logits: np.ndarray) -> np.ndarray:
    """Running sums of exp(logits), scaled so that the largest term is 1."""
    finite = np.isfinite(logits)
    if not finite.any():
        return np.zeros(len(logits))
    wide = np.where(finite, logits, -np.inf).astype(np.float64)
    return np.cumsum(np.exp(wide - wide.max()))
