"""
Texts to ids with a model's own tokenizer.json: by the Rust package `tokenizers` where it is installed, else in Python alone.

    python tokens.py --tokenizer FILE --golden DIR     compares with the ids of test/models/golden

The Python one is some hundred times slower, and enough for tests.
"""
import argparse
import functools
import json
import re
import sys
import unicodedata
from pathlib import Path


def well_formed(text):
    """A lone surrogate becomes U+FFFD, as it does when JavaScript writes UTF-8."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def load(path):
    """A function from a list of texts to a list of lists of ids."""
    try:
        from tokenizers import Tokenizer
    except ImportError:
        return plain(json.loads(Path(path).read_text(encoding="utf-8")))
    rust = Tokenizer.from_file(str(path))
    encode = getattr(rust, "encode_batch_fast", rust.encode_batch)
    return lambda texts: [found.ids for found in encode([well_formed(text) for text in texts], add_special_tokens=False)]


def category(letter):
    """All characters whose category begins with `letter`, as the inside of a character class."""
    ranges, start = [], None
    for code in range(sys.maxunicode + 2):
        inside = code <= sys.maxunicode and unicodedata.category(chr(code))[0] == letter
        if inside and start is None:
            start = code
        elif not inside and start is not None:
            ranges.append(f"\\U{start:08x}-\\U{code - 1:08x}")
            start = None
    return "".join(ranges)


def plain(file):
    """The fallback: the split pattern with its categories written out, then merges by rank."""
    pattern = file["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"]
    for letter in "LN":
        inside = category(letter)
        # Within a class the ranges stand alone, outside they need brackets of their own.
        parts = re.split(r"(\[[^\]]*\])", pattern)
        pattern = "".join(
            part.replace(f"\\p{{{letter}}}", inside if part.startswith("[") else f"[{inside}]") for part in parts
        )
    split, vocab = re.compile(pattern), file["model"]["vocab"]
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    letters = {byte: chr(byte) for byte in printable}
    letters.update({byte: chr(0x100 + i) for i, byte in enumerate(others)})

    @functools.lru_cache(maxsize=1 << 16)
    def merge(piece):
        parts = [letters[byte] for byte in piece.encode()]
        while len(parts) > 1:
            ranks = [vocab.get(a + b, 1 << 30) for a, b in zip(parts, parts[1:])]
            best = min(ranks)
            if best == 1 << 30:
                break
            at = ranks.index(best)
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        return [vocab[part] for part in parts]

    def encode(text):
        return [id_ for piece in split.findall(well_formed(text)) for id_ in merge(piece)]

    return lambda texts: [encode(text) for text in texts]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--golden", type=Path, required=True, help="holds ids.json, and texts.json in the folder above")
    options = parser.parse_args()
    texts = [text["text"] for text in json.loads((options.golden / ".." / "texts.json").read_text(encoding="utf-8"))]
    wanted = json.loads((options.golden / "ids.json").read_text())
    encoders = {"plain": plain(json.loads(options.tokenizer.read_text(encoding="utf-8"))), "loaded": load(options.tokenizer)}
    for name, encode in encoders.items():
        print(name, sum(a == b for a, b in zip(encode(texts), wanted)), "of", len(wanted))
