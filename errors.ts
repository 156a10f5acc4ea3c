/**
 * Every error that this package throws on purpose. Few classes, told apart by `name`, because nothing but `name` and
 * `message` survives a worker boundary. A message names the place, what was expected, what was found, and the next step.
 */
export class M2MError extends Error {
  override readonly name: string = 'M2MError';
}

/** The caller passed a value of the wrong type or outside its documented range. */
export class InvalidInputError extends M2MError {
  override readonly name = 'InvalidInputError';
}

/** Text that cannot be tokenised without loss, or ids that are no text: lone surrogates, unknown ids, invalid UTF-8. */
export class TokenizerError extends M2MError {
  override readonly name = 'TokenizerError';
}

/** Bytes on a stream that are not what the stream's media type promises. */
export class StreamFormatError extends M2MError {
  override readonly name = 'StreamFormatError';
}

/** `mode: 'neural'` and no classifier answered: not loaded, failed, or past the deadline. The scan has no verdict. */
export class ClassifierUnavailableError extends M2MError {
  override readonly name = 'ClassifierUnavailableError';
}

/** A model's file that is malformed, incomplete, or not what the registry says; the message names the file's own place. */
export class ModelFormatError extends M2MError {
  override readonly name = 'ModelFormatError';
}

/** A setting is unknown, malformed or contradicts another one; the message names the setting and where it was read. */
export class ConfigError extends M2MError {
  override readonly name = 'ConfigError';
}

/** A wire text or wire bytes that break the rules of their format; `fault` says which rule, for programs. */
export class WireFormatError extends M2MError {
  override readonly name = 'WireFormatError';
  readonly fault: string;

  /** @param fault  kebab-case and stable: `trailing-bytes`, `checksum`, `unknown-id` … */
  constructor(fault: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

/** A message that is or would become larger than the limits allow. Raised while decoding, before the memory is taken. */
export class LimitExceededError extends M2MError {
  override readonly name = 'LimitExceededError';
}

/** A frame whose protection is not what the local policy demands, or does not verify. Never says how far it got. */
export class WireSecurityError extends M2MError {
  override readonly name = 'WireSecurityError';
}

/** An event that a session does not allow in its state, from the peer or from the caller; `fault` says which rule. */
export class SessionError extends M2MError {
  override readonly name = 'SessionError';
  readonly fault: string;

  /** @param fault  kebab-case and stable: `unexpected-message`, `illegal-event`, `wrong-session` … */
  constructor(fault: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}
