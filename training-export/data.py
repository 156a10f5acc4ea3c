"""
Rows of text with labels, and batches of windows made of them.

    python data.py --tokenizer DIR/tokenizer.json     counts by fold, source and label, and one chunk of batches
    python data.py --rows | node ../tools/codec-labels.ts codec.json     the labels of the codec head

Reads $M2M_DATA (default: ../../shared/data): threats/{train,dev}.jsonl.*, threats/authored/*.jsonl, text/text-*.jsonl.xz.
All that is random follows from a seed and a chunk's number, so that a resumed run sees what an unbroken one would.
"""
import argparse
import gzip
import hashlib
import json
import lzma
import os
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import lexicon
import tokens
from config import CODECS, CONFIGS, LABELS, ROLES, ROUTES
from parity import windows

ROOT = Path(os.environ.get("M2M_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
IGNORED = -100  # a label that no loss counts


@dataclass(frozen=True)
class Row:
    id: str
    text: str
    label: int
    source: str
    role: str
    kind: str
    lang: str
    synth: int  # 0 public text, 1 public text in a generated frame, 2 generated, 3 written one by one
    split: str  # train or dev
    route: int = IGNORED
    codec: int = IGNORED
    pieces: tuple = ()  # (role, text) of each string that a scanner reads in a message; none: the text itself


# Sources that share an origin lie in one fold; each fold takes benign sources along, so that both sides are unseen.
# A source starts with its prefix. What no fold names is always trained on.
FOLDS = {
    "wild": ["verazuo/", "NVIDIA/garak", "Azure/PyRIT", "0xeb/", "sherdencooper/", "swisskyrepo/", "f/awesome"],
    "cyberseceval": ["meta-llama/PurpleLlama"],
    "injections": ["synthetic:injection", "synthetic:order_in_data", "synthetic:user_order", "synthetic:email", "Taskmaster", "google-research-datasets/"],
    "generated": ["synthetic:exfiltration", "synthetic:jailbreak", "synthetic:roleplay", "fastapi/"],
    "encodings": ["synthetic:encoded", "synthetic:broken_json", "synthetic:benign_encoding", "composed:"],
    "authored-direct": ["authored:direct", "authored:multi", "authored:benign", "lmarena/"],
    "authored-indirect": ["authored:mail", "authored:tools", "authored:web", "ShishirPatil/", "a2aproject/"],
}


def fold_of(source):
    """Which fold leaves this source out, or None."""
    return next((name for name, prefixes in FOLDS.items() if source.startswith(tuple(prefixes))), None)


# Who says a text of this kind; the outermost frame decides. A whole message is `unknown`, as a scanner's string without
# a role is. Authored rows name their roles themselves.
ROLE_OF_KIND = {
    "plain": "user", "dialog": "user", "code": "user", "env:user": "user",
    "tool_print": "tool", "tool_json": "tool", "tool_schema": "tool", "env:tool": "tool", "env:mcp": "tool", "carrier:json": "tool",
    "md": "document", "secdoc": "document", "carrier:start": "document", "carrier:middle": "document",
    "carrier:end": "document", "carrier:email": "document",
    "system_prompt": "system", "assistant": "assistant", "env:resp": "assistant",
}  # fmt: skip

# What a message is about, from its source and kind; None leaves the route open. First match wins.
ROUTE_OF_SOURCE = [
    ("ShishirPatil/", "tool_call"), ("composed:", "tool_call"),
    ("meta-llama/PurpleLlama:CyberSecEval-autocomplete", "code"), ("meta-llama/PurpleLlama:CyberSecEval-instruct", "code"),
    ("tldr-pages/", "code"), ("meta-llama/PurpleLlama:CyberSecEval-crwd", "reasoning"), ("Taskmaster", "chat"),
    ("f/awesome", "chat"), ("yizhongw/", "chat"), ("verazuo/", "chat"), ("synthetic:jailbreak", "chat"),
    ("synthetic:roleplay", "chat"), ("synthetic:user_order", "chat"),
]  # fmt: skip
ROUTE_OF_KIND = {
    "code": "code", "tool_schema": "tool_call", "env:tool": "tool_call", "env:mcp": "tool_call",
    "tool_print": "data", "tool_json": "data", "carrier:json": "data", "broken": "data", "json": "data", "log": "data",
    "csv": "data", "yaml": "data", "xml": "data", "dialog": "chat", "assistant": "chat", "prompt": "chat", "chat": "chat",
}  # fmt: skip


def route_of(source, kind):
    kind = kind.split("+")[0]
    if kind in ("tool_json", "tool_print"):
        return ROUTES.index("data")
    found = next((route for prefix, route in ROUTE_OF_SOURCE if source.startswith(prefix)), ROUTE_OF_KIND.get(kind))
    return IGNORED if found is None else ROUTES.index(found)


def lines(path):
    opened = {".xz": lzma.open, ".gz": gzip.open}.get(path.suffix, open)(path, "rt", encoding="utf-8")
    with opened as file:
        yield from (json.loads(line) for line in file)


def kept_aside(source, family):
    """One authored family in five is for the dev set; twins share a family."""
    return hashlib.sha256(f"{source}/{family}".encode()).digest()[0] < 51


def labelled(codecs=None, pieces=None):
    """All labelled rows; `codecs` is a file of tools/codec-labels.ts, `pieces` one of tools/pieces.ts."""
    rows = []
    for name in ("train", "dev"):
        for r in lines(next((ROOT / "threats").glob(f"{name}.jsonl*"))):
            role = ROLE_OF_KIND.get(r["kind"].split("+")[0], "unknown")
            rest = (r["source"], role, r["kind"], r["lang"], r["synth"], r["split"], route_of(r["source"], r["kind"]))
            rows.append(Row(r["id"], r["text"], LABELS.index(r["label"]), *rest))
    for path in sorted((ROOT / "threats" / "authored").glob("*.jsonl")):
        for i, r in enumerate(lines(path)):
            split = "dev" if kept_aside(r["source"], r["family"]) else "train"
            rest = (r["source"], r["role"], r["kind"], r["lang"], 3, split, route_of(r["source"], r["kind"]))
            rows.append(Row(f"a-{path.stem}-{i:04}", r["text"], LABELS.index(r["label"]), *rest))
    if codecs:
        known = json.loads(Path(codecs).read_text())
        rows = [replace(row, codec=CODECS.index(known[row.id])) if row.id in known else row for row in rows]
    if pieces:
        read = {r["id"]: tuple((role or "unknown", text) for role, text in r["pieces"]) for r in lines(Path(pieces))}
        rows = [replace(row, pieces=read[row.id]) if read.get(row.id) else row for row in rows]
    return rows


def text_rows(shards=("docs", "prose", "conv", "multi", "json")):
    """The unlabelled corpus, each as a benign document: for pretraining, for a teacher's opinions, and with train.py --text."""
    paths = [(shard, path) for shard in shards for path in (ROOT / "text").glob(f"text-{shard}.jsonl*")]
    for shard, path in paths:
        for i, r in enumerate(lines(path)):
            split = "dev" if shard == "dev" else "train"
            route = route_of(r["src"], r["kind"])
            yield Row(f"x-{shard}-{i:05}", r["text"], 0, r["src"], "document", r["kind"], r["lang"], 0, split, route)


def training(rows, fold=None):
    return [row for row in rows if row.split == "train" and (fold is None or fold_of(row.source) != fold)]


def held_out(rows, fold=None, most=1500, seed=0):
    """Dev rows; or all of a fold's rows, thinned to `most` attacks and `most` benign ones."""
    if fold is None:
        return [row for row in rows if row.split == "dev"]
    inside = [row for row in rows if fold_of(row.source) == fold]
    rng, kept = np.random.default_rng(seed), []
    for side in ([row for row in inside if row.label > 0], [row for row in inside if row.label == 0]):
        order = rng.permutation(len(side))[:most]
        kept += [side[i] for i in sorted(order)]
    return kept


def balanced(rows, benign=0.55, flatten=0.5, text=0.2):
    """
    A probability for each row: `benign` of all to the benign rows, the rest to the attacks' labels by the square root
    of their sizes, and within a label to sources by size ** flatten, so that no large source drowns a small one.
    Harmless twins are drawn as often as the attacks of their source, or the source would give the label away; unlabelled
    text makes up `text` of the benign draws, for documentation and prose are the easy part of what is harmless.
    """
    group = np.array([f"{row.label}/{row.source}{'/text' if row.id.startswith('x-') else ''}" for row in rows])
    names, at, sizes = np.unique(group, return_inverse=True, return_counts=True)
    label = np.array([int(name[0]) for name in names])
    weight = sizes.astype(np.float64) ** flatten
    totals = np.bincount(label, sizes, minlength=len(LABELS)) ** 0.5
    for each in range(1, len(LABELS)):
        weight[label == each] *= totals[each] / max(weight[label == each].sum(), 1e-9)
    attacks = weight[label > 0].sum()
    weight[label > 0] *= (1 - benign) / max(attacks, 1e-9)
    source = np.array([name[2:].removesuffix("/text") for name in names])
    twin = np.array([not each and name.startswith("authored:") and (source[label > 0] == name).any() for each, name in zip(label, source)])
    for i in np.flatnonzero(twin):
        weight[i] = weight[(label > 0) & (source == source[i])].sum()
    prose = np.char.endswith(names, "/text")
    left = benign - weight[twin].sum()
    for part, share in ((prose, text if prose.any() else 0.0), ((label == 0) & ~twin & ~prose, 1 - text if prose.any() else 1.0)):
        weight[part] *= max(left, 0.0) * share / max(weight[part].sum(), 1e-9)
    p = (weight / sizes)[at]
    return p / p.sum()


class Augmenter:
    """Changes drawn rows; `strength` scales all rates, 0 leaves rows as they are."""

    def __init__(self, rows, strength=1.0):
        self.strength = strength
        self.carriers = [r.text for r in rows if r.label == 0 and r.role == "document" and 300 < len(r.text) < 2500]
        self.quotable = [r.text for r in rows if r.label in (1, 2) and r.kind in ("plain", "prompt") and len(r.text) < 400]

    def as_read(self, rng, row):
        """
        A message as the scanner takes it apart. All strings of an attack, as nobody knows which it is; of a benign message as
        many, or the worst of many would stand against one that was drawn, and strings that are in both would count as attacks.
        A fault of the JSON itself is in none of them.
        """
        if row.label == 0:
            at = rng.permutation(len(row.pieces))[:8]
            row = replace(row, pieces=tuple(row.pieces[i] for i in sorted(at)))
        if row.source == "synthetic:broken_json":
            return replace(row, pieces=())
        change = lexicon.pick(rng, lexicon.PLAIN) if rng.random() < 0.3 * self.strength else lambda rng, text: text
        hidden = rng.random() < 0.3 * self.strength
        parts = [("unknown" if hidden else role, lexicon.hosts(rng, change(rng, text))) for role, text in row.pieces]
        return replace(row, id="", codec=IGNORED, pieces=tuple(parts))

    def __call__(self, rng, row):
        hit = lambda rate: rng.random() < rate * self.strength
        if row.pieces:
            row = self.as_read(rng, row) if rng.random() < 0.85 else replace(row, pieces=())
            if row.pieces:
                return row
        if hit(0.03):
            text, role = lexicon.quotation(rng, lexicon.pick(rng, self.quotable)) if hit(0.3) and self.quotable else lexicon.harmless(rng)
            row = Row("", text, 0, "made:harmless", role, "plain", "en", 2, "train")
        text, label, role = row.text, row.label, row.role
        if hit(0.3):
            text = lexicon.pick(rng, lexicon.PLAIN)(rng, text)
        if ".example" in text or ".test" in text:
            text = lexicon.hosts(rng, text) if hit(0.7) else text
        if len(text) > 400 and label == 0 and hit(0.15):
            text = lexicon.cut(rng, text)
        # A label follows from what is hidden: harmless text in disguise stays harmless, else the disguise would be the label.
        if len(text) < 1500 and hit(0.05):
            text = lexicon.pick(rng, lexicon.HIDING)(rng, text)
            label = 4 if label else 0
        # A person's request may turn into an attack inside data, so a benign one is never put there.
        if role != "user" or label:
            if len(text) < 600 and self.carriers and hit(0.15):
                text, role = lexicon.inside(rng, text, lexicon.pick(rng, self.carriers)), "document"
            if len(text) < 3000 and hit(0.12):
                frame = lexicon.pick(rng, lexicon.DATA_FRAMES) if rng.random() < 0.5 else lambda rng, text: text
                text, role = frame(rng, text), "tool"
        elif len(text) < 3000 and hit(0.04):
            text = lexicon.as_chat(rng, text)
        if hit(0.3):
            role = "unknown"
        codec = row.codec if text == row.text else IGNORED
        # Without its id a row has no teacher: what the teacher saw was another text in all that counts.
        return replace(row, id=row.id if label == row.label else "", text=text, label=label, role=role, codec=codec)


@dataclass
class Batch:
    """Windows [B, T] padded with 0, their lengths, and to which of the batch's texts each belongs; labels by text."""

    ids: np.ndarray
    lengths: np.ndarray
    text: np.ndarray
    rows: list

    def labels(self, head):
        field = {"threat": "label"}.get(head, head)
        return np.array([getattr(row, field) for row in self.rows], dtype=np.int64)


def batches(rows, encode, config, budget, keep=None):
    """
    Rows (any number) as batches of at most `budget` padded positions, texts of like length together, order by length.
    `keep(row, windows)` chooses the windows of a text; default all.
    """
    cut, parts = [], [row.pieces or ((row.role, row.text),) for row in rows]
    ids = iter(encode([text for own in parts for _, text in own]))
    for row, own in zip(rows, parts):
        all_ = [window for role, _ in own for window in windows(next(ids), config.role_id(role), config)]
        cut.append((row, keep(row, all_) if keep else all_))
    cut.sort(key=lambda entry: len(entry[1][0]))
    group, count, widest = [], 0, 0
    for entry in cut:
        size, width = len(entry[1]), max(map(len, entry[1]))
        if group and (count + size) * max(widest, width) > budget:
            yield pack(group)
            group, count, widest = [], 0, 0
        group.append(entry)
        count, widest = count + size, max(widest, width)
    if group:
        yield pack(group)


def pack(group):
    parts = [(at, window) for at, (_, cut) in enumerate(group) for window in cut]
    lengths = np.array([len(window) for _, window in parts], dtype=np.int64)
    ids = np.zeros((len(parts), lengths.max()), dtype=np.int64)
    for i, (_, window) in enumerate(parts):
        ids[i, : len(window)] = window
    return Batch(ids, lengths, np.array([at for at, _ in parts], dtype=np.int64), [row for row, _ in group])


def chunk(number, rows, p, augment, encode, config, budget, seed=0, size=2048, most=4):
    """
    Batches of `size` drawn rows in random order. A benign text gives one random window (each of its windows is benign),
    an attack up to `most` neighbours: which one holds it is not known, so that the loss takes the worst.
    """
    rng = np.random.default_rng([seed, number])
    drawn = [augment(rng, rows[i]) for i in rng.choice(len(rows), size, p=p)]

    def keep(row, cut):
        if row.pieces:  # the longest strings first
            return cut[: 2 * most]
        count = min(most, len(cut)) if row.label else 1
        start = int(rng.integers(len(cut) - count + 1))
        return cut[start : start + count]

    made = list(batches(drawn, encode, config, budget, keep))
    return [made[i] for i in rng.permutation(len(made))]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokenizer", type=Path)
    parser.add_argument("--config", choices=CONFIGS, default="hydra-1")
    parser.add_argument("--rows", action="store_true", help="prints {id, text, role} of every labelled row, mixed, and nothing else")
    options = parser.parse_args()
    everything = labelled()
    if options.rows:
        for at in np.random.default_rng(0).permutation(len(everything)):
            row = everything[at]
            print(json.dumps({"id": row.id, "text": row.text, "role": row.role}))
        raise SystemExit
    for name in [*FOLDS, None]:
        counts = Counter(row.label > 0 for row in everything if fold_of(row.source) == name)
        print(f"{name or 'always trained':18} attacks {counts[True]:6} benign {counts[False]:6}")
    for field, names in (("role", ROLES), ("split", ["train", "dev"])):
        counts = Counter(getattr(row, field) for row in everything)
        print(field, {name: counts[name] for name in names})
    print("route", dict(zip(ROUTES, np.bincount([row.route for row in everything if row.route >= 0], minlength=5).tolist())))
    kept = training(everything)
    made = chunk(0, kept, balanced(kept), Augmenter(kept), tokens.load(options.tokenizer), CONFIGS[options.config], 4096)
    real, padded = sum(b.lengths.sum() for b in made), sum(b.ids.size for b in made)
    print(f"a chunk: {len(made)} batches, {sum(len(b.ids) for b in made)} windows of 2048 texts, {real:,} rows, {padded:,} with padding")
    print("labels drawn", np.bincount([row.label for b in made for row in b.rows]).tolist())
    print("sources drawn", Counter(row.source for b in made for row in b.rows).most_common(12))
