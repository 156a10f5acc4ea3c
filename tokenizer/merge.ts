/**
 * Byte-pair merging: of all neighbours whose joint bytes are a token, the one with the least rank becomes one, the
 * leftmost first, until none is left. Two versions with equal results: rows for short pieces, a heap for long ones.
 */
import { find, type Vocabulary } from './vocabulary.ts';

// Below this many bytes a row takes a third to three quarters of the heap's time; above, its square takes over.
const SHORT = 48;
const NONE = 0x7fffffff;

/** The ids of the piece `bytes`, in time n log n for a piece of n bytes. */
export function merge(vocabulary: Vocabulary, bytes: Uint8Array): number[] {
  return bytes.length < SHORT ? mergeRow(vocabulary, bytes) : mergeHeap(vocabulary, bytes);
}

// Part i of the row is bytes[starts[i] … starts[i + 1]); ranks[i] is that of parts i and i + 1 together.
const starts = new Uint8Array(SHORT + 1);
const ranks = new Int32Array(SHORT);

/** Merges by searching the whole row for the least rank each time: O(n²), obviously right, for at most 48 bytes. */
export function mergeRow(vocabulary: Vocabulary, bytes: Uint8Array): number[] {
  let parts = bytes.length;
  for (let i = 0; i < parts; i++) {
    starts[i] = i;
    ranks[i] = i + 1 < parts ? rank(vocabulary, bytes, i, i + 2) : NONE;
  }
  starts[parts] = parts;
  for (;;) {
    let least = 0;
    for (let i = 1; i < parts; i++) if (ranks[i]! < ranks[least]!) least = i;
    if (ranks[least] === NONE) break;
    parts--;
    for (let i = least + 1; i < parts; i++) {
      starts[i] = starts[i + 1]!;
      ranks[i] = ranks[i + 1]!;
    }
    starts[parts] = starts[parts + 1]!;
    for (let i = Math.max(least - 1, 0); i <= least; i++) {
      ranks[i] = i + 1 < parts ? rank(vocabulary, bytes, starts[i]!, starts[i + 2]!) : NONE;
    }
  }
  const ids: number[] = [];
  for (let i = 0; i < parts; i++) ids.push(find(vocabulary, bytes, starts[i]!, starts[i + 1]!));
  return ids;
}

function rank(vocabulary: Vocabulary, bytes: Uint8Array, start: number, end: number): number {
  const id = find(vocabulary, bytes, start, end);
  return id < 0 ? NONE : id;
}

// Heap keys are rank · 2³² + offset: the least key is the least rank, leftmost first, and stays below 2⁵³.
const OFFSETS = 2 ** 32;

/** Merges with a linked list of parts and a heap of candidate pairs; a stale candidate is skipped when it comes up. */
export function mergeHeap(vocabulary: Vocabulary, bytes: Uint8Array): number[] {
  const length = bytes.length;
  // A part is named by its first byte: next[i] is where the following part starts, ranks[i] that of both together.
  const next = new Int32Array(length + 1);
  const previous = new Int32Array(length + 1);
  const ranks = new Int32Array(length).fill(NONE);
  const heap: number[] = [];
  const offer = (at: number): void => {
    ranks[at] = next[at]! < length ? rank(vocabulary, bytes, at, next[next[at]!]!) : NONE;
    if (ranks[at] !== NONE) push(heap, ranks[at]! * OFFSETS + at);
  };
  for (let i = 0; i <= length; i++) {
    next[i] = i + 1;
    previous[i] = i - 1;
  }
  for (let i = 0; i < length; i++) offer(i);
  while (heap.length > 0) {
    const key = pop(heap);
    // | 0, or every look-up below gets a boxed double.
    const at = (key % OFFSETS) | 0;
    if (ranks[at] !== Math.floor(key / OFFSETS)) continue;
    const gone = next[at]!;
    ranks[gone] = NONE;
    next[at] = next[gone]!;
    previous[next[at]!] = at;
    offer(at);
    if (at > 0) offer(previous[at]!);
  }
  const ids: number[] = [];
  for (let at = 0; at < length; at = next[at]!) ids.push(find(vocabulary, bytes, at, next[at]!));
  return ids;
}

function push(heap: number[], key: number): void {
  let at = heap.length;
  heap.push(key);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (heap[parent]! <= key) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = key;
}

function pop(heap: number[]): number {
  const least = heap[0]!;
  const key = heap.pop()!;
  const size = heap.length;
  if (size === 0) return least;
  let at = 0;
  for (let child = 1; child < size; child = 2 * at + 1) {
    if (child + 1 < size && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= key) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = key;
  return least;
}
