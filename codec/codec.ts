/**
 * The contract of every wire format: a message, which is the exact text of a JSON body, in and out. What goes in comes
 * out, code unit by code unit, or encoding refuses and says why; decoding accepts nothing that its format does not allow.
 */
import type { Limits } from './limits.ts';

/** What travels: text where the format has a text form, bytes where it has a binary one. */
export type Wire = string | Uint8Array;

/** The forms of a wire. */
export type Form = 'text' | 'binary';

/** The formats by name. `raw` is the message itself. */
export type FormatName = 'raw' | 'token-native' | 't1' | 'brotli' | 'zlib' | 'm3' | 'dictionary' | 'm2m';

export interface DecodeOptions {
  readonly limits?: Partial<Limits>;
}

export interface EncodeOptions {
  /** Default `text`. */
  readonly form?: Form;
  readonly limits?: Partial<Limits>;
}

/** A format that can be read; those of §2 that nobody should write any more have no more than this. */
export interface WireDecoder<D extends DecodeOptions = DecodeOptions> {
  readonly name: FormatName;
  /**
   * @throws WireFormatError     the wire breaks a rule of the format; `fault` names it
   * @throws LimitExceededError  the wire or the message is larger than the limits allow
   */
  decode(wire: Wire, options?: D): Promise<string>;
}

export interface WireFormat<E extends EncodeOptions = EncodeOptions, D extends DecodeOptions = DecodeOptions>
  extends WireDecoder<D> {
  /**
   * @throws InvalidInputError   the message cannot be carried by this format without loss; says why
   * @throws LimitExceededError  the message is larger than the limits allow
   */
  encode(message: string, options?: E): Promise<Wire>;
}
