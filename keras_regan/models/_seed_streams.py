"""Seeds far apart, for streams that must never give the same numbers."""

# The golden section of all 31-bit numbers, made odd: multiples of it lie as far
# from each other as that many numbers can.
_GOLDEN = 1_327_217_885
_STREAMS = 5


def first_seeds(seed: int) -> list[int]:
    """Returns the first seed of each stream of a model.

    On PyTorch, Keras seeds the n-th draw of a stream with its first seed plus
    n, so streams with first seeds in a row would give the same numbers, one
    draw later each. These are spread over all seeds by multiplicative hashing
    (Knuth, The Art of Computer Programming, volume 3, section 6.4): two streams
    of a model are 300 million draws apart, and those of all models with seeds
    from 0 to 99 two million.

    Args:
        seed: Integer. The model's seed.
    """
    numbers = range(_STREAMS * seed + 1, _STREAMS * (seed + 1) + 1)
    return [number * _GOLDEN % 2**31 for number in numbers]
