"""All programs that have a port."""

from ports import books
from ports import keras_examples
from ports import keras_gan
from ports import repositories
from ports.program import Program

KERAS = (
    "https://github.com/keras-team/keras-io/blob/"
    "ac7f64cb542cb0c76245ba77a55fe447dc562d01/examples/generative/"
)
KERAS_GAN = (
    "https://github.com/eriklindernoren/Keras-GAN/blob/"
    "3ff3be4b4b2fa338b18e469888b6f0b7a1b2db48/"
)
FOSTER = (
    "https://github.com/davidADSP/Generative_Deep_Learning_2nd_Edition/blob/"
    "9b1048dbe0d698b486ed16d529cf16fcd3aea29d/notebooks/"
)
PROGRAMS = [
    Program(
        "Keras: DCGAN, faces",
        KERAS + "dcgan_overriding_train_step.py#L113-L225",
        57,
        keras_examples.faces,
        "noise on the labels of real samples is its mean, and there is none "
        "on those of generated ones; dropout is on in training",
    ),
    Program(
        "Keras: WGAN-GP, garments",
        KERAS + "wgan_gp.py#L246-L431",
        86,
        keras_examples.garments,
        "nothing",
        long_to_trace=True,
    ),
    Program(
        "Keras: conditional GAN, digits",
        KERAS + "conditional_gan.py#L154-L270",
        82,
        keras_examples.digits_by_class,
        "the networks repeat the label over the image, not the step",
    ),
    Program(
        "Keras: data-efficient GAN, birds",
        KERAS + "gan_ada.py#L206-L603",
        175,
        keras_examples.birds,
        "flips and shifts, no rotation and no zoom; the probability moves at "
        "a fixed speed; the kernel distance is of all samples, not a mean "
        "over batches",
    ),
    Program(
        "Keras: WGAN-GP of graphs, molecules",
        KERAS + "wgan-graphs.py#L442-L560",
        85,
        keras_examples.molecules,
        "bonds and atoms are one tensor; the penalty takes one norm of it, "
        "not one for each bond and atom",
    ),
    Program(
        "TensorFlow: DCGAN, digits",
        "https://github.com/tensorflow/docs/blob/"
        "7c3650212740204359d4ceae481abc79345541be/"
        "site/en/tutorials/generative/dcgan.ipynb",
        28,
        books.digits,
        "the generator learns from the discriminator after its update",
    ),
    Program(
        "TensorFlow: pix2pix, facades",
        "https://github.com/tensorflow/docs/blob/"
        "7c3650212740204359d4ceae481abc79345541be/"
        "site/en/tutorials/generative/pix2pix.ipynb",
        34,
        books.facades,
        "dropout is off, and normalization uses its moving averages, when "
        "images are generated",
        long_to_trace=True,
    ),
    Program(
        "Chollet, first edition: frogs",
        "https://github.com/fchollet/deep-learning-with-python-notebooks/blob/"
        "dea84a4e12cc3bb3cb61ce952a0168bca113d315/"
        "first_edition/8.5-introduction-to-gans.ipynb",
        20,
        books.frogs,
        "noise on the labels of real samples is its mean, and there is none "
        "on those of generated ones; no decay of the learning rate; images "
        "from -1 to 1, as its tanh makes them",
    ),
    Program(
        "GANs in Action: semi-supervised GAN, digits",
        "https://github.com/GANs-in-Action/gans-in-action/blob/"
        "0e2664cba812dcf1aeedc391de6d2aa9060004ca/"
        "chapter-7/Chapter_7_SGAN.ipynb",
        34,
        books.digits_of_few_labels,
        "the discriminator learns from labelled, unlabelled and generated "
        "samples in one step, not in three; labelled samples are real ones, "
        "too",
    ),
    Program(
        "Foster: conditional WGAN-GP, faces",
        FOSTER + "04_gan/03_cgan/cgan.ipynb",
        110,
        books.faces_by_hair,
        "the penalty is taken between the samples, not beyond them",
        long_to_trace=True,
    ),
    Program(
        "Foster: MuseGAN, chorales",
        FOSTER + "11_music/02_musegan/musegan.ipynb",
        124,
        books.chorales,
        "four inputs are one vector of latents, which the generator splits; "
        "the penalty is taken between the samples, and of the whole sample",
        long_to_trace=True,
    ),
    Program(
        "Keras-GAN: GAN",
        KERAS_GAN + "gan/gan.py#L17-L132",
        32,
        keras_gan.gan,
        "nothing",
    ),
    Program(
        "Keras-GAN: DCGAN",
        KERAS_GAN + "dcgan/dcgan.py#L17-L143",
        31,
        keras_gan.dcgan,
        "nothing",
    ),
    Program(
        "Keras-GAN: WGAN",
        KERAS_GAN + "wgan/wgan.py#L19-L161",
        42,
        keras_gan.wgan,
        "the weights of normalization are not clipped; one batch of real "
        "samples serves all five updates",
        also=(keras_gan.clipped,),
        long_to_trace=True,
    ),
    Program(
        "Keras-GAN: LSGAN",
        KERAS_GAN + "lsgan/lsgan.py#L17-L132",
        31,
        keras_gan.lsgan,
        "nothing",
    ),
    Program(
        "Keras-GAN: ACGAN",
        KERAS_GAN + "acgan/acgan.py#L15-L166",
        37,
        keras_gan.acgan,
        "generated samples have the labels of the real ones, not drawn ones "
        "(see below)",
    ),
    Program(
        "Keras-GAN: CGAN",
        KERAS_GAN + "cgan/cgan.py#L15-L152",
        35,
        keras_gan.cgan,
        "generated samples have the labels of the real ones, not drawn ones "
        "(see below)",
    ),
    Program(
        "Keras-GAN: pix2pix",
        "https://github.com/eriklindernoren/Keras-GAN/blob/"
        "0935156d743ad05664cd839aa5c2025ce266e61e/pix2pix/pix2pix.py#L19-L174",
        35,
        keras_gan.pix2pix,
        "nothing",
    ),
    Program(
        "Keras-GAN: boundary-seeking GAN",
        KERAS_GAN + "bgan/bgan.py#L18-L138",
        33,
        keras_gan.bgan,
        "nothing",
        also=(keras_gan.BoundarySeeking,),
    ),
    Program(
        "Keras-GAN: InfoGAN",
        KERAS_GAN + "infogan/infogan.py#L17-L185",
        49,
        keras_gan.infogan,
        "what tells the codes learns in the discriminator's step, not in the "
        "generator's",
        also=(keras_gan.CodedGAN, keras_gan.MutualInformation),
        long_to_trace=True,
    ),
    Program(
        "Relativistic average GAN, garments",
        "https://github.com/IShengFang/Relativistic-average-GAN-Keras/blob/"
        "6dbbdd1d4d401f2ad3777474c69d4a67538b9ee8/RaGAN_CustomLoss.py#L93-L182",
        39,
        repositories.garments_by_comparison,
        "both players see the same real samples",
    ),
    Program(
        "GAN flavours: hinge loss, spectral normalization",
        "https://github.com/beresandras/gan-flavours-keras/blob/"
        "b4bc42e1878ddf50fc7b82834de0d1eb5fefbc7b/model.py",
        107,
        repositories.flowers,
        "latents are vectors, which the generator reshapes",
    ),
    Program(
        "Conditional WaveGAN, knocking sounds",
        "https://github.com/adrianbarahona/"
        "conditional_wavegan_knocking_sounds/blob/"
        "26e14519016e675631810e1e85a7b391d362d9b3/wgangp.py#L10-L143",
        86,
        repositories.knocking_sounds,
        "the penalty is taken between the samples, not beyond them",
        long_to_trace=True,
    ),
    Program(
        "C-RNN-GAN, melodies",
        "https://github.com/seyedsaleh/music-generator/blob/"
        "527b03d397f85025ff18537b10de56bc31566238/codes/Model.py#L3-L107",
        31,
        repositories.melodies,
        "nothing",
        long_to_trace=True,
    ),
    Program(
        "ydata-synthetic 1.3.3: DRAGAN, census",
        "https://github.com/ydataai/ydata-synthetic/blob/1.3.3/"
        "src/ydata_synthetic/synthesizers/regular/dragan/model.py#L18-L198",
        58,
        repositories.census,
        "no sigmoid before the Wasserstein loss",
    ),
]
