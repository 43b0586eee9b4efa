"""Channels dealt out anew."""

from .. import functional as F
from .module import Module


class ChannelShuffle(Module):
    """[N, C, ...] with the channels of all groups dealt out in turn.  Zhang et al., 2018."""

    __constants__ = ["groups"]

    def __init__(self, groups):
        super().__init__()
        self.groups = groups

    def forward(self, input):
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self):
        return f"groups={self.groups}"
