/**
 * Strings already judged. Agents resend the whole conversation with every turn, so most of what a scanner reads it has
 * read before; the verdict of the rules on a string depends on nothing but the string and its role, and is kept.
 *
 * Two generations instead of a true LRU: when the young one is full it becomes the old one, and what is asked for again
 * moves back. Keys are whole strings, never hashes of them, so that no text can borrow another one's verdict.
 */
import { type Judged, judgePiece } from './judge.ts';
import type { Piece } from './strings.ts';
import type { Role, Threat } from './verdict.ts';

/** Below, judging costs no more than remembering. */
const SHORTEST = 24;
/** A longer string would push out too many others. */
const LONGEST = 65_536;

/** What an entry and a threat of it weigh beside the text, in characters. */
const ENTRY = 64;
const HIT = 128;

const NO_TIME = { normalize: 0, pattern: 0 };

type Generation = Map<string, readonly Threat[]>;

/** What the rules found in one string, without its views; the threats may name the path of an equal one. */
export type Recalled = Pick<Judged, 'piece' | 'threats' | 'timing'>;

export class Recall {
  readonly #capacity: number;
  /** By role: the same words weigh otherwise in another mouth. */
  #young = new Map<string, Generation>();
  #old = new Map<string, Generation>();
  #chars = 0;

  /** @param capacity  characters of a generation, entries and threats counted in; two generations of two bytes each are held at most */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The same as `judgePiece`, from memory where it can be. */
  judge(piece: Piece): Recalled {
    const { text } = piece;
    if (text.length < SHORTEST || text.length > LONGEST) return judgePiece(piece);
    const role = piece.role ?? '';
    const young = this.#young.get(role)?.get(text);
    const known = young ?? this.#old.get(role)?.get(text);
    if (known === undefined) {
      const judged = judgePiece(piece);
      this.#keep(role, text, judged.threats);
      return judged;
    }
    if (young === undefined) this.#keep(role, text, known);
    return { piece, threats: known, timing: NO_TIME };
  }

  /** Whether a string would be answered from memory. */
  knows(text: string, role: Role | '' = ''): boolean {
    return this.#young.get(role)?.has(text) === true || this.#old.get(role)?.has(text) === true;
  }

  #keep(role: string, text: string, threats: readonly Threat[]): void {
    const size = text.length + ENTRY + HIT * threats.length;
    if (this.#chars + size > this.#capacity) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#chars = 0;
    }
    const generation = this.#young.get(role) ?? new Map<string, readonly Threat[]>();
    this.#young.set(role, generation.set(text, threats));
    this.#chars += size;
  }
}

/** The same threat, found at another place of a message. */
export function placedAt(threat: Threat, { path }: Piece): Threat {
  if (threat.path === path) return threat;
  const { path: _, ...rest } = threat;
  return path === undefined ? rest : { ...rest, path };
}
