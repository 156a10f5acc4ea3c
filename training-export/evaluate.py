"""
What a model can do, on rows it was not trained on.

    python evaluate.py --model DIR                          a model.safetensors and its tokenizer.json, on the dev split
    python evaluate.py --checkpoint weights.pt --tokenizer DIR/tokenizer.json [--config tiny]
    python evaluate.py ... --fold wild                      the rows of a fold; leave-one-source-out if it was left out
    python evaluate.py --loso RUN                           the table of RUN/<fold>/weights.pt, as train.py --fold wrote them
    options: --baseline (TF-IDF + logistic regression beside it), --most N, --json

Score of a text = 1 - p(benign) of its worst window. Recall at x % false positives: the threshold is the one that at most
x % of the benign rows of the same set exceed. Intervals: 95 %, bootstrap over rows.
"""
import argparse
import json
from pathlib import Path

import numpy as np
import torch

import data
import tokens
from config import CONFIGS, LABELS
from model import Hydra
from parity import load

RATES = {"0.1%": 0.001, "1%": 0.01, "5%": 0.05}


def open_model(options):
    """(model in evaluation, encode) from --model or --checkpoint."""
    if options.model:
        return load((options.model / "model.safetensors").read_bytes()), tokens.load(options.model / "tokenizer.json")
    model = Hydra(CONFIGS[options.config])
    model.load_state_dict(torch.load(options.checkpoint, map_location="cpu"))
    return model.eval(), tokens.load(options.tokenizer)


@torch.no_grad()
def predict(model, rows, encode, budget=8192, device="cpu"):
    """Probabilities by label f32 [N, 5] of each row's worst window, and [N, 2] the best route and codec by the sum over windows."""
    place = {row.id: i for i, row in enumerate(rows)}
    assert len(place) == len(rows), "rows need ids of their own"
    p, others = np.zeros((len(rows), len(LABELS)), np.float32), np.zeros((len(rows), 2), np.int64)
    was = model.training
    model.eval()
    for batch in data.batches(rows, encode, model.config, budget):
        heads, _ = model(torch.from_numpy(batch.ids).to(device), torch.from_numpy(batch.lengths).to(device))
        found = heads["threat"].float().softmax(-1).cpu().numpy()
        rest = [heads[name].float().cpu().numpy() for name in ("route", "codec")]
        for at, row in enumerate(batch.rows):
            mine = np.flatnonzero(batch.text == at)
            worst = mine[np.argmax(found[mine, 1:].sum(-1))]
            p[place[row.id]] = found[worst]
            others[place[row.id]] = [head[mine].sum(0).argmax() for head in rest]
    model.train(was)
    return p, others


def auc(score, attack):
    """The chance that an attack scores higher than a benign row, ties as a half; nan where a side is missing."""
    order = np.argsort(score, kind="stable")
    _, start, count = np.unique(score[order], return_index=True, return_counts=True)
    ranks = np.empty(len(score))
    ranks[order] = np.repeat(start + (count + 1) / 2, count)
    positive = int(attack.sum())
    negative = len(attack) - positive
    if not positive or not negative:
        return float("nan")
    return float((ranks[attack].sum() - positive * (positive + 1) / 2) / (positive * negative))


def threshold(benign, rate):
    """The least of the scores that at most `rate` of the benign ones exceed."""
    ordered = np.sort(benign)[::-1]
    return float(ordered[min(int(rate * len(ordered)), len(ordered) - 1)])


def rates(score, attack):
    """AUC and recall at each rate."""
    found = {"auc": auc(score, attack)}
    for name, rate in RATES.items():
        enough = attack.any() and (~attack).any()
        found[f"recall@{name}"] = float((score[attack] > threshold(score[~attack], rate)).mean()) if enough else float("nan")
    return found


def interval(score, attack, rounds=200, seed=0):
    """name -> [low, high] of `rates`, 95 %."""
    rng = np.random.default_rng(seed)
    sides = np.flatnonzero(attack), np.flatnonzero(~attack)
    if not len(sides[0]) or not len(sides[1]):
        return {}
    drawn = []
    for _ in range(rounds):
        at = np.concatenate([side[rng.integers(len(side), size=len(side))] for side in sides])
        drawn.append(list(rates(score[at], attack[at]).values()))
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    return {name: [round(float(a), 4), round(float(b), 4)] for name, a, b in zip(rates(score, attack), low, high)}


def report(rows, p, others=None):
    """All figures of one set of rows."""
    label = np.array([row.label for row in rows])
    attack, score = label > 0, p[:, 1:].sum(-1)
    figures = {"rows": len(rows), "attacks": int(attack.sum()), "accuracy": float((p.argmax(-1) == label).mean())}
    figures.update(rates(score, attack))
    figures["interval"] = interval(score, attack)
    one = threshold(score[~attack], 0.01) if (~attack).any() else 0.5
    figures["threshold@1%"] = one
    hit = score > one

    def by(key):
        table = {}
        for name in sorted({key(row) for row in rows}, key=str):
            inside = np.array([key(row) == name for row in rows])
            entry = {"rows": int(inside.sum())}
            for side, what in ((attack, "recall@1%"), (~attack, "flagged@1%")):
                if (inside & side).any():
                    entry[what] = round(float(hit[inside & side].mean()), 4)
            table[str(name)] = entry
        return table

    figures["label"] = by(lambda row: LABELS[row.label])
    figures["source"], figures["role"], figures["synth"] = by(lambda r: r.source), by(lambda r: r.role), by(lambda r: r.synth)
    real = np.array([row.synth == 0 for row in rows])
    if real.any():
        figures["ungenerated"] = rates(score[real], attack[real])
    for i, head in enumerate(("route", "codec")):
        truth = np.array([getattr(row, head) for row in rows])
        if others is not None and (truth >= 0).any():
            figures[f"{head} accuracy"] = float((others[truth >= 0, i] == truth[truth >= 0]).mean())
    return figures


def baseline(train, rows, most=40_000, seed=0):
    """TF-IDF of 3 to 5 characters and logistic regression: probabilities [N, 5] in the columns benign and the first attack."""
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        return None
    order = np.random.default_rng(seed).permutation(len(train))[:most]
    vectors = TfidfVectorizer(
        analyzer="char", ngram_range=(3, 5), min_df=5, max_features=300_000, sublinear_tf=True, dtype=np.float32
    )
    seen = vectors.fit_transform([train[i].text[:4000] for i in order])
    model = LogisticRegression(solver="liblinear", C=8.0, max_iter=60).fit(seen, [train[i].label > 0 for i in order])
    found = model.predict_proba(vectors.transform([row.text[:4000] for row in rows]))
    return np.pad(found, ((0, 0), (0, len(LABELS) - 2)))


def line(name, figures):
    cells = [f"{figures[key]:.4f} {figures['interval'].get(key, '')}" for key in ("auc", "recall@0.1%", "recall@1%", "recall@5%")]
    return f"{name:28} {figures['rows']:6} rows {figures['attacks']:5} attacks  " + "  ".join(cells)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--tokenizer", type=Path)
    parser.add_argument("--config", choices=CONFIGS, default="hydra-1")
    parser.add_argument("--codec-labels", type=Path)
    parser.add_argument("--fold", choices=data.FOLDS)
    parser.add_argument("--loso", type=Path)
    parser.add_argument("--baseline", action="store_true")
    parser.add_argument("--pieces", type=Path, help="the file of tools/pieces.ts")
    parser.add_argument("--most", type=int, default=1500, help="rows of each side of a fold")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = data.labelled(options.codec_labels, options.pieces)
    folds = [fold for fold in data.FOLDS if (options.loso / fold / "weights.pt").exists()] if options.loso else [options.fold]
    result = {}
    for fold in folds:
        if options.loso:
            options.checkpoint, options.model = options.loso / fold / "weights.pt", None
        chosen = data.held_out(rows, fold, options.most)
        model, encode = open_model(options)
        result[fold or "dev"] = report(chosen, *predict(model, chosen, encode))
        if fold is None:
            for name, inside in (("dev pool", False), ("dev authored", True)):
                part = [row for row in chosen if row.source.startswith("authored:") == inside]
                result[name] = report(part, *predict(model, part, encode))
        if options.baseline:
            found = baseline(data.training(rows, fold), chosen)
            if found is None:
                print("no baseline: scikit-learn is not installed")
            else:
                result[f"{fold or 'dev'} baseline"] = report(chosen, found)
    if options.loso:
        ours = [result[fold] for fold in folds]
        result["mean"] = {key: float(np.mean([figures[key] for figures in ours])) for key in ours[0] if key.startswith(("auc", "rec"))}
    if options.json:
        print(json.dumps(result))
        return
    for name, figures in result.items():
        print(line(name, figures) if "rows" in figures else f"{name:28} {figures}")
        if name == "dev":
            print(json.dumps({key: value for key, value in figures.items() if key not in ("interval",)}, indent=1))


if __name__ == "__main__":
    main()
