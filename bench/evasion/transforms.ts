/** All the transforms, in the order of the table. Base2048 and Ecoji of garak's list are left out: their tables are data. */
import { CIPHERS } from './ciphers.ts';
import { ENCODINGS } from './encodings.ts';
import { INVISIBLE } from './invisible.ts';
import { LOOKALIKES } from './lookalikes.ts';
import { exact, type Transform } from './transform.ts';
import { WORDS } from './words.ts';

/** The row that every other is compared with. */
export const PLAIN: Transform = exact('plain', (text) => text);

export const TRANSFORMS: readonly Transform[] = [...INVISIBLE, ...LOOKALIKES, ...WORDS, ...CIPHERS, ...ENCODINGS];
