"""What a user could write or take instead of keras_regan.

Each module belongs to one framework and holds `CONTENDERS`: by name, functions
that take a network's name and a batch size and return `run(steps)`, which
trains for that many steps and returns the means of both losses over them, the
discriminator's first.

All train the same networks by the same step, unless a docstring says
otherwise: non-saturating loss, one update of the discriminator, then one of
the generator on latents of its own, Adam with a rate of 2e-4 and beta 0.5.
"""

NETWORKS = ("mlp", "dcgan", "resnet")
# Widths that let a step take less than a second on two cores.
MLP_HIDDEN = (128, 128)
MLP_LATENTS = 16
DCGAN_WIDTH = 32
RESNET_WIDTH = 16
IMAGE_LATENTS = 100
RATE, BETA_1 = 2e-4, 0.5
# How many batches there are before the data begin again.
BATCHES = 8
