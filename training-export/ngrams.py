"""
Trains Hydra's n-gram table: a linear opinion on which short sequences of tokens a window holds, added to the threat logits.

    python ngrams.py --tokenizer DIR/tokenizer.json --out RUN/ngrams.npz [--minutes 10]

One thread is enough: a step looks up some thousands of rows and multiplies nothing. The rows that it draws, their changes and
the choice of the worst window are those of train.py. ngrams.npz: weight f32 [buckets, 5], bias f32 [roles, 5].
"""
import argparse
import math
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

import data
import evaluate
import losses
import tokens
from config import CONFIGS, LABELS
from model import Ngrams

BUCKETS = 524_287


@torch.no_grad()
def predict(table, rows, encode, budget=65_536):
    """Probabilities f32 [N, 5] of each row's worst window."""
    place, p = {row.id: i for i, row in enumerate(rows)}, np.zeros((len(rows), len(LABELS)), np.float32)
    for batch in data.batches(rows, encode, table.config, budget):
        found = table(torch.from_numpy(batch.ids), torch.from_numpy(batch.lengths)).softmax(-1).numpy()
        for at, row in enumerate(batch.rows):
            mine = found[batch.text == at]
            p[place[row.id]] = mine[np.argmax(mine[:, 1:].sum(-1))]
    return p


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tokenizer", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--config", choices=CONFIGS, default="hydra-1")
    p.add_argument("--pieces", type=Path, help="the file of tools/pieces.ts")
    p.add_argument("--fold", choices=data.FOLDS)
    p.add_argument("--text", action="store_true")
    p.add_argument("--minutes", type=float, default=10)
    p.add_argument("--lr", type=float, default=0.01)
    p.add_argument("--decay", type=float, default=0.01)
    p.add_argument("--buckets", type=int, default=BUCKETS)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--most", type=int, default=800)
    o = p.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(o.seed)
    config, encode = replace(CONFIGS[o.config], ngrams=o.buckets), tokens.load(o.tokenizer)
    rows = data.labelled(pieces=o.pieces)
    kept = data.training(rows, o.fold) + (list(data.text_rows()) if o.text else [])
    p, augment, table = data.balanced(kept), data.Augmenter(kept), Ngrams(config)
    optimiser = torch.optim.AdamW(table.parameters(), lr=o.lr, betas=(0.9, 0.98), weight_decay=o.decay)
    began, number, step = time.perf_counter(), 0, 0
    spent = lambda: (time.perf_counter() - began) / (60 * o.minutes)
    while spent() < 1:
        sum_, before = 0.0, step
        for batch in data.chunk(number, kept, p, augment, encode, config, 8192, o.seed + 1000):
            for group in optimiser.param_groups:
                group["lr"] = o.lr * (0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * min(1.0, spent()))))
            logits = table(torch.from_numpy(batch.ids), torch.from_numpy(batch.lengths))
            worst = losses.worst_windows(logits, batch.text, len(batch.rows))
            loss = losses.classes(logits[worst], torch.from_numpy(batch.labels("threat")), 0.05)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            sum_, step = sum_ + loss.item(), step + 1
        number += 1
        if number % 5 == 0:
            print(f"{number * 2048:,} texts, {spent():.0%}, loss {sum_ / (step - before):.3f}", flush=True)
    np.savez(o.out, weight=table.weight.detach().numpy(), bias=table.bias.detach().numpy())
    aside = data.held_out(rows, o.fold, o.most)
    print(evaluate.line("n-grams alone", evaluate.report(aside, predict(table, aside, encode))))


if __name__ == "__main__":
    main()
