"""A foreign classifier of two kilobytes: a bag of words with [CLS] and [SEP], classes named as published detectors name
them. Written for the tests of engine/onnx.ts (Apache-2.0 as the rest). `python test/engine/foreign/make.py`, needs numpy and onnx."""
import json
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

HERE = Path(__file__).parent
WORDS = ["[UNK]", "[CLS]", "[SEP]", "ignore", "all", "previous", "instructions", "print", "system", "prompt", "hello", "the", "ferry", "leaves", "at", "six"]
ATTACK = {"ignore": 3.0, "previous": 1.0, "instructions": 1.5, "system": 1.0, "prompt": 1.5}

tokenizer = {
    "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": {"type": "Lowercase"},
    "pre_tokenizer": {"type": "Whitespace"},
    "post_processor": {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {name: {"id": name, "ids": [WORDS.index(name)], "tokens": [name]} for name in ["[CLS]", "[SEP]"]},
    },
    "decoder": None,
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
              "vocab": {word: i for i, word in enumerate(WORDS)}},
}
config = {"id2label": {"0": "SAFE", "1": "INJECTION"}, "max_position_embeddings": 32}

# Logits: a bias for SAFE, the words' weights for INJECTION, over the rows that the mask keeps.
weights = np.zeros((len(WORDS), 2), np.float32)
for word, weight in ATTACK.items():
    weights[WORDS.index(word), 1] = weight
nodes = [
    helper.make_node("Gather", ["w", "input_ids"], ["rows"]),
    helper.make_node("Cast", ["attention_mask"], ["kept"], to=TensorProto.FLOAT),
    helper.make_node("Unsqueeze", ["kept", "last"], ["column"]),
    helper.make_node("Mul", ["rows", "column"], ["masked"]),
    helper.make_node("ReduceSum", ["masked", "middle"], ["sums"], keepdims=0),
    helper.make_node("Add", ["sums", "bias"], ["logits"]),
]
shape = ["batch", "tokens"]
graph = helper.make_graph(
    nodes, "foreign",
    [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in ["input_ids", "attention_mask"]],
    [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 2])],
    [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(np.array([3, 0], np.float32), "bias"),
     numpy_helper.from_array(np.array([2], np.int64), "last"), numpy_helper.from_array(np.array([1], np.int64), "middle")],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="m2m-protocol")
model.ir_version = 8
save(model, HERE / "model.onnx")
(HERE / "tokenizer.json").write_text(json.dumps(tokenizer) + "\n")
(HERE / "config.json").write_text(json.dumps(config) + "\n")
