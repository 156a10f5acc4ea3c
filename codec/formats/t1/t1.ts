/**
 * `#T1|` and JSON with short keys, roles and model names. Reads all dialects; writes that of 0.3, and only what the
 * original's decoder turns back into the identical text, which is little: it sorts keys and invents defaults.
 */
import { WireFormatError } from '../../../errors.ts';
import { bytesOf, textOf } from '../../bytes.ts';
import type { DecodeOptions, EncodeOptions, WireFormat } from '../../codec.ts';
import { limitsOf, within } from '../../limits.ts';
import { expand } from './decode.ts';
import { shorten } from './encode.ts';
import type { Dialect } from './tables.ts';

export interface T1DecodeOptions extends DecodeOptions {
  /** Default: what the wire looks like. */
  readonly dialect?: Dialect;
}

const PREFIX = '#T1|';

export const t1: WireFormat<EncodeOptions, T1DecodeOptions> = {
  name: 't1',

  async encode(message, { form, limits } = {}) {
    const own = limitsOf(limits);
    within(message.length, own.bytes, 't1: the message');
    within(bytesOf(message).length, own.bytes, 't1: the message');
    const wire = PREFIX + shorten(message, own);
    const bytes = bytesOf(wire);
    within(bytes.length, own.wireBytes, 't1: the wire');
    return form === 'binary' ? bytes : wire;
  },

  async decode(wire, { dialect, limits } = {}) {
    const own = limitsOf(limits);
    within(wire.length, own.wireBytes, 't1: the wire');
    const text = typeof wire === 'string' ? wire : textOf(wire);
    if (!text.isWellFormed()) throw new WireFormatError('invalid-utf8', 't1: the wire holds a lone surrogate');
    within(bytesOf(text).length, own.wireBytes, 't1: the wire');
    if (!text.startsWith(PREFIX)) throw new WireFormatError('prefix', 't1: expected a wire that begins with #T1|');
    const message = expand(text.slice(PREFIX.length), own, dialect);
    within(bytesOf(message).length, own.bytes, 't1: the message');
    return message;
  },
};
