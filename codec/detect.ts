/** What a wire looks like, by its first bytes. The order matters: `#M2M|1|` is a frame, any other `#M2M|` a dictionary. */
import type { FormatName, Wire } from './codec.ts';

const PREFIXES: readonly (readonly [prefix: string, format: FormatName])[] = [
  ['#M2M|1|', 'm2m'],
  ['#TK|', 'token-native'],
  ['#T1|', 't1'],
  ['#M3|', 'm3'],
  ['#M2M[v3.0]|', 'brotli'],
  ['#M2M[v2.0]|', 'zlib'],
  ['#M2M[v1.0]|', 'dictionary'],
  ['#M2M|', 'dictionary'],
];
/** The bytes that name a vocabulary in the binary form of token-native; no JSON begins with one of them. */
const VOCABULARY_BYTES = 3;

/** The format that a wire claims to be; `raw` for everything else. Reads the beginning alone and never throws. */
export function detect(wire: Wire): FormatName {
  if (typeof wire !== 'string' && wire.length > 0 && wire[0]! < VOCABULARY_BYTES) return 'token-native';
  const head = typeof wire === 'string' ? wire.slice(0, 12) : String.fromCharCode(...wire.subarray(0, 12));
  return PREFIXES.find(([prefix]) => head.startsWith(prefix))?.[1] ?? 'raw';
}
