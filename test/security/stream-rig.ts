/** Small parts of the stream tests: chat events by hand, streams that are fed step by step. */
import { SecurityScanner, type StreamOptions, scanStream } from '../../security/index.ts';
import { ATTACKS, BENIGN, Dice, type Wire } from './stream-kit.ts';

export const ATTACK: string = ATTACKS[0]!;
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
/** Benign text of this many characters. */
export const prose = (length: number): string =>
  BENIGN.join('')
    .repeat(Math.ceil(length / 700))
    .slice(0, length);
/** A text in deltas of `size` code points. */
export const parts = (text: string, size = 4): string[] => text.match(new RegExp(`.{1,${size}}`, 'gsu')) ?? [];

export const STOP: string = `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\n`;
export const DONE: string = 'data: [DONE]\n\n';

export function chat(contents: readonly string[], finish_reason: string | null = null): string {
  const head = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' };
  return contents
    .map(
      (content) =>
        `data: ${JSON.stringify({ ...head, choices: [{ index: 0, delta: { content }, finish_reason }] })}\n\n`,
    )
    .join('');
}

export function wireOf(wire: Wire): { wire: 'sse' | 'ndjson' } {
  return { wire: wire === 'ollama' ? 'ndjson' : 'sse' };
}

export function slices(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}

export function randomBase64(length: number): string {
  const dice = new Dice(99);
  return Buffer.from(Array.from({ length: (length * 3) >> 2 }, () => dice.int(0, 255))).toString('base64');
}

export function slope(points: readonly [number, number][]): number {
  const n = points.length;
  const mean = (i: 0 | 1): number => points.reduce((sum, p) => sum + p[i], 0) / n;
  const [x, y] = [mean(0), mean(1)];
  const up = points.reduce((sum, p) => sum + (p[0] - x) * (p[1] - y), 0);
  return up / points.reduce((sum, p) => sum + (p[0] - x) ** 2, 0);
}

/** A stream fed by hand: `push` gives what came out because of that push. */
export function opened(
  by: SecurityScanner = new SecurityScanner(),
  options: StreamOptions = {},
): { push(text: string): Promise<string>; closed(): boolean } {
  const { readable, writable } = scanStream(by, options);
  const writer = writable.getWriter();
  const reader = readable.getReader();
  let out = '';
  let done = false;
  const decoder = new TextDecoder();
  const drain = async (): Promise<void> => {
    for (let next = await reader.read(); !next.done; next = await reader.read())
      out += decoder.decode(next.value, { stream: true });
    done = true;
  };
  const drained = drain();
  void drained;
  return {
    async push(text) {
      const before = out.length;
      await writer.write(bytesOf(text));
      await new Promise((resolve) => setImmediate(resolve));
      return out.slice(before);
    },
    closed: () => done,
  };
}

export async function firstOut(text: string): Promise<string> {
  return opened().push(text);
}
