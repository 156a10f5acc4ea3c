/**
 * A pattern → the words that its matches can begin with, one or two: the cheap filter that runs before any regular
 * expression. Derived instead of written beside each rule, because the first hand-written lists left out one word in
 * thirty.
 */
import { isLatin, type Node } from './syntax.ts';

/** Stems of other scripts end here: longer ones find no less, and each costs a search of its own. */
const STEM = 4;
/** Beginnings of two words beyond this number are cut to one: the table must stay in the cache. */
const MOST_PAIRS = 1500;

/**
 * Latin words are whole and without accents, two of them with a blank between; words of other scripts are stems, to be
 * found anywhere.
 *
 * @throws Error  a match could begin with something that is no word, or with a Latin word of unknown end; names it
 */
export function firstWords(tree: Node): string[] {
  const reader = new Reader();
  const open = reader.read(tree, new Set(['']));
  if (open.has('')) throw new Error('rule pattern can match nothing');
  for (const reading of open) reader.done.add(isStem(reading) ? reading : reading.split(' ', 1)[0]!);
  const done = [...reader.done];
  const single = new Set(done.filter((reading) => !reading.includes(' ')));
  const pairs = done.filter((reading) => reading.includes(' ') && !single.has(reading.split(' ', 1)[0]!));
  if (pairs.length <= MOST_PAIRS) return [...single, ...pairs];
  return [...new Set([...single, ...pairs.map((reading) => reading.split(' ', 1)[0]!)])];
}

/** What was read so far is letters, or a word and a blank, or a word, a blank and letters. */
class Reader {
  readonly done = new Set<string>();

  read(node: Node, open: ReadonlySet<string>): ReadonlySet<string> {
    if (open.size === 0) return open;
    switch (node.type) {
      case 'letters':
        return this.#each(open, (reading, next) => {
          for (const run of node.letters) this.#grow(reading, run, next);
        });
      case 'apart':
      case 'signs':
      case 'edge':
        return this.#each(open, (reading, next) => this.#end(reading, node.type === 'edge', next));
      case 'any':
        return this.#each(open, (reading) => this.#unknown(reading));
      case 'look':
        return open;
      case 'sequence':
        return node.parts.reduce((readings, part) => this.read(part, readings), open);
      case 'choice':
        return new Set(node.parts.flatMap((part) => [...this.read(part, open)]));
      case 'times':
        return this.#repeated(node, open);
    }
  }

  /** Three rounds are enough: what follows two whole words is no beginning any more. */
  #repeated(node: Node & { type: 'times' }, open: ReadonlySet<string>): ReadonlySet<string> {
    const all = new Set(node.least === 0 ? open : []);
    let readings = open;
    for (let round = 1; round <= Math.min(node.most, Math.max(node.least, 3)); round++) {
      readings = this.read(node.part, readings);
      if (round >= node.least) for (const reading of readings) all.add(reading);
    }
    return all;
  }

  #each(open: ReadonlySet<string>, step: (reading: string, next: Set<string>) => void): ReadonlySet<string> {
    const next = new Set<string>();
    for (const reading of open) step(reading, next);
    return next;
  }

  #grow(reading: string, run: string, next: Set<string>): void {
    const stem = isStem(reading) || (reading === '' && !isLatin(run));
    // A letter of another script ends a Latin word, and a Latin one a stem.
    if (reading !== '' && stem === isLatin(run)) this.done.add(reading.trimEnd());
    else if (stem && reading.length + run.length > STEM) this.done.add((reading + run).slice(0, STEM));
    else next.add(reading + run);
  }

  #end(reading: string, edge: boolean, next: Set<string>): void {
    if (reading === '' && !edge) throw new Error('rule pattern begins with no word');
    if (reading === '' || reading.endsWith(' ')) next.add(reading);
    else if (isStem(reading) || reading.includes(' ')) this.done.add(reading);
    else next.add(`${reading} `);
  }

  #unknown(reading: string): void {
    if (isStem(reading) || reading.includes(' ')) this.done.add(isStem(reading) ? reading : reading.split(' ', 1)[0]!);
    else throw new Error(`rule pattern goes on with any character after "${reading}"`);
  }
}

/** Letters of a script without words, or of one that the word table does not hold. */
function isStem(reading: string): boolean {
  return reading !== '' && !isLatin(reading);
}
