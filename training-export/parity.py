"""
Writes golden logits: what PyTorch says about each golden text, for the runtime and the ONNX file to be compared with.

    python parity.py --model DIR --golden DIR

--model has model.safetensors; --golden has ids.json (one list a text, written by tools/golden.ts) and roles in
../texts.json. Writes logits.json, numbers as base64 of little-endian f32:
    windows  how many each text has
    logits   14 for every window in order: threat, route, codec
    round    for each text, how near any activation came to the middle between two int8 values (0 to 0.5)
    route    for each text, how near the first expert not chosen came to the last one chosen, as a difference of p
"""
import argparse
import base64
import hashlib
import json
from pathlib import Path

import numpy as np
import torch

from config import HEADS, Config
from files import decode_safetensors, unpack
from model import WATCHERS, Hydra


def load(content):
    """The bytes of model.safetensors -> a Hydra whose weights are exactly those of the file."""
    tensors, metadata = decode_safetensors(content)
    model = Hydra(Config.from_json(json.loads(metadata["config"])))
    tensor = lambda name: torch.from_numpy(tensors[name].copy())
    model.embed.fix(tensor("embed.weight"), tensor("embed.scale"))
    with torch.no_grad():
        for i, layer in enumerate(model.layers):
            for name in ("attn_norm", "attn_subln", "ffn_norm", "router", "ffn_subln"):
                getattr(layer, name).copy_(tensor(f"layers.{i}.{name}"))
            for name in ("qkv", "out", "up", "down"):
                w = torch.from_numpy(unpack(tensors[f"layers.{i}.{name}.weight"]))
                getattr(layer, name).fix(w, tensor(f"layers.{i}.{name}.scale"))
        model.final_norm.copy_(tensor("final_norm"))
        model.pool.copy_(tensor("pool"))
        for name, head in model.heads.items():
            head.weight.copy_(tensor(f"heads.{name}.weight"))
            head.bias.copy_(tensor(f"heads.{name}.bias"))
    if model.ngrams is not None:
        model.ngrams.fix(*(tensor(f"ngrams.{name}") for name in ("weight", "scale", "bias")))
    return model.eval()


def windows(ids, role_id, config):
    """
    The windows of a text: the role token, then window - 1 ids; each begins overlap ids before the end of the one before
    it; the last is shorter. An empty text is one window with the role token alone.
    """
    step = config.window - 1 - config.overlap
    starts = range(0, max(len(ids) - config.overlap, 1), step)
    return [[role_id, *ids[start : start + config.window - 1]] for start in starts]


@torch.no_grad()
def logits_of(model, window):
    """f32 [14]: threat, route, codec"""
    heads, _ = model(torch.tensor([window]))
    return torch.cat([heads[name][0] for name in HEADS]).numpy()


class Margins:
    """The smallest distance to a tie since the last `take`."""

    def __init__(self, top_k):
        self.top_k, self.least = top_k, {"round": 0.5, "route": 1.0}

    def __call__(self, kind, values):
        if values.numel() == 0:
            return
        if kind == "round":
            distance = (values.abs() % 1 - 0.5).abs()
        else:
            ordered = values.sort(-1, descending=True)[0]
            distance = ordered[..., self.top_k - 1] - ordered[..., self.top_k]
        self.least[kind] = min(self.least[kind], distance.min().item())

    def take(self):
        least, self.least = self.least, {"round": 0.5, "route": 1.0}
        return least


def base64_of(values):
    return base64.b64encode(np.asarray(values, dtype="<f4").tobytes()).decode()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--golden", type=Path, required=True)
    options = parser.parse_args()
    content = (options.model / "model.safetensors").read_bytes()
    model = load(content)
    texts = json.loads((options.golden / ".." / "texts.json").read_text())
    ids = json.loads((options.golden / "ids.json").read_text())
    assert len(texts) == len(ids)
    cut = [windows(row, model.config.role_id(text["role"]), model.config) for row, text in zip(ids, texts)]
    margins = Margins(model.config.top_k)
    WATCHERS.append(margins)
    logits, ties = [], []
    for text in cut:
        logits += [logits_of(model, window) for window in text]
        ties.append(margins.take())
    golden = {
        "torch": torch.__version__,
        "model_sha256": hashlib.sha256(content).hexdigest(),
        "windows": [len(text) for text in cut],
        "logits": base64_of(logits),
        "round": base64_of([tie["round"] for tie in ties]),
        "route": base64_of([tie["route"] for tie in ties]),
    }
    (options.golden / "logits.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print(f"{len(texts)} texts, {len(logits)} windows, mean |logit| {np.abs(logits).mean():.3f}")


if __name__ == "__main__":
    main()
