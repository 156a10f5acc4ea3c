/**
 * Where a request goes: the upstream's root plus the request's own path, and nothing else that the request says.
 *
 *   --upstream http://h:11434/v1      /v1/chat/completions → http://h:11434/v1/chat/completions
 *                                     /chat/completions    → http://h:11434/v1/chat/completions
 *                                     /api/chat            → http://h:11434/api/chat
 *   --upstream https://h/openai/v1    /v1/models           → https://h/openai/v1/models
 *   --upstream https://h/prefix       /v1/models           → https://h/prefix/v1/models
 *
 *   --upstream m2m+http://h:9000      the same as http://h:9000, spoken to as a peer (peer/)
 *
 * The root is the upstream's URL without a trailing `/v1`, so that OpenAI and Ollama clients can both be pointed at the
 * proxy's origin. No URL parser ever sees the request target: `new URL('//evil/x', upstream)` leaves the upstream
 * (CVE-2024-6587 is the same mistake in a body). docs/architecture.md, product notes §7.
 */
import { ConfigError } from '../errors.ts';
import { Problem } from './problem.ts';

/** How a path is read and counted; the `path` of a known one is its label in metrics and logs. */
export interface Route {
  readonly path: string;
  /** True where bodies are JSON whatever their content-type says, because upstreams parse them all the same. */
  readonly json: boolean;
  /** Where token ids may stand in place of text, which no rule can read. */
  readonly tokens?: 'prompt' | 'input';
}

const OPENAI: readonly Route[] = [
  { path: '/v1/chat/completions', json: true },
  { path: '/v1/completions', json: true, tokens: 'prompt' },
  { path: '/v1/embeddings', json: true, tokens: 'input' },
  { path: '/v1/responses', json: true },
  { path: '/v1/models', json: true },
];
const OLLAMA: readonly Route[] = ['chat', 'generate', 'embed', 'embeddings', 'tags', 'show'].map((name) => ({
  path: `/api/${name}`,
  json: true,
}));
/** Anthropic's wire, which vLLM, Ollama and others speak beside OpenAI's. */
const ANTHROPIC: readonly Route[] = [{ path: '/v1/messages', json: true }];
const OTHER: Route = { path: 'other', json: false };

const ROUTES: ReadonlyMap<string, Route> = new Map(
  [...OPENAI, ...OLLAMA, ...ANTHROPIC].map((route): [string, Route] => [route.path, route]),
);
/** OpenAI clients whose base URL lacks `/v1`. */
const SHORT: ReadonlyMap<string, Route> = new Map(
  OPENAI.map((route): [string, Route] => [route.path.slice('/v1'.length), route]),
);

export interface Destination {
  readonly route: Route;
  /** Path and query as they go onto the request line, root included. */
  readonly path: string;
}

/** The one upstream of a proxy. */
export class Target {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Value of the `host` header. */
  readonly host: string;
  /** Whether the upstream speaks M2M. */
  readonly peer: boolean;
  readonly #root: string;
  readonly #versioned: boolean;

  /** @throws ConfigError  not an http(s) URL, or one with credentials, a query or a fragment */
  constructor(upstream: string) {
    this.peer = upstream.startsWith('m2m+');
    const url = parseUpstream(this.peer ? upstream.slice('m2m+'.length) : upstream);
    this.origin = url.origin;
    this.host = url.host;
    const base = url.pathname.replace(/\/+$/u, '');
    this.#versioned = base.endsWith('/v1');
    this.#root = this.#versioned ? base.slice(0, -'/v1'.length) : base;
  }

  /** A path of the upstream's own, below its root. */
  below(path: string): string {
    return this.#root + path;
  }

  /**
   * Reads the target of a request line.
   *
   * @throws Problem  400 when it is anything but a plain path below the root
   */
  resolve(target: string): Destination {
    const mark = target.indexOf('?');
    const path = mark === -1 ? target : target.slice(0, mark);
    const known = ROUTES.get(path);
    if (known && mark === -1) return { route: known, path: this.#root + target };
    const plain = plainPath(path, target);
    const short = this.#versioned ? SHORT.get(path) : undefined;
    if (short) return { route: short, path: `${this.#root}/v1${target}` };
    return { route: known ?? ROUTES.get(plain) ?? SHORT.get(plain) ?? familiar(plain), path: this.#root + target };
  }
}

/** `/v1/models/gpt-4` and `/v1/responses/resp_1` count under their collection; what they carry is read by content-type. */
function familiar(path: string): Route {
  for (const collection of ['/v1/models', '/v1/responses', '/v1/chat/completions']) {
    if (path.startsWith(`${collection}/`)) return { path: collection, json: false };
  }
  return OTHER;
}

/**
 * The path as the most lenient upstream would read it: percent-decoded, in small letters, without a slash at its end.
 * It says how bodies are read, and never goes anywhere: `/v1/%63hat/completions` must not read as a file would.
 *
 * @throws Problem  400 when it is no plain path
 */
function plainPath(path: string, target: string): string {
  const refuse = (reason: string): never => {
    throw new Problem(
      400,
      'invalid_path',
      `the request target ${reason}; expected a path such as /v1/chat/completions`,
    );
  };
  if (path.charCodeAt(0) !== 0x2f) refuse('is not a path: absolute-form, authority-form and * are not forwarded');
  // RFC 3986 §3.3 allows far less; llhttp lets some of the rest through.
  if (/[^\x21-\x7e]|[\\#]/u.test(target)) refuse('contains a character that a request target cannot have');
  if (path.includes('//')) refuse('contains an empty segment');
  let decoded = path;
  // Twice encoded dots are decoded by upstreams that decode twice; four rounds are more than any of them does.
  for (let round = 0; round < 4; round++) {
    if (/(?:^|[/\\])\.{1,2}(?:[/\\;]|$)/u.test(decoded)) refuse('contains a dot segment');
    if (/[\0\r\n]/u.test(decoded)) refuse('contains an encoded control character');
    const next = decoded.replace(/%([0-7][0-9a-f])/giu, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (next === decoded) return decoded.toLowerCase().replace(/\/+$/u, '');
    decoded = next;
  }
  return refuse('is percent-encoded too many times over');
}

function parseUpstream(upstream: string): URL {
  const refuse = (found: string): ConfigError =>
    new ConfigError(`upstream: expected a URL such as http://localhost:11434/v1, or demo; found ${found}`);
  if (!URL.canParse(upstream)) throw refuse('something that is no URL');
  const url = new URL(upstream);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refuse(`the scheme ${url.protocol}`);
  if (url.username || url.password) throw refuse('credentials in it; put the key into the variable M2M_UPSTREAM_KEY');
  if (url.search || url.hash) throw refuse('a query or fragment in it');
  return url;
}
