/**
 * Every refusal that the proxy itself answers, in OpenAI's error shape, so that unmodified clients map it to their own
 * error classes: `{"error": {message, type, param, code, m2m?}}`. Messages are ours; nothing of a request is echoed.
 */

/** What the `m2m` member of an error says about the verdict; plain JSON. */
export type Detail = Readonly<Record<string, unknown>>;

/** An answer other than the upstream's. Internal to the proxy: it ends as a response, never as an exception of the API. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: string;
  readonly param: string | null;
  readonly detail: Detail | undefined;
  /** Names and values that go with the answer. */
  readonly headers: readonly string[];

  constructor(
    status: number,
    code: string,
    message: string,
    more: { param?: string; detail?: Detail; cause?: unknown; headers?: readonly string[] } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.status = status;
    this.code = code;
    this.param = more.param ?? null;
    this.detail = more.detail;
    this.headers = more.headers ?? [];
  }

  /** The response body. */
  toJSON(): string {
    return JSON.stringify({
      error: {
        message: this.message,
        type: typeOf(this.status, this.code),
        param: this.param,
        code: this.code,
        ...(this.detail ? { m2m: this.detail } : {}),
      },
    });
  }
}

function typeOf(status: number, code: string): string {
  if (code === 'content_filter') return 'content_filter';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
