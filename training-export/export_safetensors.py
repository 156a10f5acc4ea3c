"""
Writes model.safetensors: ternary planes as T16x4, int8 embeddings, and all that a reader needs to know in the header.

    python export_safetensors.py --config tiny --seed 7 --out DIR                a random model through PyTorch
    python export_safetensors.py --config tiny --checkpoint last.pt --out DIR    a trained one (a state_dict)
    python export_safetensors.py ... --checkpoint last.pt --ngrams ngrams.npz --mix 1,1 --out DIR   with the table of ngrams.py:
                                                                                 the encoder's threat logits times the first number, the table's times the other
    python export_safetensors.py --config hydra-1 --seed 7 --generated --out DIR  weights of generated.py; no PyTorch

DIR/tokenizer.json, if there, is named by its sha256. Files: model.safetensors, header.json (with --generated).
"""
import argparse
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from config import CODECS, CONFIGS, LABELS, ROUTES
from files import encode_safetensors, header_of, pack
from generated import generate, shapes

IDENTITY = {"knots": [[0, 0], [1, 1]]}


def tensors_of(model):
    """A Hydra -> name -> array as in the file."""
    array = lambda tensor: tensor.detach().cpu().float().numpy()
    tensors = {}
    q, scale = model.embed.rows()
    tensors["embed.weight"], tensors["embed.scale"] = array(q).astype(np.int8), array(scale)
    for i, layer in enumerate(model.layers):
        for name in ("attn_norm", "attn_subln", "ffn_norm", "router", "ffn_subln"):
            tensors[f"layers.{i}.{name}"] = array(getattr(layer, name))
        for name in ("qkv", "out", "up", "down"):
            w, scale = getattr(layer, name)()
            tensors[f"layers.{i}.{name}.weight"] = pack(array(w).astype(np.int8))
            tensors[f"layers.{i}.{name}.scale"] = array(scale)
    tensors["final_norm"], tensors["pool"] = array(model.final_norm), array(model.pool)
    for name, head in model.heads.items():
        tensors[f"heads.{name}.weight"], tensors[f"heads.{name}.bias"] = array(head.weight), array(head.bias)
    if model.ngrams is not None:
        q, scale = model.ngrams.table()
        tensors["ngrams.weight"], tensors["ngrams.scale"] = array(q).astype(np.int8), array(scale)
        tensors["ngrams.bias"] = array(model.ngrams.bias)
    for name, (_, shape) in shapes(model.config).items():
        assert tensors[name].shape == shape, name
    return {name: tensors[name] for name in shapes(model.config)}


def with_ngrams(model, path, ours, theirs):
    """Gives a Hydra the table of ngrams.py; its threat logits are then ours * encoder + theirs * table."""
    import torch
    from model import Ngrams

    with np.load(path) as file:
        weight, bias = torch.from_numpy(file["weight"]), torch.from_numpy(file["bias"])
    model.config = replace(model.config, ngrams=len(weight))
    model.ngrams = Ngrams(model.config)
    with torch.no_grad():
        model.ngrams.weight.copy_(weight * theirs)
        model.ngrams.bias.copy_(bias * theirs)
        model.heads["threat"].weight.mul_(ours)
        model.heads["threat"].bias.mul_(ours)


def metadata_of(config, tokenizer_sha256, training, calibration=IDENTITY):
    """The header's `__metadata__`, every value a text."""
    text = lambda value: json.dumps(value, separators=(",", ":"))
    return {
        "format": "hydra-1",
        "config": text(config.to_json()),
        "labels": text(LABELS),
        "routes": text(ROUTES),
        "codecs": text(CODECS),
        "tokenizer_sha256": tokenizer_sha256,
        "calibration": text(calibration),
        "training": text(training),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", choices=CONFIGS, default="hydra-1")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--checkpoint")
    parser.add_argument("--ngrams", type=Path)
    parser.add_argument("--mix", default="1,1")
    parser.add_argument("--generated", action="store_true")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    config = CONFIGS[options.config]
    if options.generated:
        tensors, training = generate(config, options.seed), {"weights": "generated", "seed": options.seed}
    else:
        import torch
        from model import seeded

        model, training = seeded(config, options.seed), {"weights": "random", "seed": options.seed}
        if options.checkpoint:
            model.load_state_dict(torch.load(options.checkpoint, map_location="cpu"))
            training = {"weights": Path(options.checkpoint).name}
        if options.ngrams:
            with_ngrams(model, options.ngrams, *map(float, options.mix.split(",")))
            config, training = model.config, {**training, "ngrams": options.ngrams.name, "mix": options.mix}
        tensors = tensors_of(model)
    tokenizer = options.out / "tokenizer.json"
    digest = hashlib.sha256(tokenizer.read_bytes()).hexdigest() if tokenizer.exists() else ""
    content = encode_safetensors(tensors, metadata_of(config, digest, training))
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "model.safetensors").write_bytes(content)
    if options.generated:
        (options.out / "header.json").write_bytes(content[8 : header_of(content)[1]])
    print(f"{options.out}/model.safetensors  {len(content):,} bytes  sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
