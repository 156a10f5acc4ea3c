/** What a body is, from its content-type and its route: how the guard has to read it. */
import { Problem } from './problem.ts';
import type { Route } from './target.ts';

/**
 * `json`   one JSON document, and a fault where it is none
 * `lines`  one JSON document a line (NDJSON, JSON Lines)
 * `events` server-sent events
 * `parts`  multipart; every part that is text is read
 * `auto`   text, read as JSON where it looks like JSON
 * `binary` not read unless it turns out to be text
 */
export type Kind = 'json' | 'lines' | 'events' | 'parts' | 'auto' | 'binary';

const LINES: ReadonlySet<string> = new Set([
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/x-jsonlines',
  'application/jsonlines',
]);
const CR = 0x0d;
const BINARY =
  /^(?:image|audio|video|font)\/|^application\/(?:octet-stream|pdf|zip|gzip|x-tar|wasm|protobuf|x-protobuf|vnd\.(?:apache|ms-|openxml).*)$/u;

function kindOf(contentType: string | undefined): Kind {
  if (contentType === undefined) return 'auto';
  if (contentType === 'application/json') return 'json';
  const end = contentType.indexOf(';');
  const media = (end === -1 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
  if (media === 'application/json' || media.endsWith('+json') || media === 'text/json') return 'json';
  if (media === 'text/event-stream') return 'events';
  if (LINES.has(media)) return 'lines';
  if (media.startsWith('multipart/')) return 'parts';
  return BINARY.test(media) ? 'binary' : 'auto';
}

/**
 * How to read a request.
 *
 * @throws Problem  415 where another charset than UTF-8 is claimed: two readers would read two texts
 */
export function requestKind(contentType: string | undefined, route: Route): Kind {
  const charset = contentType === undefined ? null : /;\s*charset\s*=\s*"?([^";\s]*)/iu.exec(contentType);
  if (charset && !/^(?:utf-?8|us-ascii)$/iu.test(charset[1]!)) {
    throw new Problem(415, 'unsupported_charset', 'the body must be UTF-8');
  }
  // Ollama and others parse a body as JSON whatever it is called; calling it an image must not hide it from the scan.
  if (route.json) return 'json';
  const kind = kindOf(contentType);
  return kind === 'events' ? 'auto' : kind;
}

/** How to read a response; on a route of text nothing passes as binary by its name alone. */
export function responseKind(contentType: string | undefined, route: Route, status: number): Kind {
  const kind = kindOf(contentType);
  if (kind === 'parts') return 'auto';
  if (kind === 'binary' && route.json) return 'auto';
  // Error pages are often HTML under a JSON content-type; that is no fault of structure worth a block.
  return kind === 'json' && status >= 400 ? 'auto' : kind;
}

/**
 * The parts of a multipart body, without their headers; RFC 2046 §5.1. Lines may end in LF alone, which Go, Python and
 * busboy-like readers take. Undefined where no part is found: what cannot be taken apart is read as a whole.
 */
export function partsOf(body: Buffer, contentType: string): Buffer[] | undefined {
  const boundary = /;\s*boundary=(?:"([^"]{1,70})"|([^;\s]{1,70}))/iu.exec(contentType);
  if (!boundary) return undefined;
  const delimiter = `--${boundary[1] ?? boundary[2]}`;
  const parts: Buffer[] = [];
  let start = body.indexOf(delimiter);
  while (start !== -1) {
    const head = start + delimiter.length;
    // The line end before a delimiter belongs to the delimiter.
    const next = body.indexOf(`\n${delimiter}`, head);
    const end = next === -1 ? body.length : body[next - 1] === CR ? next - 1 : next;
    const part = body.subarray(head, end);
    const text = textAt(part);
    if (text !== -1) parts.push(part.subarray(text));
    start = next === -1 ? -1 : next + 1;
  }
  return parts.length === 0 ? undefined : parts;
}

/** Where a part's headers end, behind the first empty line; -1 where there is none. */
function textAt(part: Buffer): number {
  const strict = part.indexOf('\r\n\r\n');
  const lax = (strict === -1 ? part : part.subarray(0, strict)).indexOf('\n\n');
  if (lax !== -1) return lax + 2;
  return strict === -1 ? -1 : strict + 4;
}
