"""`Recent`: a mapping with a limited number of entries, for what a process remembers."""

from collections import OrderedDict
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(OrderedDict[Key, Value]):
    """A mapping that keeps the entries which were set last, at most `most` of them.

    >>> recent = Recent(2)
    >>> recent[1] = recent[2] = recent[1] = recent[3] = "set"
    >>> [*recent]
    [1, 3]
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def __setitem__(self, key: Key, value: Value) -> None:
        super().__setitem__(key, value)
        self.move_to_end(key)
        if len(self) > self._most:
            self.popitem(last=False)
