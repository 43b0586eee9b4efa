"""The parts of a DataLoader: collating, fetching, worker processes."""

from . import collate, fetch, worker
