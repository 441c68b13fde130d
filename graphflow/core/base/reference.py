"""Reference: an object as a key of dicts and a member of sets, by its identity."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class Reference(Generic[T]):
    """Refers to an object and keeps it alive; equal to the references to the same object.

    What `Tensor.experimental_ref` and `Variable.experimental_ref` give.
    """

    def __init__(self, referent: T) -> None:
        self._referent = referent

    def deref(self) -> T:
        """The object itself."""
        return self._referent

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reference) and self._referent is other._referent

    def __hash__(self) -> int:
        return id(self._referent)

    def __repr__(self) -> str:
        return f"<Reference wrapping {self._referent!r}>"
