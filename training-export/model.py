"""
Hydra in PyTorch: a ternary (BitNet b1.58) mixture-of-experts encoder with three heads.

    ids [B, T] -> embedding -> layers x (rotary attention, router + experts) -> attention pooling -> logits

What the runtime does with integers is done here with floats that hold the same integers: an int8 row times ternary
weights sums to at most 127 * 1024 < 2**24, so float32 is exact in any order. Gradients pass each rounding unchanged
(straight-through). Runs on torch 1.13 and later.

    python model.py --config tiny          shapes and parameter counts
"""
import argparse
import math

import torch
import torch.nn.functional as F
from torch import nn

from config import ABSMAX_MIN, CONFIGS, HEADS, LOUD, NGRAM_CALM, NGRAM_FACTORS, NGRAM_STEP, ROLES


class Through(torch.autograd.Function):
    """Forward: `value`, bit for bit. Backward: the gradient goes to `x` as if nothing had been rounded."""

    @staticmethod
    def forward(ctx, x, value):
        return value.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None


# Called with ("round", values about to be rounded) and ("route", probabilities): parity.py looks for ties with it.
WATCHERS = []


def watch(kind, values):
    for watcher in WATCHERS:
        watcher(kind, values)


def quantise(x):
    """Rows to int8 values held in floats, and the scale of each row: x ~ q * scale; a zero row gives zeros and 0."""
    absmax = x.detach().abs().amax(-1, keepdim=True)
    zero = torch.zeros_like(absmax)
    absmax = torch.where(absmax < ABSMAX_MIN, zero, absmax)
    inverse = torch.where(absmax > 0, 127.0 / absmax, zero)
    scaled = x * inverse
    watch("round", scaled)
    return Through.apply(scaled, scaled.detach().round().clamp(-127, 127)), absmax / 127.0


def rms_norm(x, gain, eps):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + eps) * gain


class Ternary(nn.Module):
    """
    [..., N, K] latent weights, seen as w in {-1, 0, 1} and one scale for each output channel.

    The scale is the mean magnitude of the channel (absmean). A scale for each channel and not for the tensor, because
    the file and the kernels carry one anyway, and channels of queries, keys and values differ in size.
    """

    def __init__(self, *shape, gain=1.0):
        super().__init__()
        # A Gaussian channel becomes 69 % non-zeros of size 0.8 std: this std keeps unit inputs at `gain` after the sum.
        self.latent = nn.Parameter(torch.randn(*shape) * gain / (0.66 * math.sqrt(shape[-1])))
        self.fixed = None

    def fix(self, w, scale):
        """Takes weights from a file in place of the latent ones: w int8 [..., N, K], scale f32 [..., N]."""
        assert w.shape == self.latent.shape and scale.shape == w.shape[:-1]
        self.fixed = (w.to(torch.float32), scale)
        self.latent = None

    def forward(self):
        if self.fixed is not None:
            return self.fixed
        scale = self.latent.detach().abs().mean(-1).clamp_min(1e-8)
        ratio = self.latent / scale.unsqueeze(-1)
        return Through.apply(ratio, ratio.detach().round().clamp(-1, 1)), scale


def bit_linear(quantised, w, w_scale):
    q, scale = quantised
    return F.linear(q, w) * scale * w_scale


class Embedding(nn.Module):
    """[V, D] rows as int8 with one f32 scale each, by the same absmax rule as activations."""

    def __init__(self, vocab, dim):
        super().__init__()
        self.latent = nn.Parameter(torch.randn(vocab, dim))
        self.fixed = None

    def fix(self, q, scale):
        assert q.shape == self.latent.shape and scale.shape == q.shape[:-1]
        self.fixed = (q.to(torch.float32), scale)
        self.latent = None

    def rows(self):
        """All rows for export: q in floats [V, D], scale [V]."""
        q, scale = self.fixed if self.fixed is not None else quantise(self.latent)
        return q, scale.reshape(-1)

    def forward(self, ids):
        if self.fixed is not None:
            return self.fixed[0][ids] * self.fixed[1][ids].unsqueeze(-1)
        q, scale = quantise(self.latent[ids])
        return q * scale


def rotary_tables(config):
    """cos and sin [window, head_dim / 2], computed in float64: angle = position * theta^(-2i / head_dim)."""
    half = config.head_dim // 2
    frequency = config.rope_theta ** (-2.0 * torch.arange(half, dtype=torch.float64) / config.head_dim)
    angle = torch.arange(config.window, dtype=torch.float64).unsqueeze(1) * frequency
    return angle.cos().float(), angle.sin().float()


def rotate(x, cos, sin):
    """Half-split pairs (i, i + head_dim / 2). x [B, heads, T, head_dim]"""
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


class Layer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        dim, hidden, experts = config.dim, config.hidden, config.experts
        branch = 1 / math.sqrt(2 * config.layers)  # the sum of all branches stays as large as the embedding
        self.attn_norm = nn.Parameter(torch.ones(dim))
        self.qkv = Ternary(3 * dim, dim)
        self.attn_subln = nn.Parameter(torch.ones(dim))
        self.out = Ternary(dim, dim, gain=branch)
        self.ffn_norm = nn.Parameter(torch.ones(dim))
        self.router = nn.Parameter(torch.randn(experts, dim) / math.sqrt(dim))
        self.up = Ternary(experts, hidden, dim)
        self.ffn_subln = nn.Parameter(torch.ones(hidden))
        self.down = Ternary(experts, dim, hidden, gain=branch)

    def forward(self, x, real, cos, sin):
        """x [B, T, D]; real bool [B, T], false where padded. Returns x and the losses of the router."""
        x = x + self.attention(x, real, cos, sin)
        moe, losses = self.experts(x, real)
        for slot in range(self.config.top_k):
            x = x + moe[..., slot, :]
        return x, losses

    def attention(self, x, real, cos, sin):
        config = self.config
        batch, rows, dim = x.shape
        qkv = bit_linear(quantise(rms_norm(x, self.attn_norm, config.eps)), *self.qkv())
        q, k, v = qkv.view(batch, rows, 3, config.heads, config.head_dim).permute(2, 0, 3, 1, 4)
        q, k = rotate(q, cos[:rows], sin[:rows]), rotate(k, cos[:rows], sin[:rows])
        scores = q @ k.transpose(-1, -2) / math.sqrt(config.head_dim)
        scores = scores.masked_fill(~real[:, None, None, :], float("-inf"))
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, rows, dim)
        return bit_linear(quantise(rms_norm(mixed, self.attn_subln, config.eps)), *self.out())

    def experts(self, x, real):
        """share * expert output for each slot [B, T, top_k, D], best expert first, and the router's losses."""
        config = self.config
        y = rms_norm(x, self.ffn_norm, config.eps)
        logits = F.linear(y, self.router)
        p = logits.softmax(-1)
        watch("route", p)
        # torch.topk leaves the order of ties open; a stable sort gives the lower index first, as the runtime does.
        order = torch.sort(p, dim=-1, descending=True, stable=True)[1]
        chosen = order[..., : config.top_k]
        top = p.gather(-1, chosen)
        share = top / top.sum(-1, keepdim=True)
        q, scale = quantise(y)
        (up, up_scale), (down, down_scale) = self.up(), self.down()
        result = x.new_zeros(*chosen.shape, config.dim)
        for e in range(config.experts):
            at = ((chosen == e) & real.unsqueeze(-1)).nonzero(as_tuple=True)
            row = at[:2]
            h = bit_linear((q[row], scale[row]), up[e], up_scale[e]).relu() ** 2
            o = bit_linear(quantise(rms_norm(h, self.ffn_subln, config.eps)), down[e], down_scale[e])
            result = result.index_put(at, o * share[at].unsqueeze(-1))
        return result, router_losses(logits[real], chosen[real], config.experts)


def router_losses(logits, chosen, experts):
    """
    What keeps a router healthy, over the real rows [R, E]:
    balance (Switch Transformer, eq. 4): experts * sum_e (share of slots) * (mean probability); 1 when even.
    z (ST-MoE, eq. 5): mean squared logsumexp, which keeps the logits small.
    """
    used = F.one_hot(chosen, experts).to(logits.dtype).mean((0, 1))
    balance = experts * (used * logits.softmax(-1).mean(0)).sum()
    return {"balance": balance, "z": (logits.logsumexp(-1) ** 2).mean(), "used": used.detach()}


def ngram_rows(ids, lengths, buckets):
    """
    The rows of the n-gram table that each window looks up: one for every run of one, two and three ids behind the role token,
    and one for every pair together with the role. Hash: (sum of id * factor + 7919 * kind) mod buckets, which stays below 2**53.
    ids [W, T], lengths [W] -> rows [N], and the window of each [N].
    """
    role, x = ids[:, :1], ids[:, 1:]
    real = torch.arange(x.shape[1], device=ids.device) < (lengths - 1).unsqueeze(1)
    rows, windows = [], []
    for kind, count in ((1, 1), (2, 2), (3, 3), (4, 2)):
        width = x.shape[1] - count + 1
        if width <= 0:
            continue
        hashed = sum(x[:, j : j + width] * NGRAM_FACTORS[j] for j in range(count)) + NGRAM_STEP * kind
        if kind == 4:
            hashed = hashed + role * NGRAM_FACTORS[2]
        there = real[:, count - 1 :]
        rows.append((hashed % buckets)[there])
        windows.append(there.nonzero()[:, 0])
    if not rows:
        return ids.new_zeros(0), ids.new_zeros(0)
    return torch.cat(rows), torch.cat(windows)


class Ngrams(nn.Module):
    """
    A linear opinion on which short sequences of ids a window holds (a hashed bag of n-grams), added to its threat logits:
    sum of the rows that it looks up / sqrt(their number + 16) + a bias of its role.
    """

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.weight = nn.Parameter(torch.zeros(config.ngrams, len(HEADS["threat"])))
        self.bias = nn.Parameter(torch.zeros(len(ROLES), len(HEADS["threat"])))
        self.fixed = None

    def fix(self, q, scale, bias):
        """Takes a table from a file: q int8 [buckets, labels], scale f32 [labels], bias f32 [roles, labels]."""
        assert q.shape == self.weight.shape and bias.shape == self.bias.shape
        self.fixed, self.weight = (q.to(torch.float32), scale), None
        self.bias.data.copy_(bias)

    def table(self):
        """For export: q int8 in floats [buckets, labels], scale [labels]."""
        if self.fixed is not None:
            return self.fixed
        scale = self.weight.detach().abs().amax(0).clamp_min(1e-8) / 127
        return (self.weight.detach() / scale).round(), scale

    def forward(self, ids, lengths):
        """ids [W, T], lengths [W] -> [W, labels]"""
        rows, window = ngram_rows(ids, lengths, self.config.ngrams)
        count = (torch.bincount(window, minlength=len(ids)) + NGRAM_CALM).sqrt().unsqueeze(1)
        table, scale = self.fixed if self.fixed is not None else (self.weight, 1.0)
        summed = table.new_zeros(len(ids), table.shape[1]).index_add(0, window, table[rows])
        return summed * scale / count + self.bias[ids[:, 0] - self.config.role_id(ROLES[0])]


class Hydra(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.embed = Embedding(config.vocab, config.dim)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.final_norm = nn.Parameter(torch.ones(config.dim))
        self.pool = nn.Parameter(torch.randn(config.dim) / math.sqrt(config.dim))
        self.heads = nn.ModuleDict({name: nn.Linear(config.dim, len(labels)) for name, labels in HEADS.items()})
        self.ngrams = Ngrams(config) if config.ngrams else None
        cos, sin = rotary_tables(config)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def forward(self, ids, lengths=None):
        """
        ids [B, T] (T <= window, the first of each row its role token), lengths [B] where rows are padded.
        Returns (logits by head [B, n], losses): balance and z as means over the layers, used [layers, experts].
        """
        positions = torch.arange(ids.shape[1], device=ids.device)
        real = torch.ones_like(ids, dtype=torch.bool) if lengths is None else positions < lengths.unsqueeze(1)
        x = self.embed(ids)
        losses = []
        for layer in self.layers:
            x, loss = layer(x, real, self.cos, self.sin)
            losses.append(loss)
        y = rms_norm(x, self.final_norm, self.config.eps)
        weight = (y @ self.pool).masked_fill(~real, float("-inf")).softmax(-1)
        pooled = (weight.unsqueeze(-1) * y).sum(1)
        total = {name: torch.stack([loss[name] for loss in losses]) for name in losses[0]}
        logits = {name: head(pooled) for name, head in self.heads.items()}
        if self.ngrams is not None:
            logits["threat"] = logits["threat"] + self.ngrams(ids, real.sum(1))
        return logits, {
            "balance": total["balance"].mean(),
            "z": total["z"].mean(),
            "used": total["used"],
        }


def seeded(config, seed):
    """A model with random weights from `seed`; norms and biases are stirred too, so that a test sees each of them."""
    torch.manual_seed(seed)
    model = Hydra(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith(("norm", "subln")):
                parameter.uniform_(0.75, 1.25)
            elif name.endswith("bias"):
                parameter.uniform_(-0.5, 0.5)
            elif name == "ngrams.weight":
                parameter.normal_()
        model.embed.latent.mul_(LOUD)
    return model.eval()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--config", choices=CONFIGS, default="hydra-1")
    hydra = seeded(CONFIGS[arguments.parse_args().config], seed=0)
    for name, parameter in hydra.named_parameters():
        print(f"{name:32} {list(parameter.shape)}")
    print(f"{sum(p.numel() for p in hydra.parameters()):,} parameters")
