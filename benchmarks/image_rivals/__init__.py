"""GANs of images as public examples have them, written anew.

Each module is one example, with its networks, its settings and its step, and
holds `train(task, watch)`, which trains until the watch says that time is over.
Networks for other sizes than the example's have fewer halvings, or begin with
a larger or smaller image. What an example saves, prints and draws is left out.
"""
