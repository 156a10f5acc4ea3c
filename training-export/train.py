"""
Trains a Hydra.

    python train.py --recipe small --minutes 90 --tokenizer DIR/tokenizer.json --out RUN      two CPU cores
    python train.py --recipe gpu --minutes 20 --tokenizer DIR/tokenizer.json --out RUN        masked tokens first
    python train.py ... --out RUN --resume            goes on from RUN/resume.pt; give the options of the start again
    python train.py ... --fold wild --out RUN/wild    leaves a fold out, for evaluate.py --loso RUN

RUN (keep it outside git): resume.pt (weights, optimiser, place in the rows), weights.pt (half precision, for
export_safetensors.py --checkpoint), weights-<step>.pt at milestones, log.jsonl (a line for each evaluation).
"""
import argparse
import json
import math
import signal
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import data
import evaluate
import fast
import losses
import model as hydra
import tokens
from chunks import Chunks
from config import CONFIGS

RECIPES = {
    "small": {"device": "cpu", "dtype": "bf16", "budget": 8192, "lr": 6e-4, "pretrain": 0.0, "workers": 0, "every": 600},
    "gpu": {"device": "cuda", "dtype": "bf16", "budget": 131_072, "lr": 2e-3, "pretrain": 0.5, "workers": 12, "every": 60},
}


class Trainee(nn.Module):
    """A Hydra with what training alone needs: rows before pooling, and a map of the pooled row to the teacher's width."""

    def __init__(self, config, width, dtype=torch.float32, quick=fast.AVAILABLE):
        super().__init__()
        self.hydra = hydra.Hydra(config)
        self.to_teacher = nn.Linear(config.dim, width) if width else None
        self.dtype, self.quick = dtype, quick

    def rows(self, ids, lengths):
        """As Hydra.forward, up to the final norm: y [B, T, D], which rows are real, the routers' losses."""
        if self.quick:
            return fast.rows(self.hydra, ids, lengths, self.dtype)
        with torch.autocast(ids.device.type, dtype=torch.bfloat16, enabled=self.dtype == torch.bfloat16):
            return self.plain_rows(ids, lengths)

    def plain_rows(self, ids, lengths):
        inner = self.hydra
        real = torch.arange(ids.shape[1], device=ids.device) < lengths.unsqueeze(1)
        x, balance, z = inner.embed(ids), [], []
        for layer in inner.layers:
            x, loss = layer(x, real, inner.cos, inner.sin)
            balance.append(loss["balance"])
            z.append(loss["z"])
        return hydra.rms_norm(x, inner.final_norm, inner.config.eps), real, torch.stack(balance).mean(), torch.stack(z).mean()

    def pooled(self, y, real):
        weight = (y @ self.hydra.pool).float().masked_fill(~real, float("-inf")).softmax(-1)
        return (weight.unsqueeze(-1) * y).sum(1)


def threat_loss(trainee, batch, o, teacher, device):
    texts, text = len(batch.rows), torch.from_numpy(batch.text).to(device)
    y, real, balance, z = trainee.rows(torch.from_numpy(batch.ids).to(device), torch.from_numpy(batch.lengths).to(device))
    pooled = trainee.pooled(y, real)
    heads = {name: head(pooled).float() for name, head in trainee.hydra.heads.items()}
    labels = {name: torch.from_numpy(batch.labels(name)).to(device) for name in heads}
    worst = losses.worst_windows(heads["threat"], batch.text, texts)
    parts = {"threat": losses.classes(heads["threat"][worst], labels["threat"], o.smoothing, o.focal)}
    for name in ("route", "codec"):
        parts[name] = o.side * losses.classes(losses.summed(heads[name], text, texts), labels[name])
    parts["balance"], parts["z"] = o.balance * balance, o.z * z
    if teacher:
        parts["teacher"] = o.distil * teacher.loss(batch.rows, heads["threat"][worst], trainee.to_teacher(pooled[worst]))
    return parts


def token_loss(trainee, batch, o, generator, device):
    config = trainee.hydra.config
    ids, lengths = torch.from_numpy(batch.ids).to(device), torch.from_numpy(batch.lengths).to(device)
    real = torch.arange(ids.shape[1], device=device) < lengths.unsqueeze(1)
    changed, chosen = losses.masked(ids, real, config.ranks + 1, config.ranks, o.masked, generator)  # [CLS] is free
    y, _, balance, z = trainee.rows(changed, lengths)
    logits = F.linear(y[chosen] / math.sqrt(config.dim), trainee.hydra.embed.latent[: config.ranks]).float()
    return {"token": F.cross_entropy(logits, ids[chosen]), "balance": o.balance * balance, "z": o.z * z}


class Run:
    """One training run: its state, its schedule, its files."""

    def __init__(self, options):
        self.o, self.device, self.config = options, torch.device(options.device), CONFIGS[options.config]
        torch.manual_seed(options.seed)
        self.out = options.out
        self.out.mkdir(parents=True, exist_ok=True)
        self.encode = tokens.load(options.tokenizer)
        rows = data.labelled(options.codec_labels, options.pieces)
        self.train, self.aside = data.training(rows, options.fold), data.held_out(rows, options.fold, options.most)
        if options.text:
            self.train += [row for row in data.text_rows() if options.fold is None or data.fold_of(row.source) != options.fold]
        if options.fold is None:  # the whole dev set at the end; while it runs, every authored row and a part of the rest
            self.quick = [row for i, row in enumerate(self.aside) if row.synth == 3 or i % 6 == 0]
        else:
            self.quick = self.aside
        self.teacher = losses.Teacher(options.teacher) if options.teacher else None
        dtype = {"bf16": torch.bfloat16, "f32": torch.float32}[options.dtype]
        quick = fast.AVAILABLE and not options.plain
        self.trainee = Trainee(self.config, self.teacher.width if self.teacher else 0, dtype, quick).to(self.device)
        if options.vocabulary:
            with torch.no_grad():
                self.trainee.hydra.embed.latent.copy_(torch.from_numpy(np.load(options.vocabulary)))
        if options.init:
            self.trainee.hydra.load_state_dict(torch.load(options.init, map_location="cpu"))
        embedding = self.trainee.hydra.embed.latent
        matrices = [p for p in self.trainee.parameters() if p.dim() > 1 and p is not embedding]
        vectors = [p for p in self.trainee.parameters() if p.dim() <= 1]
        groups = [
            {"params": matrices, "weight_decay": options.decay, "times": 1.0},
            {"params": vectors, "weight_decay": 0.0, "times": 1.0},
            {"params": [embedding], "weight_decay": 0.0, "times": options.embed},  # most rows are seen once in many steps
        ]
        version = tuple(int(part) for part in torch.__version__.split(".")[:2])
        rest = {"fused": True} if version >= (2, 4) else {}  # one pass over 13.6 M weights in place of ten; on CPUs since 2.4
        self.optimiser = torch.optim.AdamW(groups, lr=options.lr, betas=(0.9, 0.98), eps=1e-8, **rest)
        self.state = {"step": 0, "seconds": 0.0, "positions": 0, "chunk": {"pretrain": 0, "finetune": 0}, "batch": 0}
        self.sums, self.count = {}, 0
        self.began, self.stopped = time.perf_counter(), False

    def stop(self, *_):
        """SIGTERM and SIGINT: the step under way is finished, then all is saved."""
        self.stopped = True

    def progress(self):
        """Share of the budget that is spent, by steps where they are given (so that a run repeats exactly), else by time."""
        o = self.o
        return self.state["step"] / o.steps if o.steps else self.state["seconds"] / (60 * o.minutes)

    def adapt(self):
        """Learning rate: warm-up, then cosine to 2 %."""
        o, done = self.o, min(1.0, self.progress())
        rate = min(1.0, (self.state["step"] + 1) / o.warmup) * (0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * done)))
        for group in self.optimiser.param_groups:
            group["lr"] = o.lr * rate * group["times"]

    def step(self, batch, phase):
        self.adapt()
        begin = time.perf_counter()
        self.trainee.train()
        if phase == "pretrain":
            generator = torch.Generator().manual_seed(self.o.seed * 1_000_003 + self.state["step"])
            parts = token_loss(self.trainee, batch, self.o, generator, self.device)
        else:
            parts = threat_loss(self.trainee, batch, self.o, self.teacher, self.device)
        loss = sum(parts.values())
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.trainee.parameters(), 1.0)
        if torch.isfinite(norm):  # one bad batch must not end a run
            self.optimiser.step()
        self.count += 1
        for name, part in {**parts, "norm": norm}.items():
            self.sums[name] = self.sums.get(name, 0.0) + part.detach()
        self.state["step"] += 1
        self.state["positions"] += int(batch.lengths.sum())
        self.state["seconds"] += time.perf_counter() - begin
        if self.state["step"] % 100 == 0:
            means = {name: round(float(value) / self.count, 3) for name, value in self.sums.items()}
            print(f"step {self.state['step']}  {self.progress():.1%}  {means}", flush=True)

    def log(self, rows, milestone=True, **more):
        """Evaluates, writes a line, and saves."""
        began = time.perf_counter()
        found = evaluate.report(rows, *evaluate.predict(self.trainee.hydra, rows, self.encode, self.o.budget, self.device))
        entry = {name: self.state[name] for name in ("step", "seconds", "positions")}
        entry.update({"loss": {name: float(value) / max(1, self.count) for name, value in self.sums.items()}})
        entry.update({name: value for name, value in found.items() if isinstance(value, (int, float))})
        entry.update({"ungenerated": found.get("ungenerated"), "evaluation_s": time.perf_counter() - began, **more})
        self.sums, self.count = {}, 0
        with open(self.out / "log.jsonl", "a") as file:
            file.write(json.dumps(entry) + "\n")
        print(json.dumps(entry), flush=True)
        self.save(milestone)

    def save(self, milestone):
        half = {name: value.half().cpu() for name, value in self.trainee.hydra.state_dict().items()}
        torch.save(half, self.out / "weights.pt")
        if milestone:
            torch.save(half, self.out / f"weights-{self.state['step']}.pt")
        whole = {"trainee": self.trainee.state_dict(), "optimiser": self.optimiser.state_dict(), "state": self.state}
        torch.save(whole, self.out / "resume.tmp")
        (self.out / "resume.tmp").replace(self.out / "resume.pt")

    def resume(self):
        whole = torch.load(self.out / "resume.pt", map_location="cpu")
        self.trainee.load_state_dict(whole["trainee"])
        self.optimiser.load_state_dict(whole["optimiser"])
        self.state = whole["state"]

    def phase(self, name, until):
        """Trains on chunk after chunk until `progress` reaches `until`; a resumed run enters in the middle of a chunk."""
        if self.progress() >= until:
            return
        next_evaluation = self.state["seconds"] + self.o.every
        for number, batches in Chunks(self, name, self.state["chunk"][name]):
            for batch in batches[self.state["batch"] :]:
                self.step(batch, name)
                self.state["batch"] += 1
                if self.stopped or (self.o.pause is not None and time.perf_counter() - self.began >= 60 * self.o.pause):
                    self.save(milestone=False)
                    raise SystemExit(f"paused at step {self.state['step']}, {self.progress():.1%}; --resume goes on")
                if self.progress() >= until:
                    break
                if self.state["seconds"] >= next_evaluation:
                    self.log(self.quick, phase=name)
                    next_evaluation = self.state["seconds"] + self.o.every
            self.state["batch"], self.state["chunk"][name] = 0, number + 1
            if self.progress() >= until:
                return

    def all(self):
        self.phase("pretrain", self.o.pretrain)
        self.phase("finetune", 1.0)
        self.log(self.aside, milestone=False, phase="end", options={k: str(v) for k, v in vars(self.o).items()})


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--recipe", choices=RECIPES, default="small")
    p.add_argument("--config", choices=CONFIGS, default="hydra-1")
    p.add_argument("--tokenizer", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--resume", action="store_true")
    p.add_argument("--init", type=Path, help="weights.pt to start from")
    p.add_argument("--vocabulary", type=Path, help="embeddings to start from, the file of vocabulary.py")
    p.add_argument("--plain", action="store_true", help="the forward pass of model.py in place of fast.py")
    p.add_argument("--fold", choices=data.FOLDS, help="left out, and evaluated on")
    p.add_argument("--teacher", type=Path, help="the file of teacher.py")
    p.add_argument("--text", action="store_true", help="the unlabelled corpus as benign documents beside the labelled rows")
    p.add_argument("--codec-labels", type=Path, help="the file of tools/codec-labels.ts")
    p.add_argument("--pieces", type=Path, help="the file of tools/pieces.ts: messages as the scanner reads them")
    p.add_argument("--minutes", type=float, default=90, help="of training steps; evaluations come on top")
    p.add_argument("--steps", type=int, default=0, help="in place of --minutes")
    p.add_argument("--pause", type=float, help="minutes after which this session saves and ends, for --resume later")
    p.add_argument("--threads", type=int, default=0)
    p.add_argument("--most", type=int, default=800, help="rows of each side of a left-out fold")
    for name, kind, value, text in [
        ("embed", float, 15.0, "learning rate of embeddings, in that of the rest"),
        ("seed", int, 0, None), ("warmup", int, 100, "steps"), ("decay", float, 0.02, None),
        ("smoothing", float, 0.05, None), ("focal", float, 0.0, None), ("side", float, 0.1, "weight of route and of codec"),
        ("balance", float, 0.01, None), ("z", float, 0.001, None), ("distil", float, 1.0, None),
        ("masked", float, 0.2, None), ("benign", float, 0.55, "share of benign rows"),
        ("flatten", float, 0.5, "power of a source's size"), ("augment", float, 1.0, "strength"),
        ("chunk", int, 2048, "texts"), ("length", int, 0, "longest window while training; 0: the model's"),
    ]:  # fmt: skip
        p.add_argument(f"--{name}", type=kind, default=value, help=text)
    for name in ("device", "dtype", "budget", "lr", "pretrain", "workers", "every"):
        p.add_argument(f"--{name}", type=type(RECIPES["small"][name]), help=f"default: {[r[name] for r in RECIPES.values()]}")
    options = p.parse_args()
    for name, value in RECIPES[options.recipe].items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    return options


if __name__ == "__main__":
    chosen = arguments()
    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    run = Run(chosen)
    if chosen.resume:
        run.resume()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, run.stop)
    run.all()
