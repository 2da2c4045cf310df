"""The loop: AdamW on a masked cross-entropy, the embeddings and the lowest layers frozen, a checkpoint now and then.

Every source has a linear head of its own beside the one that all share: what "toxic" means differs between them, and
the encoder need not learn to tell sources apart in order to follow.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sentencepiece import SentencePieceProcessor
from torch import nn
from tqdm import tqdm

from models.attributes import ATTRIBUTES
from models.datasets import SOURCES, Corpus
from models.tuning.lessons import SHOWN, Lessons, Shown, label_weights, lessons_of
from models.tuning.pretrained import Pretrained, mean_of
from models.tuning.tokenizer import packed

EPOCHS = 2
BATCH, BUCKET = 32, 64  # texts a step; steps' worth of texts that are sorted by length
LONGEST = 96  # pieces, while tuning
FROZEN_LAYERS = 2
TUNED_PART = 0.7
RATE, WARM_UP, DECAY = 1e-4, 0.06, 0.01
CHECKPOINT_EVERY = 200  # steps
SEED = 2_026


@dataclass(frozen=True)
class Step:
    ids: NDArray[np.int64]  # (n, t), padded
    mask: NDArray[np.int64]
    labels: NDArray[np.float32]
    source: NDArray[np.int64]


class Tuned(nn.Module):
    """(n, t) pieces -> (n, 7) logits, by the heads of each row's source."""

    def __init__(self, start: Pretrained) -> None:
        super().__init__()
        self.words = nn.Embedding.from_pretrained(torch.tensor(start.words), freeze=True)
        self.model = copy.deepcopy(start.model)
        self.model.embeddings.requires_grad_(False)
        for layer in self.model.encoder.layer[:FROZEN_LAYERS]:
            layer.requires_grad_(False)
        width = start.words.shape[1]
        self.shared = nn.Linear(width, len(ATTRIBUTES))
        self.own = nn.Parameter(torch.zeros(len(SOURCES), len(ATTRIBUTES), width))
        self.bias = nn.Parameter(torch.zeros(len(SOURCES), len(ATTRIBUTES)))

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
        hidden = self.model(inputs_embeds=self.words(ids), attention_mask=mask).last_hidden_state
        vectors = mean_of(hidden, mask)
        own = torch.einsum("nd,nad->na", vectors, self.own[source].to(vectors.dtype))
        return (self.shared(vectors) + own + self.bias[source]).float()


def fine_tuned(
    corpus: Corpus, start: Pretrained, folder: Path, places: Shown = SHOWN, epochs: int = EPOCHS,
    device: str | None = None,
) -> Tuned:  # fmt: skip
    """folder keeps checkpoints: the same call goes on where it was stopped. device: cuda where there is one, or cpu."""
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(SEED)
    model = Tuned(start).to(device).train()
    optimizer = torch.optim.AdamW(_groups(model), lr=RATE, weight_decay=DECAY)
    every = [step for epoch in range(epochs) for step in _epoch(corpus, start, places, epoch)]
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda at: _rate(at / len(every)))
    checkpoint = folder / "tuning.pt"
    done = _resumed(checkpoint, model, optimizer, schedule)
    weights = torch.tensor(label_weights(), device=device)
    mean_loss = 0.7
    with tqdm(total=len(every), initial=done, desc="encoder", unit="step") as progress:
        for at in range(done, len(every)):
            torch.manual_seed(SEED + at)  # so that what was stopped and goes on ends as what was not
            loss = _step(model, every[at], weights, device)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            mean_loss += 0.01 * (loss.item() - mean_loss)
            progress.update()
            progress.set_postfix(loss=f"{mean_loss:.4f}", refresh=False)
            if (at + 1) % CHECKPOINT_EVERY == 0 or at + 1 == len(every):
                _keep(checkpoint, model, optimizer, schedule, at + 1)
    return between(start, model.eval().to("cpu"))


def _epoch(corpus: Corpus, start: Pretrained, places: Shown, epoch: int) -> Iterator[Step]:
    return steps_of(lessons_of(corpus, SEED + epoch, places), start, epoch)


def between(start: Pretrained, tuned: Tuned) -> Tuned:
    """The way from the pretrained weights to the tuned ones, gone TUNED_PART of it: as good on what is like the
    sources, better on what is not. Wortsman and others, "Robust fine-tuning of zero-shot models", CVPR 2022,
    section 3."""
    before, after = start.model.state_dict(), tuned.model.state_dict()
    tuned.model.load_state_dict(
        {
            name: torch.lerp(before[name], value, TUNED_PART) if value.is_floating_point() else value
            for name, value in after.items()
        }
    )
    return tuned


def steps_of(lessons: Lessons, start: Pretrained, epoch: int) -> Iterator[Step]:
    """Texts of like length together, the steps of a bucket in random order."""
    reader = SentencePieceProcessor(model_proto=packed(start.pieces, start.scores))
    ids = [pieces_of(reader, text, LONGEST) for text in lessons.texts]
    drawn = np.random.default_rng(epoch)
    for at in range(0, len(ids), BATCH * BUCKET):
        bucket = sorted(range(at, min(at + BATCH * BUCKET, len(ids))), key=lambda row: len(ids[row]))
        batches = [bucket[one : one + BATCH] for one in range(0, len(bucket), BATCH)]
        for number in drawn.permutation(len(batches)).tolist():
            rows = batches[number]
            longest = max(len(ids[row]) for row in rows)
            padded = np.array([ids[row] + [1] * (longest - len(ids[row])) for row in rows])
            mask = np.array([[1] * len(ids[row]) + [0] * (longest - len(ids[row])) for row in rows])
            yield Step(padded, mask, lessons.labels[rows], lessons.source[rows])


def pieces_of(reader: SentencePieceProcessor, text: str, longest: int) -> list[int]:
    """As the pretrained encoder was fed: <s>, the prefix and the text, </s>."""
    return [0, *reader.encode(f"query: {text}")[: longest - 2], 2]


def _step(model: Tuned, step: Step, weights: torch.Tensor, device: str) -> torch.Tensor:
    labels = torch.tensor(step.labels, device=device)
    with torch.autocast(device, dtype=torch.bfloat16):
        logits = model(
            torch.tensor(step.ids, device=device),
            torch.tensor(step.mask, device=device),
            torch.tensor(step.source, device=device),
        )
    known = ~labels.isnan()
    losses = nn.functional.binary_cross_entropy_with_logits(logits, labels.nan_to_num(), reduction="none")
    weight = known * weights
    return (losses * weight).sum() / weight.sum()


def _groups(model: Tuned) -> list[dict[str, object]]:
    """The heads start from nothing and may run; what sources have of their own is held near to it."""
    heads = {id(model.shared.weight), id(model.shared.bias), id(model.bias)}
    body = [p for p in model.model.parameters() if p.requires_grad]
    return [
        {"params": body},
        {"params": [p for p in model.parameters() if id(p) in heads], "lr": 10 * RATE},
        {"params": [model.own], "lr": 10 * RATE, "weight_decay": 10 * DECAY},
    ]


def _rate(done: float) -> float:
    return min(done / WARM_UP, (1 - done) / (1 - WARM_UP)) + 1e-3


def _keep(
    path: Path, model: Tuned, optimizer: torch.optim.Optimizer, schedule: torch.optim.lr_scheduler.LRScheduler, at: int
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    moved = {name: value for name, value in model.state_dict().items() if not name.startswith("words.")}
    torch.save(
        {"model": moved, "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict(), "at": at}, temporary
    )
    temporary.replace(path)


def _resumed(
    path: Path, model: Tuned, optimizer: torch.optim.Optimizer, schedule: torch.optim.lr_scheduler.LRScheduler
) -> int:
    if not path.exists():
        return 0
    kept = torch.load(path, weights_only=True)
    model.load_state_dict(kept["model"], strict=False)
    optimizer.load_state_dict(kept["optimizer"])
    schedule.load_state_dict(kept["schedule"])
    return int(kept["at"])
