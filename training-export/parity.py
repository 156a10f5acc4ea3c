"""
Writes golden logits: what PyTorch says about each golden text, for the runtime and the ONNX file to be compared with.

    python parity.py --model DIR --golden DIR

--model has model.safetensors; --golden has ids.json (one list a text, written by tools/golden.ts) and roles in
../texts.json. Writes logits.json: the windows of each text and, for every window in order, the 14 logits (threat, route,
codec) as base64 of little-endian f32.
"""
import argparse
import base64
import hashlib
import json
from pathlib import Path

import numpy as np
import torch

from files import decode_safetensors, unpack
from model import HEADS, Config, Hydra


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
    logits = np.stack([logits_of(model, window) for text in cut for window in text]).astype("<f4")
    golden = {
        "torch": torch.__version__,
        "model_sha256": hashlib.sha256(content).hexdigest(),
        "windows": [len(text) for text in cut],
        "logits": base64.b64encode(logits.tobytes()).decode(),
    }
    (options.golden / "logits.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print(f"{len(texts)} texts, {len(logits)} windows, mean |logit| {np.abs(logits).mean():.3f}")


if __name__ == "__main__":
    main()
