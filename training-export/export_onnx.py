"""
Writes model.onnx from model.safetensors: the same integers through MatMulInteger, built node by node (no exporter).

    python export_onnx.py --model DIR              self-contained
    python export_onnx.py --model DIR --external   weights stay in model.safetensors, named by offset: a graph of 0.2 MB

Input `ids`: int64 [T], one window, its role token first. Outputs `threat`, `route`, `codec`: f32 logits.
Weights stay packed in the file (2 bits each); a look-up in the graph unpacks them, which a runtime folds at load. Only
the rows that chose an expert are multiplied by it. Opset 17.
"""
import argparse
import functools
import json
import math
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from config import ABSMAX_MIN, HEADS, NGRAM_CALM, NGRAM_FACTORS, NGRAM_STEP, ROLES, Config
from files import decode_safetensors, header_of

# code byte -> its four weights, lowest bits first; code 3 does not occur
UNPACKED = np.array([[(byte >> 2 * g & 3) - 1 for g in range(4)] for byte in range(256)], dtype=np.int8)


class Graph:
    """Nodes and initialisers in the making; a value is its name."""

    def __init__(self, content, external):
        self.tensors, metadata = decode_safetensors(content)
        self.header, self.start = header_of(content)
        self.config = Config.from_json(json.loads(metadata["config"]))
        self.external = external
        self.nodes, self.initialisers, self.known = [], [], {}

    def op(self, kind, *inputs, outputs=1, **attributes):
        names = [f"v{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, value, dtype):
        array = np.asarray(value, dtype=dtype)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self.known:
            self.known[key] = f"c{len(self.known)}"
            self.initialisers.append(numpy_helper.from_array(array, self.known[key]))
        return self.known[key]

    def integers(self, *values):
        return self.constant(values, np.int64)

    def number(self, value):
        return self.constant(value, np.float32)

    def weight(self, name):
        """A tensor of the file as an initialiser: its bytes, or where they lie."""
        if name in self.known:
            return name
        self.known[name] = name
        array = self.tensors[name]
        if not self.external:
            self.initialisers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
            return name
        begin, end = self.header[name]["data_offsets"]
        tensor = TensorProto(name=name, dims=array.shape, data_location=TensorProto.EXTERNAL)
        tensor.data_type = {"|u1": TensorProto.UINT8, "|i1": TensorProto.INT8, "<f4": TensorProto.FLOAT}[array.dtype.str]
        place = {"location": "model.safetensors", "offset": self.start + begin, "length": end - begin}
        for key, value in place.items():
            tensor.external_data.add(key=key, value=str(value))
        self.initialisers.append(tensor)
        return name

    def ternary(self, name):
        """T16x4 planes u8 [..., N / 16, K / 4, 16] -> s8 [..., K, N], as MatMulInteger wants them"""
        *outer, nb, kb, _ = self.tensors[name].shape
        at = len(outer)
        bytes_ = self.op("Reshape", self.weight(name), self.integers(*outer, nb, kb, 4, 4))  # nb, kb, l, kk
        weights = self.op("Gather", self.constant(UNPACKED, np.int8), self.op("Cast", bytes_, to=TensorProto.INT32))
        order = [*range(at), at + 1, at + 3, at, at + 4, at + 2]  # kb, kk, nb, g, l
        moved = self.op("Transpose", weights, perm=order)
        return self.op("Reshape", moved, self.integers(*outer, kb * 4, nb * 16))

    def rms_norm(self, x, gain):
        mean = self.op("ReduceMean", self.op("Mul", x, x), axes=[-1], keepdims=1)
        root = self.op("Sqrt", self.op("Add", mean, self.number(self.config.eps)))
        return self.op("Mul", self.op("Div", x, root), self.weight(gain))

    def quantise(self, x):
        """f32 rows -> (u8 q + 128, f32 scale [R, 1]). A zero row gives 128 and scale 0."""
        absmax = self.op("ReduceMax", self.op("Abs", x), axes=[-1], keepdims=1)
        live = self.op("GreaterOrEqual", absmax, self.number(ABSMAX_MIN))
        inverse = self.op("Where", live, self.op("Div", self.number(127), absmax), self.number(0))
        q = self.op("Clip", self.op("Round", self.op("Mul", x, inverse)), self.number(-127), self.number(127))
        shifted = self.op("Cast", self.op("Add", q, self.number(128)), to=TensorProto.UINT8)
        return shifted, self.op("Div", absmax, self.number(127))

    def bit_linear(self, quantised, w, w_scale):
        q, scale = quantised
        sums = self.op("MatMulInteger", q, w, self.constant(128, np.uint8))
        return self.op("Mul", self.op("Mul", self.op("Cast", sums, to=TensorProto.FLOAT), scale), w_scale)

    def slice(self, x, start, end, axis):
        return self.op("Slice", x, self.integers(start), end, self.integers(axis))


def rotary_tables(config):
    half = config.head_dim // 2
    frequency = float(config.rope_theta) ** (-2.0 * np.arange(half) / config.head_dim)
    angle = np.arange(config.window)[:, None] * frequency
    return np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)


def attention(g, x, at, cos, sin):
    config = g.config
    normed = g.quantise(g.rms_norm(x, f"{at}.attn_norm"))
    qkv = g.bit_linear(normed, g.ternary(f"{at}.qkv.weight"), g.weight(f"{at}.qkv.scale"))
    split = g.op("Reshape", qkv, g.integers(0, 3, config.heads, config.head_dim))
    q, k, v = g.op("Split", g.op("Transpose", split, perm=[1, 2, 0, 3]), axis=0, outputs=3)  # each [1, heads, T, head]

    def rotate(y):
        a, b = g.op("Split", y, axis=-1, outputs=2)
        first = g.op("Sub", g.op("Mul", a, cos), g.op("Mul", b, sin))
        return g.op("Concat", first, g.op("Add", g.op("Mul", b, cos), g.op("Mul", a, sin)), axis=-1)

    scores = g.op("MatMul", rotate(q), g.op("Transpose", rotate(k), perm=[0, 1, 3, 2]))
    weights = g.op("Softmax", g.op("Mul", scores, g.number(1 / math.sqrt(config.head_dim))), axis=-1)
    mixed = g.op("Transpose", g.op("MatMul", weights, v), perm=[0, 2, 1, 3])
    rows = g.op("Reshape", mixed, g.integers(-1, config.dim))
    normed = g.quantise(g.rms_norm(rows, f"{at}.attn_subln"))
    return g.op("Add", x, g.bit_linear(normed, g.ternary(f"{at}.out.weight"), g.weight(f"{at}.out.scale")))


def experts(g, x, at):
    config = g.config
    y = g.rms_norm(x, f"{at}.ffn_norm")
    p = g.op("Softmax", g.op("MatMul", y, g.op("Transpose", g.weight(f"{at}.router"), perm=[1, 0])), axis=-1)
    top, chosen = g.op("TopK", p, g.integers(config.top_k), outputs=2)
    share = g.op("Div", top, g.op("ReduceSum", top, g.integers(-1), keepdims=1))
    slot_of = g.op("Reshape", chosen, g.integers(-1))  # [T * top_k], row by row
    # A row of zeros more, which every expert gets: onnxruntime-web 1.30 fails where an expert has no row at all
    # ("Attempting to broadcast an axis by a dimension other than 1"; onnxruntime itself does not).
    q, scale = g.quantise(g.op("Pad", y, g.integers(0, 0, 1, 0)))
    blank_slot = g.op("Shape", slot_of)
    up, down = g.ternary(f"{at}.up.weight"), g.ternary(f"{at}.down.weight")
    places, results = [], []
    for e in range(config.experts):
        pick = lambda tensor: g.op("Gather", tensor, g.constant(e, np.int64), axis=0)
        found = g.op("NonZero", g.op("Equal", slot_of, g.integers(e)))  # [1, n] slots of this expert
        slots = g.op("Concat", g.op("Reshape", found, g.integers(-1)), blank_slot, axis=0)
        rows = g.op("Div", slots, g.integers(config.top_k))
        mine = g.op("Gather", q, rows, axis=0), g.op("Gather", scale, rows, axis=0)
        h = g.op("Relu", g.bit_linear(mine, pick(up), pick(g.weight(f"{at}.up.scale"))))
        normed = g.quantise(g.rms_norm(g.op("Mul", h, h), f"{at}.ffn_subln"))
        results.append(g.bit_linear(normed, pick(down), pick(g.weight(f"{at}.down.scale"))))
        places.append(slots)
    # Every slot has one expert, so that the places are a permutation, but for the blank rows at the end.
    together, places = g.op("Concat", *results, axis=0), g.op("Concat", *places, axis=0)
    zeros = g.op("Expand", g.number(0), g.op("Shape", together))
    sorted_ = g.op("ScatterND", zeros, g.op("Unsqueeze", places, g.integers(-1)), together)
    sorted_ = g.slice(sorted_, 0, blank_slot, 0)
    slots = g.op("Reshape", sorted_, g.integers(-1, config.top_k, config.dim))
    shared = g.op("Mul", slots, g.op("Unsqueeze", share, g.integers(-1)))
    for slot in range(config.top_k):
        x = g.op("Add", x, g.op("Gather", shared, g.constant(slot, np.int64), axis=1))
    return x


def ngrams(g):
    """What model.Ngrams adds to the threat logits, [labels]."""
    config = g.config
    whole = lambda value: g.constant(value, np.int64)
    role, rest = g.slice("ids", 0, g.integers(1), 0), g.slice("ids", 1, g.op("Shape", "ids"), 0)
    count = g.op("Shape", rest)

    def run(length):
        """sum of id * factor over each run of `length` ids"""
        cut = lambda j: g.op("Slice", rest, g.integers(j), g.op("Sub", count, g.integers(length - 1 - j)), g.integers(0))
        return functools.reduce(lambda a, b: g.op("Add", a, b), [g.op("Mul", cut(j), whole(NGRAM_FACTORS[j])) for j in range(length)])

    with_role = g.op("Add", run(2), g.op("Mul", role, whole(NGRAM_FACTORS[2])))
    kinds = [g.op("Add", hashed, whole(NGRAM_STEP * (at + 1))) for at, hashed in enumerate([run(1), run(2), run(3), with_role])]
    rows = g.op("Mod", g.op("Concat", *kinds, axis=0), whole(config.ngrams))
    # One row more, at a share of 0: a window may hold no id at all.
    share = g.op("Concat", g.op("Expand", g.number(1), g.op("Shape", rows)), g.constant([0], np.float32), axis=0)
    looked = g.op("Gather", g.weight("ngrams.weight"), g.op("Concat", rows, g.integers(0), axis=0), axis=0)
    sums = g.op("MatMul", share, g.op("Cast", looked, to=TensorProto.FLOAT))
    root = g.op("Sqrt", g.op("Add", g.op("Cast", g.op("Shape", rows), to=TensorProto.FLOAT), g.number(NGRAM_CALM)))
    own = g.op("Div", g.op("Mul", sums, g.weight("ngrams.scale")), root)
    bias = g.op("Gather", g.weight("ngrams.bias"), g.op("Sub", role, g.integers(config.role_id(ROLES[0]))), axis=0)
    return g.op("Add", own, g.op("Reshape", bias, g.integers(-1)))


def build(content, external=False):
    """The bytes of model.safetensors -> an onnx ModelProto."""
    g = Graph(content, external)
    config = g.config
    count = g.op("Shape", "ids")
    cos, sin = (g.slice(g.constant(table, np.float32), 0, count, 0) for table in rotary_tables(config))
    rows = g.op("Cast", g.op("Gather", g.weight("embed.weight"), "ids", axis=0), to=TensorProto.FLOAT)
    scales = g.op("Gather", g.weight("embed.scale"), "ids", axis=0)
    x = g.op("Mul", rows, g.op("Unsqueeze", scales, g.integers(-1)))
    for i in range(config.layers):
        x = experts(g, attention(g, x, f"layers.{i}", cos, sin), f"layers.{i}")
    y = g.rms_norm(x, "final_norm")
    weights = g.op("Softmax", g.op("MatMul", y, g.weight("pool")), axis=0)
    pooled = g.op("MatMul", weights, y)
    outputs = []
    for name, labels in HEADS.items():
        product = g.op("MatMul", g.weight(f"heads.{name}.weight"), pooled)
        if name == "threat" and config.ngrams:
            product = g.op("Add", product, ngrams(g))
        g.nodes.append(helper.make_node("Add", [product, g.weight(f"heads.{name}.bias")], [name]))
        outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [len(labels)]))
    ids = helper.make_tensor_value_info("ids", TensorProto.INT64, ["rows"])
    graph = helper.make_graph(g.nodes, "hydra", [ids], outputs, g.initialisers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="m2m-protocol")
    model.ir_version = 8
    for name, labels in HEADS.items():
        model.metadata_props.add(key=name, value=json.dumps(labels))
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--external", action="store_true")
    parser.add_argument("--out", type=Path, help="default: model.onnx in --model")
    options = parser.parse_args()
    model = build((options.model / "model.safetensors").read_bytes(), options.external)
    out = options.out or options.model / "model.onnx"
    content = model.SerializeToString()
    out.write_bytes(content)
    onnx.checker.check_model(str(options.model / "model.onnx") if options.out is None else content)
    print(f"{out}  {len(content):,} bytes, {len(model.graph.node)} nodes")


if __name__ == "__main__":
    main()
