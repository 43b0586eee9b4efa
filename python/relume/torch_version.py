"""A version that compares by its numbers, with texts and with tuples: __version__ >= "2.2" where it is 2.13."""

import re

__all__ = ["TorchVersion"]


def _numbers(version):
    """The numbers of a version, without zeros at the end, and whether something follows them behind a plus sign."""
    if not isinstance(version, str):
        version = ".".join(map(str, version))
    found = re.match(r"\d+(\.\d+)*", version)
    if not found:
        return None
    numbers = [int(number) for number in found[0].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return numbers, "+" in version


class TorchVersion(str):
    """A text that compares as a version. What has no numbers compares as a text."""

    def _pair(self, other):
        mine, theirs = _numbers(self), _numbers(other)
        return (mine, theirs) if mine and theirs else (str(self), str(other))

    def __eq__(self, other):
        own, given = self._pair(other)
        return own == given

    def __lt__(self, other):
        own, given = self._pair(other)
        return own < given

    def __gt__(self, other):
        own, given = self._pair(other)
        return own > given

    def __ge__(self, other):
        return not self < other

    def __le__(self, other):
        return not self > other

    __hash__ = str.__hash__
