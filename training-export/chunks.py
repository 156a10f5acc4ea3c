"""
Chunks of batches for train.py, made here or by other processes ahead of time.

    python chunks.py             checks that they come in order and that an error arrives
"""
import os
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import numpy as np

import data

SHARED = None  # what the makers need; processes have it by fork, for it is far too large to send


def make(number):
    return SHARED(number)


class Makers:
    """What makes chunk `number` of a phase: pure, so that any process may."""

    def __init__(self, run, phase):
        o = run.o
        self.encode, self.seed, self.size, self.budget = run.encode, o.seed, o.chunk, o.budget
        self.config = replace(run.config, window=o.length) if o.length else run.config
        self.pretrain = phase == "pretrain"
        if self.pretrain:
            rest = [row for row in data.text_rows() if o.fold is None or data.fold_of(row.source) != o.fold]
            self.rows = [*rest, *run.train]
            self.p, self.augment, self.seed = None, lambda rng, row: row, self.seed + 1_000_000
        else:
            self.rows = run.train
            self.p, self.augment = data.balanced(self.rows, o.benign, o.flatten), data.Augmenter(self.rows, o.augment)

    def __call__(self, number):
        most = 1 if self.pretrain else 4
        return data.chunk(
            number, self.rows, self.p, self.augment, self.encode, self.config, self.budget, self.seed, self.size, most
        )


class Chunks:
    """(number, batches) from `first` on, without end."""

    def __init__(self, run, phase, first):
        self.maker, self.first, self.workers = Makers(run, phase), first, run.o.workers

    def __iter__(self):
        global SHARED
        if self.workers == 0:
            number = self.first
            while True:
                yield number, self.maker(number)
                number += 1
        SHARED = self.maker
        os.environ["TOKENIZERS_PARALLELISM"] = "false"  # its threads do not survive a fork
        pool = ProcessPoolExecutor(self.workers, mp_context=get_context("fork"))
        try:
            number = self.first
            waiting = deque(pool.submit(make, number + i) for i in range(2 * self.workers))
            while True:
                made = waiting.popleft().result()
                waiting.append(pool.submit(make, number + 2 * self.workers))
                yield number, made
                number += 1
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def check():
    chunks = Chunks.__new__(Chunks)
    chunks.maker, chunks.first = lambda number: np.sqrt(number) if number < 9 else 1 // 0, 4
    for workers in (0, 2):
        chunks.workers, seen = workers, []
        try:
            for number, made in chunks:
                assert made == np.sqrt(number)
                seen.append(number)
        except ZeroDivisionError:
            assert seen == [4, 5, 6, 7, 8]
        else:
            raise AssertionError("no error")
    print("chunks: in order, here and by processes")


if __name__ == "__main__":
    check()
