"""What a Hydra is called and how large it is; no PyTorch here, so that the writers of files run without."""
from dataclasses import dataclass

LABELS = ["benign", "prompt_injection", "jailbreak", "data_exfiltration", "malformed"]
ROUTES = ["chat", "code", "tool_call", "data", "reasoning"]
CODECS = ["raw", "token-native", "brotli", "m2m"]
HEADS = {"threat": LABELS, "route": ROUTES, "codec": CODECS}

# Ids after the ranks, in this order; a window starts with the token of its text's role.
SPECIALS = ["[PAD]", "[CLS]", "[user]", "[tool]", "[document]", "[system]", "[assistant]", "[unknown]"]
ROLES = ["user", "tool", "document", "system", "assistant", "unknown"]


@dataclass(frozen=True)
class Config:
    """Every dimension of a model; window and overlap in rows, the role token included in the window."""

    vocab: int
    dim: int
    layers: int
    heads: int
    experts: int
    top_k: int
    hidden: int
    window: int
    overlap: int
    rope_theta: int = 10000
    eps: float = 1e-5
    ngrams: int = 0  # rows of the n-gram table; 0: the model has none

    @property
    def ranks(self):
        return self.vocab - len(SPECIALS)

    @property
    def head_dim(self):
        return self.dim // self.heads

    def role_id(self, role):
        return self.ranks + SPECIALS.index(f"[{role}]")

    def to_json(self):
        names = {"top_k": "topK", "rope_theta": "ropeTheta"}
        return {names.get(name, name): value for name, value in vars(self).items() if name != "ngrams" or value}

    @staticmethod
    def from_json(fields):
        names = {"topK": "top_k", "ropeTheta": "rope_theta"}
        return Config(**{names.get(name, name): value for name, value in fields.items()})


CONFIGS = {
    "hydra-1": Config(16_392, dim=256, layers=3, heads=4, experts=8, top_k=2, hidden=512, window=256, overlap=64),
    # Small enough to commit; a head of 32 and a hidden size that is no multiple of 64, on purpose.
    "tiny": Config(520, dim=64, layers=2, heads=2, experts=4, top_k=2, hidden=96, window=64, overlap=16, ngrams=1021),
}

# Hash of a run of ids: sum of id * factor, + step * kind; see model.ngram_rows.
NGRAM_FACTORS = (1_000_003, 29_986_577, 433_494_437)
NGRAM_STEP = 7_919
NGRAM_CALM = 16  # added to the number of rows, so that one word alone says little

# A row whose absmax is smaller counts as zeros: 127 / absmax must stay a finite f32.
ABSMAX_MIN = 2.0**-100

# Embeddings of the random models, times this, stand out over what the layers add. Otherwise one activation that is rounded
# the other way (about one text in four) moves logits by up to 8e-3 between two versions of torch; so, by up to 1e-3. See LOG.md.
LOUD = 32
