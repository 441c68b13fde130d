"""Optimizers: a rule of `core/ops/updates` with its slots, applied to all variables of a loss."""
