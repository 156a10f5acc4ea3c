"""
The weights of a random model as a function of a seed and each tensor's name, the same here and in
test/models/generated.ts, so that a test builds megabytes of weights from the 6 KB header that is committed.

    32-bit numbers of a tensor: mulberry32 started at FNV-1a("<seed>/<name>"), whose state after i steps is start + i * step
"""
import math

import numpy as np

from config import HEADS, LOUD, ROLES


def numbers(seed, name, count):
    """uint32 [count]"""
    start = 0x811C9DC5
    for byte in f"{seed}/{name}".encode():
        start = (start ^ byte) * 0x01000193 % 2**32
    state = (start + 0x6D2B79F5 * np.arange(1, count + 1, dtype=np.uint64)).astype(np.uint32)
    t = (state ^ (state >> 15)) * (state | 1)
    t ^= t + (t ^ (t >> 7)) * (t | 61)
    return t ^ (t >> 14)


def shapes(config):
    """name -> (dtype, shape) of every tensor of a model, in the order of the file."""
    d, h, e = config.dim, config.hidden, config.experts
    table = {"embed.weight": ("I8", (config.vocab, d)), "embed.scale": ("F32", (config.vocab,))}
    for i in range(config.layers):
        layer = {
            "attn_norm": ("F32", (d,)),
            "qkv.weight": ("U8", (3 * d // 16, d // 4, 16)),
            "qkv.scale": ("F32", (3 * d,)),
            "attn_subln": ("F32", (d,)),
            "out.weight": ("U8", (d // 16, d // 4, 16)),
            "out.scale": ("F32", (d,)),
            "ffn_norm": ("F32", (d,)),
            "router": ("F32", (e, d)),
            "up.weight": ("U8", (e, h // 16, d // 4, 16)),
            "up.scale": ("F32", (e, h)),
            "ffn_subln": ("F32", (h,)),
            "down.weight": ("U8", (e, d // 16, h // 4, 16)),
            "down.scale": ("F32", (e, d)),
        }
        table.update({f"layers.{i}.{name}": entry for name, entry in layer.items()})
    table.update({"final_norm": ("F32", (d,)), "pool": ("F32", (d,))})
    for name, labels in HEADS.items():
        table[f"heads.{name}.weight"] = ("F32", (len(labels), d))
        table[f"heads.{name}.bias"] = ("F32", (len(labels),))
    if config.ngrams:
        labels = len(HEADS["threat"])
        table.update({"ngrams.scale": ("F32", (labels,)), "ngrams.bias": ("F32", (len(ROLES), labels))})
        table["ngrams.weight"] = ("I8", (config.ngrams, labels))  # last: its size keeps nothing behind it aligned
    return table


def generate(config, seed):
    """name -> array as in the file. Two thirds of the weights are not 0; sizes keep every activation near 1."""
    tensors = {}
    for name, (dtype, shape) in shapes(config).items():
        count = math.prod(shape)
        if dtype == "U8":
            codes = (numbers(seed, name, 4 * count) % 3).astype(np.uint8).reshape(count, 4)
            tensors[name] = (codes << np.array([0, 2, 4, 6], np.uint8)).sum(-1, dtype=np.uint8).reshape(shape)
        elif dtype == "I8":
            tensors[name] = ((numbers(seed, name, count) % 255).astype(np.int16) - 127).astype(np.int8).reshape(shape)
        else:
            low, span = interval(name, config)
            u = numbers(seed, name, count) / 2.0**32
            tensors[name] = (low + span * u).astype(np.float32).reshape(shape)
    return tensors


def interval(name, config):
    """The least value of a float tensor and the width of the interval above it, in float64."""
    branch = math.sqrt(2 * config.layers)
    if name == "embed.scale":
        return 0.5 * LOUD / 73, LOUD / 73
    if name.endswith(("norm", "subln")):
        return 0.75, 0.5
    if name.endswith("bias"):
        return -0.5, 1.0
    if name.endswith(".scale"):
        kind = name.split(".")[-2]
        size = 1 / math.sqrt(2 * (config.hidden if kind == "down" else config.dim) / 3)
        size = size / branch if kind in ("out", "down") else size
        return 0.5 * size, size
    edge = math.sqrt(3 / config.dim)
    return -edge, 2 * edge


if __name__ == "__main__":
    assert numbers(7, "pool", 2).tolist() == numbers(7, "pool", 3).tolist()[:2]
    print("numbers(7, 'pool', 4) =", numbers(7, "pool", 4).tolist())
