"""What all contenders for a step of R3GAN train."""

import math
from typing import NamedTuple


class Task(NamedTuple):
    """Networks and a batch, in numbers that go to other processes.

    Attributes:
        width: Filters of all maps.
        batch: Images of a step.
        size: Pixels along a side, of 16 or 32, up to which maps have the same
            width.
        blocks: Residual blocks at each size.
        authors: Folder of a checkout of the authors' code, if there is one.
    """

    width: int
    batch: int
    size: int = 32
    blocks: int = 2
    authors: str | None = None

    latent_dim = 64
    group_size = 16
    # The authors' for CIFAR-10.
    factor = 0.05

    @property
    def doublings(self) -> int:
        """How often the size of maps is doubled, from 4 x 4 on."""
        return int(math.log2(self.size)) - 2
