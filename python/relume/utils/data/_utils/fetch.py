"""Fetchers: they take samples from a data set by index, or one after the other, and collate them."""

import itertools


class MapFetcher:
    """From a data set with elements by index."""

    def __init__(self, dataset, auto_collation, collate_fn, drop_last):
        self.dataset, self.auto_collation, self.collate_fn = dataset, auto_collation, collate_fn

    def fetch(self, index):
        """The batch of a list of indices; without batches, the sample of one index."""
        if not self.auto_collation:
            return self.collate_fn(self.dataset[index])
        together = getattr(self.dataset, "__getitems__", None)
        return self.collate_fn(together(index) if together else [self.dataset[i] for i in index])


class IterableFetcher:
    """From a data set that is gone through. Raises StopIteration at its end."""

    def __init__(self, dataset, auto_collation, collate_fn, drop_last):
        self.samples = iter(dataset)
        self.auto_collation, self.collate_fn, self.drop_last = auto_collation, collate_fn, drop_last

    def fetch(self, index):
        """The next batch of as many samples as there are indices; without batches, the next sample."""
        if not self.auto_collation:
            return self.collate_fn(next(self.samples))
        samples = list(itertools.islice(self.samples, len(index)))
        if not samples or (self.drop_last and len(samples) < len(index)):
            raise StopIteration
        return self.collate_fn(samples)
