"""
Fits the map from 1 - p(benign) to the score that callers see: 0.5 where 1 %, 0.8 where 0.1 % of unseen benign text lies above.

    python calibrate.py --model DIR                 fits on the dev rows and writes DIR/model.safetensors anew
    python calibrate.py --model DIR --dry           prints the knots and what they do, writes nothing
    python calibrate.py --model DIR --loso RUN      fits on what each run of train.py --fold never saw

Sources count alike however many rows they have (at least --least), so that a large source does not set the threshold alone.
With --loso the benign rows come from RUN/<fold>/weights.pt, each scored by the run that never saw its source: the honest
choice, at the price that those runs are not the model that ships.
"""
import argparse
import hashlib
import json
from pathlib import Path

import numpy as np

import data
import evaluate
from files import decode_safetensors, encode_safetensors

TARGETS = [(0.5, 0.01), (0.8, 0.001)]  # score, share of benign text above it


def weighted_threshold(score, weight, rate):
    """The least score with at most `rate` of the weight strictly above it."""
    order = np.argsort(score)[::-1]
    above = np.cumsum(weight[order]) / weight.sum()
    return float(score[order[min(int(np.searchsorted(above, rate, side="right")), len(order) - 1)]])


def by_source(rows, least):
    """A weight for each row: sources alike, but small ones only by their size."""
    names, at, counts = np.unique([row.source for row in rows], return_inverse=True, return_counts=True)
    return 1.0 / np.maximum(counts, least)[at]


def fit(score, weight):
    """Knots [[p, score], …], strictly rising in both, from [0, 0] to [1, 1]."""
    knots = [[0.0, 0.0]]
    for value, rate in TARGETS:
        p = weighted_threshold(score, weight, rate)
        # Room for the knots that follow; f32 distinguishes steps of 1e-6 below 1.
        p = min(max(p, knots[-1][0] + 1e-6), 1 - 1e-6 * (len(TARGETS) + 1 - len(knots)))
        knots.append([p, value])
    return [*knots, [1.0, 1.0]]


def across(score, weight, rows, rounds=50, seed=0):
    """Share of benign rows above the 1 % and 0.1 % thresholds of other sources: half of the sources fit, the rest test."""
    rng, sources = np.random.default_rng(seed), sorted({row.source for row in rows})
    own = np.array([sources.index(row.source) for row in rows])
    flagged = []
    for _ in range(rounds):
        fitted = rng.permutation(len(sources))[: len(sources) // 2]
        mine = np.isin(own, fitted)
        at = [weighted_threshold(score[mine], weight[mine], rate) for _, rate in TARGETS]
        flagged.append([float((weight * (score > t))[~mine].sum() / weight[~mine].sum()) for t in at])
    return {f"{rate:.1%}": np.mean(flagged, axis=0)[i].round(5).item() for i, (_, rate) in enumerate(TARGETS)}


def scored(options, rows):
    """(benign rows, their scores, attack rows' scores)"""
    benign, score, attacks = [], [], []
    if options.loso:
        sets = [(fold, options.loso / fold / "weights.pt") for fold in data.FOLDS]
        sets = [(fold, path) for fold, path in sets if path.exists()]
    else:
        sets = [(None, options.checkpoint)]
    for fold, path in sets:
        options.checkpoint = path
        model, encode = evaluate.open_model(options)
        chosen = data.held_out(rows, fold, options.most)
        found = evaluate.predict(model, chosen, encode)[0][:, 1:].sum(-1)
        for row, value in zip(chosen, found):
            if row.label:
                attacks.append(value)
            else:
                benign.append(row)
                score.append(value)
    return benign, np.array(score), np.array(attacks)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="a folder; its file is rewritten")
    parser.add_argument("--loso", type=Path, help="RUN with a folder for each fold")
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--tokenizer", type=Path)
    parser.add_argument("--config", choices=evaluate.CONFIGS, default="hydra-1")
    parser.add_argument("--pieces", type=Path, help="the file of tools/pieces.ts")
    parser.add_argument("--most", type=int, default=1500)
    parser.add_argument("--least", type=int, default=50, help="rows from which on a source counts fully")
    parser.add_argument("--dry", action="store_true")
    options = parser.parse_args()
    out = options.model
    if options.loso:
        options.tokenizer = options.tokenizer or out / "tokenizer.json"
        options.model = None  # scores come from the checkpoints
    benign, score, attacks = scored(options, data.labelled(pieces=options.pieces))
    weight = by_source(benign, options.least)
    knots = fit(score, weight)
    print(json.dumps({"knots": knots}))
    print(f"{len(benign)} benign rows of {len({row.source for row in benign})} sources; 0.1 % are {len(benign) / 1000:.1f} rows")
    for (value, rate), (p, _) in zip(TARGETS, knots[1:]):
        print(f"score {value}: p {p:.6f}, benign {np.mean(score > p):.4%} (sources alike {rate:.1%}), attacks {np.mean(attacks > p):.4f}")
    print("thresholds on sources that did not fit them:", across(score, weight, benign))
    if out is None or options.dry:
        return
    path = out / "model.safetensors"
    tensors, metadata = decode_safetensors(path.read_bytes())
    metadata["calibration"] = json.dumps({"knots": knots}, separators=(",", ":"))
    content = encode_safetensors(tensors, metadata)
    path.write_bytes(content)
    print(f"{path}  {len(content):,} bytes  sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
