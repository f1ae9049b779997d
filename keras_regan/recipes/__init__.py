"""Recipes: the arguments of `compile`, each in one line.

A recipe is a dictionary of arguments. Each call returns a new one, so you can
change it before you pass it to `compile`.

```python
recipe = keras_regan.recipes.r3gan(steps=100_000)
recipe["generator_regularizers"].append(
    keras_regan.regularizers.PairwiseDistance(0.1))
gan.compile(**recipe)
```
"""

from keras_regan.recipes.dcgan import dcgan as dcgan
from keras_regan.recipes.lsgan import lsgan as lsgan
from keras_regan.recipes.photos import photos as photos
from keras_regan.recipes.quick import quick as quick
from keras_regan.recipes.r1_factor import r1_factor as r1_factor
from keras_regan.recipes.r3gan import r3gan as r3gan
from keras_regan.recipes.sngan import sngan as sngan
from keras_regan.recipes.stylegan2 import stylegan2 as stylegan2
from keras_regan.recipes.wgan_gp import wgan_gp as wgan_gp
