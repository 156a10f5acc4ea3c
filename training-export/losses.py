"""
What training minimises: the worst window of a text against its label, a teacher's opinion, masked tokens.

    python losses.py             checks of each on small numbers
"""
import numpy as np
import torch
import torch.nn.functional as F

from data import IGNORED


def worst_windows(threat, text, texts):
    """Index of the likeliest attack among each text's windows, as the runtime takes it. threat [W, 5], text [W], sorted."""
    score = (threat[:, 1:].logsumexp(-1) - threat[:, 0]).detach().float().cpu().numpy()
    order = np.lexsort((score, text))
    return torch.from_numpy(order[np.searchsorted(text[order], np.arange(texts), side="right") - 1]).to(threat.device)


def classes(logits, labels, smoothing=0.0, focal=0.0):
    """Cross-entropy over the rows with a label; `focal` (Lin et al. 2017) weighs each by (1 - p of its label) ** focal."""
    live = labels != IGNORED
    if not live.any():
        return logits.sum() * 0
    each = F.cross_entropy(logits[live], labels[live], reduction="none", label_smoothing=smoothing)
    if focal:
        p = logits[live].softmax(-1).gather(-1, labels[live].unsqueeze(-1)).squeeze(-1)
        each = each * (1 - p.detach()) ** focal
    return each.mean()


def summed(logits, text, texts):
    """Logits of windows added up by text, as the runtime does for route and codec."""
    return logits.new_zeros(texts, logits.shape[-1]).index_add(0, text, logits)


class Teacher:
    """The file of teacher.py: ids, embeddings f16 [N, width] and, unless it was frozen, logits f16 [N, 5]."""

    def __init__(self, path):
        with np.load(path) as file:
            self.logits, self.embeddings = file["logits"] if "logits" in file else None, file["embeddings"]
            self.place = {name: i for i, name in enumerate(file["ids"].tolist())}
        self.width = self.embeddings.shape[1]

    def loss(self, rows, logits, embedded, temperature=2.0):
        """1 - cosine + KL at a temperature (Hinton et al. 2015, times its square), over the rows that it knows."""
        at = [i for i, row in enumerate(rows) if row.id in self.place]
        if not at:
            return logits.sum() * 0
        places = [self.place[rows[i].id] for i in at]
        take = lambda array: torch.from_numpy(array[places].astype(np.float32)).to(logits.device)
        apart = (1 - F.cosine_similarity(embedded[at].float(), take(self.embeddings))).mean()
        if self.logits is None:
            return apart
        target = (take(self.logits) / temperature).log_softmax(-1)
        ours = (logits[at].float() / temperature).log_softmax(-1)
        kl = F.kl_div(ours, target, log_target=True, reduction="batchmean") * temperature**2
        return kl + apart


def masked(ids, real, mask_id, ranks, share, generator):
    """
    BERT's game: of a share of the real positions (never the role token) 80 % become `mask_id`, 10 % another token.
    Returns the changed ids and where to predict.
    """
    draw = torch.rand(ids.shape, generator=generator).to(ids.device)
    other = torch.randint(0, ranks, ids.shape, generator=generator).to(ids.device)
    how = torch.rand(ids.shape, generator=generator).to(ids.device)
    chosen = real & (draw < share)
    chosen[:, 0] = False
    changed = torch.where(chosen & (how < 0.8), torch.full_like(ids, mask_id), ids)
    return torch.where(chosen & (how > 0.9), other, changed), chosen


if __name__ == "__main__":
    windows = torch.tensor([[9.0, 0, 0, 0, 0], [0, 5.0, 0, 0, 0], [0, 0, 3.0, 0, 0], [0, 0, 0, 0, 1.0]])
    assert worst_windows(windows, np.array([0, 0, 0, 1]), 2).tolist() == [1, 3]
    assert summed(windows, torch.tensor([0, 0, 0, 1]), 2)[0].tolist() == [9, 5, 3, 0, 0]
    sure, wrong = torch.tensor([[8.0, 0, 0, 0, 0]]), torch.tensor([1])
    assert classes(sure, wrong).item() > 7.9 > 0.01 > classes(sure, torch.tensor([0])).item()
    assert classes(sure, torch.tensor([IGNORED])).item() == 0
    assert classes(sure, torch.tensor([0]), focal=2.0) < classes(sure, torch.tensor([0])) / 1000
    ids = torch.arange(400).reshape(4, 100)
    found, chosen = masked(ids, torch.ones_like(ids, dtype=torch.bool), 999, 400, 0.2, torch.Generator().manual_seed(1))
    assert 40 < chosen.sum() < 120 and not chosen[:, 0].any() and (found == ids)[~chosen].all() and (found == 999).sum() > 30
    print("losses: worst window, sums, smoothing and focal, masking")
