"""
The forward pass of training, made for speed: the same function as model.Hydra up to the final norm, in another order of work.

    python fast.py               compares it with model.py: rows, losses and gradients, in float32

Differences, all in time and not in meaning: products take fake-quantised values (integer times scale) in place of integers
that are scaled afterwards; norms, roundings and activations between two products are one compiled kernel each; the rows of
all experts lie side by side, so that a layer has one activation and one sum; with bf16 only the residual stream, the norms'
sums and the router stay in float32. A rounding's gradient is the identity, as in model.py (there: divided by the scale and
times the scale again). Needs torch 2.4 or later and, for its compiler, g++; without a compiler it runs all the same.
"""
import os
import shutil

os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "8192")  # shapes vary from batch to batch; read when torch loads

import torch
import torch.nn.functional as F

from config import ABSMAX_MIN
from model import router_losses

AVAILABLE = tuple(int(part) for part in torch.__version__.split(".")[:2]) >= (2, 4)


def compiled(function):
    return torch.compile(function, dynamic=True) if AVAILABLE and shutil.which("g++") else function


def through(x, value):
    return x + (value - x).detach()


def fake_int8(x):
    """Rows as the int8 values and scale that the runtime will see, multiplied out."""
    absmax = x.detach().abs().amax(-1, keepdim=True)
    scale = torch.where(absmax < ABSMAX_MIN, torch.zeros_like(absmax), absmax) / 127.0
    inverse = torch.where(scale > 0, 1.0 / scale, torch.zeros_like(scale))
    return through(x, (x * inverse).round().clamp(-127, 127) * scale)


def normed(x, gain, eps):
    x = x.float()
    return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + eps) * gain


@compiled
def norm(x, gain, eps):
    return normed(x, gain, eps)


@compiled
def norm_int8(x, gain, eps, like):
    return fake_int8(normed(x, gain, eps)).to(like.dtype)


@compiled
def int8(x, like):
    return fake_int8(x).to(like.dtype)


@compiled
def activated(h, gain, eps, like):
    """Squared ReLU, SubLN, int8."""
    return fake_int8(normed(h.float().relu() ** 2, gain, eps)).to(like.dtype)


@compiled
def ternary(latent, like):
    scale = latent.detach().abs().mean(-1, keepdim=True).clamp_min(1e-8)
    return through(latent, (latent / scale).round().clamp(-1, 1) * scale).to(like.dtype)


@compiled
def turned(qkv, cos, sin):
    """qkv [B, T, 3, heads, d] -> queries, keys [B, heads, T, d], rotated, and values."""
    q, k, v = qkv.permute(2, 0, 3, 1, 4)

    def rotate(x):
        a, b = x.float().chunk(2, -1)
        return torch.cat([a * cos - b * sin, b * cos + a * sin], -1).to(qkv.dtype)

    return rotate(q), rotate(k), v.contiguous()


@compiled
def shares(scores, mask, factor):
    return (scores.float() * factor + mask).softmax(-1).to(scores.dtype)


def attention(layer, x, mask, cos, sin, like):
    config, (batch, rows, dim) = layer.config, x.shape
    qkv = norm_int8(x, layer.attn_norm, config.eps, like) @ ternary(layer.qkv.latent, like).T
    q, k, v = turned(qkv.view(batch, rows, 3, config.heads, config.head_dim), cos[:rows], sin[:rows])
    mixed = (shares(q @ k.transpose(-1, -2), mask, config.head_dim**-0.5) @ v).transpose(1, 2).reshape(batch, rows, dim)
    return norm_int8(mixed, layer.attn_subln, config.eps, like) @ ternary(layer.out.latent, like).T


def aligned(order, share, counts, top_k, step=64):
    """
    Slots in order of expert, each expert's filled up to a multiple of `step` with row 0 at a share of 0: a product of a shape
    that was never seen before costs oneDNN 1 ms to prepare. Returns the row of each slot, its share, and the experts' sizes.
    """
    sizes = (counts + step - 1) // step * step
    shift = (sizes.cumsum(0) - sizes) - (counts.cumsum(0) - counts)
    place = torch.arange(len(order), device=order.device) + shift.repeat_interleave(counts)
    total = int(sizes.sum())
    source = order.new_zeros(total).index_copy(0, place, order // top_k)
    return source, share.new_zeros(total).index_copy(0, place, share[order]), sizes.tolist()


def experts(layer, x, like):
    """x [R, D], real rows alone -> sum of share * expert output [R, D], and the router's losses."""
    config = layer.config
    y = norm(x, layer.ffn_norm, config.eps)
    logits = F.linear(y, layer.router)
    p = logits.softmax(-1)
    chosen = torch.sort(p.detach(), dim=-1, descending=True, stable=True)[1][:, : config.top_k]
    top = p.gather(-1, chosen)
    share = (top / top.sum(-1, keepdim=True)).flatten()
    order = torch.sort(chosen.flatten(), stable=True)[1]
    source, share, sizes = aligned(order, share, torch.bincount(chosen.flatten(), minlength=config.experts), config.top_k)
    up, down = ternary(layer.up.latent, like).unbind(0), ternary(layer.down.latent, like).unbind(0)
    inputs = int8(y, like).index_select(0, source).split(sizes)
    h = torch.cat([part @ w.T for part, w in zip(inputs, up)])
    inner = activated(h, layer.ffn_subln, config.eps, like).split(sizes)
    o = torch.cat([part @ w.T for part, w in zip(inner, down)])
    o = o.float() * share.unsqueeze(-1)
    return torch.zeros_like(x).index_add(0, source, o), router_losses(logits, chosen, config.experts)


def rows(hydra, ids, lengths, dtype=torch.float32):
    """ids [B, T], lengths [B] -> y [B, T, D] after the final norm, which rows are real [B, T], balance and z of the routers."""
    like = torch.empty(0, dtype=dtype, device=ids.device)
    asked = ids.shape[1]
    ids = F.pad(ids, (0, min(-asked % 16, hydra.config.window - asked)))  # few shapes, see aligned()
    batch, width = ids.shape
    real = torch.arange(width, device=ids.device) < lengths.unsqueeze(1)
    at = real.flatten().nonzero().squeeze(1)
    mask = torch.zeros(batch, 1, 1, width, device=ids.device).masked_fill(~real[:, None, None], -1e9)
    x, balance, z = int8(hydra.embed.latent[ids], like.float()), [], []
    for layer in hydra.layers:
        x = x + attention(layer, x, mask, hydra.cos, hydra.sin, like)
        flat = x.view(batch * width, -1)
        moe, loss = experts(layer, flat.index_select(0, at), like)
        x = flat.index_add(0, at, moe).view_as(x)
        balance.append(loss["balance"])
        z.append(loss["z"])
    y = norm(x, hydra.final_norm, hydra.config.eps)
    return y[:, :asked], real[:, :asked], torch.stack(balance).mean(), torch.stack(z).mean()


def check():
    """Both passes on one random batch: the same rows and losses, and gradients that point the same way."""
    from config import CONFIGS
    from train import Trainee

    config = CONFIGS["tiny"]
    found = []
    for quick in (False, True):
        torch.manual_seed(3)
        trainee = Trainee(config, 0, torch.float32, quick)
        with torch.no_grad():
            for name, parameter in trainee.named_parameters():
                if name.endswith(("norm", "subln")):
                    parameter.uniform_(0.75, 1.25)
        lengths = torch.tensor([1, 37, 64, 5, 50])
        ids = torch.randint(0, config.ranks, (5, 64))
        y, real, balance, z = trainee.rows(ids, lengths)
        pull = torch.randn(y.shape, generator=torch.Generator().manual_seed(4))
        ((y * pull)[real].sum() + balance + z).backward()
        found.append((y[real], torch.stack([balance, z]), {n: p.grad for n, p in trainee.hydra.named_parameters()}))
    (y, losses, gradients), (y2, losses2, gradients2) = found
    # One rounding that falls the other way moves a row by 1 %; most rows meet none.
    apart = (y - y2).norm(dim=-1) / y.norm(dim=-1)
    assert apart.median() < 1e-4 and apart.max() < 0.2, apart
    assert torch.allclose(losses, losses2, rtol=1e-3), (losses, losses2)
    for name, gradient in gradients.items():
        if gradient is not None:  # heads and pooling take no part
            cosine = F.cosine_similarity(gradient.flatten(), gradients2[name].flatten(), dim=0)
            assert cosine > 0.99, (name, cosine)
    print(f"fast: rows differ by {apart.median():.1e} (median) to {apart.max():.1e}; gradients point the same way")


if __name__ == "__main__":
    check()
