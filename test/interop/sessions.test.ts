/** Sessions of ours with sessions of the original, as client and as server, in pipes and over its HTTP server. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { brotli } from '../../codec/formats/brotli.ts';
import { tokenNative } from '../../codec/formats/token-native.ts';
import { m2m } from '../../codec/frame/frame.ts';
import { type Capabilities, capabilitiesOf } from '../../transport/capabilities.ts';
import { type Message, readMessage, writeMessage } from '../../transport/message.ts';
import { step } from '../../transport/session.ts';
import { begin, type SessionEvent, type SessionState } from '../../transport/state.ts';
import { build, Original, serve } from './original.ts';

const BODY = '{"model":"gpt-4o","messages":[{"role":"user","content":"Hello, 世界"}]}';
/** Only what both sides of these tests encode. */
const capabilities = capabilitiesOf('ours', { compression: { algorithms: ['tokennative', 'none'] } });

const found = await build();
let original: Original;

beforeAll(() => {
  if ('program' in found) original = new Original(found.program);
});
beforeEach((context) => {
  if ('missing' in found) context.skip(found.missing);
});
afterAll(() => original?.close());

/** A session of ours that remembers what it was told to do. */
class Ours {
  state: SessionState;
  readonly sent: Message[] = [];
  readonly delivered: string[] = [];

  constructor(own: { readonly id?: string; readonly capabilities?: Capabilities } = {}) {
    this.state = begin({ capabilities, ...own });
  }

  take(event: Omit<SessionEvent, 'at'> | { readonly type: 'received'; readonly message: Message }): string | undefined {
    const { state, actions } = step(this.state, { ...event, at: Date.now() } as SessionEvent);
    this.state = state;
    for (const action of actions) {
      if (action.type === 'send') this.sent.push(action.message);
      if (action.type === 'deliver') this.delivered.push(String(action.content.content));
    }
    const last = actions.findLast((action) => action.type === 'send');
    return last?.type === 'send' ? writeMessage(last.message) : undefined;
  }

  hear(text: string): string | undefined {
    return this.take({ type: 'received', message: readMessage(text) });
  }

  async send(body: string): Promise<string> {
    const content = { algorithm: 'tokennative', content: await tokenNative.encode(body) };
    return this.take({ type: 'send', content } as SessionEvent) ?? '';
  }
}

/** A session of the original's. */
class Theirs {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  static async begin(name: string, own?: object): Promise<Theirs> {
    const theirs = new Theirs(name);
    await theirs.ask('new', own && { capabilities: own });
    return theirs;
  }

  async ask(verb: string, fields: object = {}): Promise<Record<string, unknown>> {
    const answer = await original.ask({ op: 'session', name: this.#name, verb, ...fields });
    if (!answer.ok) throw new Error(answer.error);
    return answer;
  }

  async say(verb: string, fields: object = {}): Promise<string> {
    return (await this.ask(verb, fields)).message as string;
  }
}

async function exchange(ours: Ours, theirs: Theirs): Promise<void> {
  expect(ours.state.phase).toBe('established');
  const { id, state } = await theirs.ask('state');
  expect([state, id]).toEqual(['Established', 'id' in ours.state ? ours.state.id : undefined]);

  const opened = await theirs.ask('open', { message: await ours.send(BODY) });
  expect(Buffer.from(opened.data as string, 'base64').toString()).toBe(BODY);
  ours.hear(await theirs.say('send', { data: Buffer.from(BODY).toString('base64') }));
  expect(await tokenNative.decode(ours.delivered.at(-1) ?? '')).toBe(BODY);

  ours.hear(await theirs.say('receive', { message: ours.take({ type: 'ping' }) }));
  expect(ours.state).toMatchObject({ phase: 'established', pingAt: undefined });
}

describe('a session with the original', () => {
  it('as its client: handshake, data both ways, keep-alive, closed by us', async () => {
    const [ours, theirs] = [new Ours(), await Theirs.begin('server')];
    ours.hear(await theirs.say('receive', { message: ours.take({ type: 'open' }) }));
    await exchange(ours, theirs);
    await theirs.ask('receive', { message: ours.take({ type: 'close', reason: 'NORMAL' } as SessionEvent) });
    expect(await theirs.ask('state')).toMatchObject({ state: 'Closed' });
  });

  it('as its server: handshake, data both ways, keep-alive, closed by it', async () => {
    const compression = { algorithms: ['tokennative'], max_payload: 0, streaming: true, ml_routing: false };
    const security = { threat_detection: false, model_version: null, blocking_mode: false, block_threshold: 0.5 };
    const own = { version: '3.1', agent_id: 'theirs', agent_type: 'x', compression, security };
    const [ours, theirs] = [new Ours({ id: 'sess_1' }), await Theirs.begin('client', own)];
    const accept = ours.hear(await theirs.say('hello'));
    await theirs.ask('receive', { message: accept });
    await exchange(ours, theirs);
    const acknowledged = ours.hear(await theirs.say('close'));
    expect(ours.state).toMatchObject({ phase: 'closed', ending: 'peer' });
    await theirs.ask('receive', { message: acknowledged });
    expect(await theirs.ask('state')).toMatchObject({ state: 'Closed' });
  });

  it('with everything on offer it sends frames, and opens whatever was agreed on', async () => {
    const [ours, theirs] = [new Ours({ capabilities: capabilitiesOf('all') }), await Theirs.begin('all')];
    ours.hear(await theirs.say('receive', { message: ours.take({ type: 'open' }) }));
    ours.hear(await theirs.say('send', { data: Buffer.from(BODY).toString('base64') }));
    expect(await m2m.decode(ours.delivered.at(-1) ?? '')).toBe(BODY);
    const wires = { m2m: await m2m.encode(BODY), brotli: await brotli.encode(BODY), none: BODY };
    for (const [algorithm, content] of Object.entries(wires)) {
      const message = ours.take({ type: 'send', content: { algorithm, content } } as SessionEvent);
      const { data } = await theirs.ask('open', { message });
      expect(Buffer.from(String(data), 'base64').toString()).toBe(BODY);
    }
  });

  it('a version that it does not speak is rejected, by each side', async () => {
    const next = { ...capabilities, version: '4.0' };
    const [ours, theirs] = [new Ours({ capabilities: next }), await Theirs.begin('older')];
    ours.hear(await theirs.say('receive', { message: ours.take({ type: 'open' }) }));
    expect(ours.state).toMatchObject({ phase: 'closed', ending: 'rejected' });

    const [server, client] = [new Ours({ id: 'sess_2', capabilities: next }), await Theirs.begin('asking')];
    const reject = server.hear(await client.say('hello'));
    await expect(client.ask('receive', { message: reject })).rejects.toThrow('VersionMismatch');
  });

  it('what it writes, we write byte for byte', async () => {
    const [client, server] = [await Theirs.begin('c'), await Theirs.begin('s')];
    const hello = await client.say('hello');
    const accept = await server.say('receive', { message: hello });
    await client.ask('receive', { message: accept });
    const data = await client.say('send', { data: Buffer.from(BODY).toString('base64') });
    for (const line of [hello, accept, data, await client.say('close')]) {
      expect(writeMessage(readMessage(line))).toBe(line);
    }
  });
});

describe('`m2m server` of the original', () => {
  it('talks to a client of ours: HELLO, DATA, PING, CLOSE, and opens a frame', async () => {
    if (!('program' in found)) throw new Error('skipped before');
    const server = await serve(found.cli);
    try {
      const post = async (body: string | undefined) => {
        const headers = { 'content-type': 'application/json' };
        const response = await fetch(`${server.url}/message`, { method: 'POST', body: body ?? '', headers });
        return { status: response.status, text: await response.text() };
      };
      const ours = new Ours();
      ours.hear((await post(ours.take({ type: 'open' }))).text);
      expect(ours.state.phase).toBe('established');
      // It answers DATA with the message itself.
      ours.hear((await post(await ours.send(BODY))).text);
      expect(await tokenNative.decode(ours.delivered[0] ?? '')).toBe(BODY);
      ours.hear((await post(ours.take({ type: 'ping' }))).text);
      const data = await ours.send(BODY);
      ours.hear((await post(ours.take({ type: 'close' }))).text);
      expect(ours.state).toMatchObject({ phase: 'closed', ending: 'local' });
      expect((await post(data)).status).toBe(404);

      const packed = { data: await m2m.encode(BODY) };
      const headers = { 'content-type': 'application/json' };
      const request = { method: 'POST', body: JSON.stringify(packed), headers };
      const opened = await fetch(`${server.url}/decompress`, request);
      expect(await opened.json()).toEqual({ content: BODY, bytes: Buffer.byteLength(BODY) });
    } finally {
      server.close();
    }
  });
});
