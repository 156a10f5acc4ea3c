/**
 * The messages of a session and their JSON: `{"type","session_id","payload","timestamp"}`, as the original writes them,
 * key by key in its order. Read strictly: types, ranges, no key twice; keys that a later minor version may add are
 * passed over, and so are algorithms and tokenizers that this version does not know, for they cannot be agreed on.
 */
import type { Wire } from '../codec/codec.ts';
import { LIMITS, within } from '../codec/limits.ts';
import { InvalidInputError, WireFormatError } from '../errors.ts';
import { ALGORITHMS, type Algorithm, type Capabilities, ENCODINGS, type Encoding } from './capabilities.ts';
import { type Json, type JsonObject, readJson } from './json.ts';

export const REJECTIONS = [
  'VERSION_MISMATCH',
  'NO_COMMON_ALGORITHM',
  'SECURITY_POLICY',
  'RATE_LIMITED',
  'UNKNOWN',
] as const;
export type Rejection = (typeof REJECTIONS)[number];

export const CLOSINGS = ['NORMAL', 'TIMEOUT', 'ERROR', 'CLIENT_SHUTDOWN', 'SERVER_SHUTDOWN'] as const;
export type Closing = (typeof CLOSINGS)[number];

/** What the sender's scan of a message said. A claim of the peer's, no verdict. */
export interface SecurityStatus {
  readonly scanned: boolean;
  readonly safe: boolean;
  readonly threatType?: string;
  /** 0…1. */
  readonly confidence?: number;
}

/** A wire inside a message. */
export interface Content {
  readonly algorithm: Algorithm;
  /** The wire that `algorithm` names, for `none` the message itself; bytes where a carrier other than JSON takes them. */
  readonly content: Wire;
  /** Bytes of the message before encoding, as the sender says. */
  readonly originalSize?: number;
  readonly security?: SecurityStatus;
}

/** `timestamp` is Unix time in milliseconds. DATA without a session is the stateless mode. */
export type Message = { readonly timestamp: number } & (
  | { readonly type: 'HELLO'; readonly capabilities: Capabilities }
  | { readonly type: 'ACCEPT'; readonly session: string; readonly capabilities: Capabilities }
  | { readonly type: 'REJECT'; readonly code: Rejection; readonly reason: string }
  | ({ readonly type: 'DATA'; readonly session?: string } & Content)
  | { readonly type: 'PING' | 'PONG'; readonly session: string }
  | { readonly type: 'CLOSE'; readonly session: string; readonly reason?: Closing }
);

/** Printable ASCII, as ids of any maker are. */
const SESSION = /^[\x21-\x7e]{1,128}$/;

/**
 * @throws WireFormatError     `json`, `duplicate-key`; `message`: a field is missing or of the wrong kind, names it
 * @throws LimitExceededError  larger or deeper than the limits of messages (16 MiB, 32 levels, 10,000 elements)
 */
export function readMessage(text: string): Message {
  // A content of full size, escaped, and the envelope around it.
  within(text.length, 2 * LIMITS.wireBytes, 'characters of a message');
  const json = new Fields(readJson(text), 'message');
  const timestamp = json.count('timestamp');
  const type = json.text('type');
  switch (type) {
    case 'HELLO':
      return { type, capabilities: capabilitiesIn(json.fields('payload')), timestamp };
    case 'ACCEPT':
      return { type, session: sessionIn(json), capabilities: capabilitiesIn(json.fields('payload')), timestamp };
    case 'REJECT': {
      const payload = json.fields('payload');
      const reason = payload.has('message') ? payload.text('message') : '';
      return { type, code: known(REJECTIONS, payload.text('code')) ?? 'UNKNOWN', reason, timestamp };
    }
    case 'DATA':
      return {
        type,
        ...(json.has('session_id') && { session: sessionIn(json) }),
        ...contentIn(json.fields('payload')),
        timestamp,
      };
    case 'PING':
    case 'PONG':
      return { type, session: sessionIn(json), timestamp };
    case 'CLOSE': {
      const payload = json.has('payload') ? json.fields('payload') : undefined;
      const reason = payload?.has('reason') ? known(CLOSINGS, payload.text('reason')) : undefined;
      return { type, session: sessionIn(json), ...(reason && { reason }), timestamp };
    }
    default:
      throw new WireFormatError('message', `message.type: unknown ${JSON.stringify(type.slice(0, 32))}`);
  }
}

/** The JSON of a message. @throws InvalidInputError  a content of bytes, which only other carriers take */
export function writeMessage(message: Message): string {
  if (message.type === 'DATA' && typeof message.content !== 'string') {
    throw new InvalidInputError('writeMessage: JSON carries the text form of a wire, found bytes');
  }
  const session = 'session' in message ? message.session : undefined;
  return JSON.stringify({
    type: message.type,
    session_id: session,
    payload: payloadOut(message),
    timestamp: message.timestamp,
  });
}

function payloadOut(message: Message): object {
  switch (message.type) {
    case 'HELLO':
    case 'ACCEPT':
      return capabilitiesOut(message.capabilities);
    case 'REJECT':
      return { code: message.code, message: message.reason };
    case 'DATA':
      return {
        algorithm: message.algorithm,
        content: message.content,
        original_size: message.originalSize,
        security_status: message.security && {
          scanned: message.security.scanned,
          safe: message.security.safe,
          threat_type: message.security.threatType,
          confidence: message.security.confidence,
        },
      };
    case 'CLOSE':
      return { reason: message.reason };
    default:
      return {};
  }
}

function capabilitiesOut({ compression, security, ...peer }: Capabilities): object {
  return {
    version: peer.version,
    agent_id: peer.agentId,
    agent_type: peer.agentType,
    compression: {
      algorithms: compression.algorithms,
      max_payload: compression.maxPayload,
      streaming: compression.streaming,
      ml_routing: compression.mlRouting,
      encodings: compression.encodings,
      preferred_encoding: compression.preferredEncoding,
    },
    security: {
      threat_detection: security.threatDetection,
      model_version: security.modelVersion,
      blocking_mode: security.blockingMode,
      block_threshold: security.blockThreshold,
    },
    extensions: Object.fromEntries(peer.extensions),
  };
}

function capabilitiesIn(json: Fields): Capabilities {
  const compression = json.fields('compression');
  const security = json.fields('security');
  const preferred: Encoding | undefined = compression.has('preferred_encoding')
    ? known(ENCODINGS, compression.text('preferred_encoding'))
    : undefined;
  return {
    version: json.text('version'),
    agentId: json.text('agent_id'),
    agentType: json.text('agent_type'),
    compression: {
      algorithms: compression.names('algorithms', ALGORITHMS),
      maxPayload: compression.count('max_payload'),
      streaming: compression.flag('streaming'),
      mlRouting: compression.flag('ml_routing'),
      encodings: compression.has('encodings') ? compression.names('encodings', ENCODINGS) : [],
      preferredEncoding: preferred ?? 'Cl100kBase',
    },
    security: {
      threatDetection: security.flag('threat_detection'),
      modelVersion: security.has('model_version') ? security.text('model_version') : null,
      blockingMode: security.flag('blocking_mode'),
      blockThreshold: security.share('block_threshold'),
    },
    extensions: json.has('extensions') ? json.fields('extensions').texts() : new Map(),
  };
}

function contentIn(json: Fields): Content {
  const algorithm = known(ALGORITHMS, json.text('algorithm'));
  if (algorithm === undefined) throw new WireFormatError('message', 'payload.algorithm: unknown');
  const security = json.has('security_status') ? json.fields('security_status') : undefined;
  return {
    algorithm,
    content: json.text('content'),
    ...(json.has('original_size') && { originalSize: json.count('original_size') }),
    ...(security && { security: statusIn(security) }),
  };
}

function statusIn(json: Fields): SecurityStatus {
  return {
    scanned: json.flag('scanned'),
    safe: json.flag('safe'),
    ...(json.has('threat_type') && { threatType: json.text('threat_type') }),
    ...(json.has('confidence') && { confidence: json.share('confidence') }),
  };
}

function sessionIn(json: Fields): string {
  const session = json.text('session_id');
  if (SESSION.test(session)) return session;
  throw new WireFormatError('message', 'message.session_id: expected 1 to 128 printable ASCII characters');
}

function known<Name extends string>(names: readonly Name[], name: string): Name | undefined {
  return names.find((one) => one === name);
}

/** The fields of an object, each read as what it has to be. */
class Fields {
  readonly #object: JsonObject;
  readonly #place: string;

  constructor(json: Json | undefined, place: string) {
    if (!(json instanceof Map)) throw new WireFormatError('message', `${place}: expected an object`);
    this.#object = json;
    this.#place = place;
  }

  /** Null is absent, as the original has it. */
  has(key: string): boolean {
    return (this.#object.get(key) ?? null) !== null;
  }

  fields(key: string): Fields {
    return new Fields(this.#object.get(key), `${this.#place}.${key}`);
  }

  text(key: string): string {
    return this.#read(key, 'a string', (value) => typeof value === 'string') as string;
  }

  flag(key: string): boolean {
    return this.#read(key, 'true or false', (value) => typeof value === 'boolean') as boolean;
  }

  /** A whole number from 0 to 2^53 - 1. */
  count(key: string): number {
    return this.#read(key, 'a whole number', (value) => Number.isSafeInteger(value) && Number(value) >= 0) as number;
  }

  /** A number from 0 to 1. */
  share(key: string): number {
    const inside = (value: Json | undefined) => typeof value === 'number' && value >= 0 && value <= 1;
    return this.#read(key, 'a number from 0 to 1', inside) as number;
  }

  /** The names of a list that are among `names`, each once. */
  names<Name extends string>(key: string, names: readonly Name[]): readonly Name[] {
    const strings = (value: Json | undefined) => Array.isArray(value) && value.every((one) => typeof one === 'string');
    const list = this.#read(key, 'a list of strings', strings) as readonly string[];
    return [...new Set(list)].flatMap((name) => known(names, name) ?? []);
  }

  /** All fields, each of which has to be a string. */
  texts(): ReadonlyMap<string, string> {
    return new Map([...this.#object.keys()].map((key) => [key, this.text(key)]));
  }

  #read(key: string, expected: string, fits: (value: Json | undefined) => boolean): Json | undefined {
    const value = this.#object.get(key);
    if (fits(value)) return value;
    const found = value === undefined ? 'nothing' : value === null ? 'null' : kindOf(value);
    throw new WireFormatError('message', `${this.#place}.${key.slice(0, 64)}: expected ${expected}, found ${found}`);
  }
}

function kindOf(value: Exclude<Json, null>): string {
  if (value instanceof Map) return 'an object';
  return Array.isArray(value) ? 'a list' : `${typeof value === 'number' ? value : `a ${typeof value}`}`;
}
