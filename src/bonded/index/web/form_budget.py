"""How much all forms that are being read may hold together: one upload is bounded, and so must many at once be."""

__all__ = ["Budget", "Share"]


class Budget:
    """Bytes that forms may hold together; used on one event loop, so without a lock."""

    def __init__(self, size: int) -> None:
        self._left = size

    def share(self) -> "Share":
        """Begin to hold some; whoever begins gives all back in the end."""
        return Share(self)

    def take(self, size: int) -> bool:
        """Take some bytes, if they are there; a negative size gives back."""
        if size > self._left:
            return False
        self._left -= size
        return True


class Share:
    """What one form holds of a budget."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._held = 0

    def take(self, size: int) -> bool:
        """Hold more; False, and nothing more is held, where the budget is spent."""
        if not self._budget.take(size):
            return False
        self._held += size
        return True

    def give_back(self) -> None:
        """Hold nothing any more."""
        self._budget.take(-self._held)
        self._held = 0
