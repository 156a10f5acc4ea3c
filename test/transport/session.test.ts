import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError, LimitExceededError, SessionError } from '../../errors.ts';
import { capabilitiesOf } from '../../transport/capabilities.ts';
import { type Message, readMessage, writeMessage } from '../../transport/message.ts';
import { step } from '../../transport/session.ts';
import { begin, type SessionEvent, type SessionState, TIMING } from '../../transport/state.ts';
import { runs } from '../scale.ts';
import { client, content, events, ID, messages, nameOf, server, sessions, T } from './kit.ts';

/**
 * What each phase makes of each event: the phase after it, and the actions. A pair that is not here is refused: then
 * `unexpected-message` is for messages of the peer, `illegal-event` for wishes of the caller.
 */
const TRANSITIONS: Readonly<Record<keyof typeof sessions, Readonly<Record<string, string>>>> = {
  initial: {
    open: 'hello-sent: HELLO',
    close: 'closed: closed local',
    tick: 'initial:',
    lost: 'closed: closed lost',
  },
  listening: {
    open: 'hello-sent: HELLO',
    close: 'closed: closed local',
    tick: 'initial:',
    lost: 'closed: closed lost',
    HELLO: 'established: ACCEPT, established',
  },
  stateless: {
    send: 'stateless: DATA',
    close: 'closed: closed local',
    tick: 'stateless:',
    lost: 'closed: closed lost',
    DATA: 'wrong-session',
  },
  'hello-sent': {
    close: 'closed: closed local',
    tick: 'hello-sent:',
    lost: 'closed: closed lost',
    ACCEPT: 'established: established',
    REJECT: 'closed: closed rejected',
  },
  established: {
    send: 'established: DATA',
    ping: 'established: PING',
    close: 'closing: CLOSE',
    tick: 'established:',
    lost: 'closed: closed lost',
    DATA: 'established: deliver',
    PING: 'established: PONG',
    PONG: 'established:',
    CLOSE: 'closed: CLOSE, closed peer',
  },
  closing: {
    tick: 'closing:',
    lost: 'closed: closed lost',
    DATA: 'closing: ignored',
    PING: 'closing: ignored',
    PONG: 'closing: ignored',
    CLOSE: 'closed: closed local',
  },
  closed: {
    tick: 'closed:',
    lost: 'closed:',
    DATA: 'closed: ignored',
    PING: 'closed: ignored',
    PONG: 'closed: ignored',
    CLOSE: 'closed: ignored',
  },
  'closed by the peer': { tick: 'closed:', lost: 'closed:' },
};

function outcome(state: SessionState, event: SessionEvent): string {
  try {
    const after = step(state, event);
    const actions = after.actions.map((action) => {
      if (action.type === 'send') return action.message.type;
      return action.type === 'closed' ? `closed ${action.ending}` : action.type;
    });
    return `${after.state.phase}: ${actions.join(', ')}`.trim();
  } catch (error) {
    if (error instanceof SessionError) return error.fault;
    throw error;
  }
}

const table = Object.entries(sessions).flatMap(([phase, state]) =>
  events.map((event) => {
    const refused = event.type === 'received' ? 'unexpected-message' : 'illegal-event';
    const expected = TRANSITIONS[phase as keyof typeof sessions][nameOf(event)] ?? refused;
    return { phase, name: nameOf(event), state, event, expected };
  }),
);

describe('every phase and every event', () => {
  it.each(table)('$phase, $name: $expected', ({ state, event, expected }) => {
    const before = structuredClone(state);
    expect(outcome(state, event)).toBe(expected);
    expect(state).toEqual(before);
  });
});

const received = (message: Message, at = T): SessionEvent => ({ type: 'received', message, at });
const only = (algorithms: 'brotli'[]) => capabilitiesOf('x', { compression: { algorithms } });

describe('the handshake', () => {
  it('gives both sides the same session and what they share', () => {
    const opened = step(sessions.initial, { type: 'open', at: T });
    const hello = messageIn(opened.actions);
    const accepted = step(sessions.listening, received(hello));
    const answered = step(opened.state, received(messageIn(accepted.actions)));
    expect(accepted.state).toMatchObject({ phase: 'established', id: ID, agreed: { algorithm: 'm2m' } });
    expect(answered.state).toMatchObject({ phase: 'established', id: ID, agreed: { algorithm: 'm2m' } });
  });

  it('takes the first algorithm of its own that the peer reads, and nothing else afterwards', () => {
    const state = step(
      sessions.listening,
      received({ type: 'HELLO', capabilities: only(['brotli']), timestamp: T }),
    ).state;
    expect(state).toMatchObject({ agreed: { algorithm: 'brotli', algorithms: ['brotli'] } });
    expect(outcome(state, { type: 'send', content, at: T })).toBe('algorithm');
    expect(outcome(state, received(messages[3] as Message))).toBe('algorithm');
  });

  it.each([
    ['VERSION_MISMATCH', { ...client, version: '4.0' }],
    ['NO_COMMON_ALGORITHM', capabilitiesOf('x', { compression: { algorithms: [] } })],
  ] as const)('ends in REJECT with %s, and the client learns the code', (code, capabilities) => {
    const rejected = step(sessions.listening, received({ type: 'HELLO', capabilities, timestamp: T }));
    expect(rejected.state).toMatchObject({ phase: 'closed', ending: 'mismatch' });
    const answered = step(sessions['hello-sent'], received(messageIn(rejected.actions)));
    expect(answered.actions).toMatchObject([{ type: 'closed', ending: 'rejected', code }]);
  });

  it('says CLOSE to a peer that accepted what cannot work, and takes its CLOSE in return', () => {
    const capabilities = { ...server, version: '9' };
    const ended = step(sessions['hello-sent'], received({ type: 'ACCEPT', session: ID, capabilities, timestamp: T }));
    expect(ended.actions).toMatchObject([
      { type: 'send', message: { type: 'CLOSE', session: ID, reason: 'ERROR' } },
      { type: 'closed', ending: 'mismatch', code: 'VERSION_MISMATCH' },
    ]);
    expect(outcome(ended.state, received(messages[6] as Message))).toBe('closed: ignored');
  });

  it('accepts a minor version that it does not know', () => {
    const capabilities = { ...client, version: '3.9' };
    expect(outcome(sessions.listening, received({ type: 'HELLO', capabilities, timestamp: T }))).toMatch(
      /^established/,
    );
  });

  it('falls back to cl100k where no tokenizer is shared', () => {
    const capabilities = capabilitiesOf('x', { compression: { encodings: [], preferredEncoding: 'LlamaBpe' } });
    const { state } = step(sessions.listening, received({ type: 'HELLO', capabilities, timestamp: T }));
    expect(state).toMatchObject({ agreed: { encoding: 'Cl100kBase' } });
  });
});

describe('messages of a session', () => {
  it.each(messages.slice(3))('$type of another session is refused', (message) => {
    const foreign = { ...message, session: 'other' } as Message;
    expect(outcome(sessions.established, received(foreign))).toBe('wrong-session');
    expect(outcome(sessions.closing, received(foreign))).toBe('wrong-session');
  });

  it('that were on their way when the time of this side was up are no fault', () => {
    const { state } = step(sessions.closing, { type: 'tick', at: T + TIMING.close });
    expect(outcome(state, received(messages[3] as Message))).toBe('closed: ignored');
  });

  it.each([
    ['m2m', '#TK|C|sk0L/Q4A'],
    ['tokennative', '{"a":1}'],
    ['none', '#M2M|1|AAAA'],
    ['none', '#M2M[v3.0]|DATA:Ow=='],
    ['brotli', '#M2M[v2.0]|DATA:eJw='],
  ] as const)('a content in %s that begins like another is refused, out and in: %s', (algorithm, text) => {
    const wrong = { algorithm, content: text };
    expect(outcome(sessions.established, { type: 'send', content: wrong, at: T })).toBe('content');
    const message: Message = { type: 'DATA', session: ID, ...wrong, timestamp: T };
    expect(outcome(sessions.established, received(message))).toBe('content');
  });

  it('holds contents to what their receiver takes, in UTF-8 bytes', () => {
    const small = capabilitiesOf('x', { compression: { maxPayload: 9 } });
    const { state } = step(sessions.listening, received({ type: 'HELLO', capabilities: small, timestamp: T }));
    const send = (text: string) => () =>
      step(state, { type: 'send', content: { algorithm: 'none', content: text }, at: T });
    expect(send('"ééé"')).not.toThrow();
    expect(send('"éééé"')).toThrow(LimitExceededError);
    expect(send('"123456789"')).toThrow(LimitExceededError);
  });

  it('hands on what came with a content', () => {
    const full = { ...content, originalSize: 13, security: { scanned: true, safe: false, threatType: 'injection' } };
    const message: Message = { type: 'DATA', session: ID, ...full, timestamp: T };
    expect(step(sessions.established, received(message)).actions).toEqual([{ type: 'deliver', content: full }]);
  });
});

describe('time', () => {
  const tick = (state: SessionState, at: number) => outcome(state, { type: 'tick', at });

  it('ends a HELLO without an answer, and a CLOSE without one', () => {
    expect(tick(sessions['hello-sent'], T + TIMING.hello - 1)).toBe('hello-sent:');
    expect(tick(sessions['hello-sent'], T + TIMING.hello)).toBe('closed: closed silent');
    expect(tick(sessions.closing, T + TIMING.close - 1)).toBe('closing:');
    expect(tick(sessions.closing, T + TIMING.close)).toBe('closed: closed local');
  });

  it('sends a PING when nothing happened, again when no PONG came, and gives up after the third', () => {
    const seen: string[] = [];
    let state: SessionState = sessions.established;
    for (let at = T; state.phase === 'established'; at += 1_000) {
      const { state: next, actions } = step(state, { type: 'tick', at });
      for (const action of actions) {
        seen.push(`${(at - T) / 1_000} ${action.type === 'send' ? action.message.type : action.type}`);
      }
      state = next;
    }
    expect(seen).toEqual(['60 PING', '70 PING', '80 PING', '90 CLOSE', '90 closed']);
  });

  it('any message of the peer counts as an answer', () => {
    const asked = step(sessions.established, { type: 'ping', at: T }).state;
    const heard = step(asked, received(messages[3] as Message, T + 9_000)).state;
    expect(tick(heard, T + 10_000)).toBe('established:');
  });

  it('ends a session in which nothing was said, and does not count its own PINGs', () => {
    const timing = { ping: 1_000_000 };
    const quiet = step(begin({ capabilities: server, id: ID, timing }), received(messages[0] as Message)).state;
    expect(tick(quiet, T + TIMING.idle - 1)).toBe('established:');
    expect(tick(step(quiet, { type: 'ping', at: T + 1_000 }).state, T + TIMING.idle)).toBe(
      'closed: CLOSE, closed idle',
    );
  });

  it.each([0, -1, Number.NaN])('is no %d', (hello) => {
    expect(() => begin({ capabilities: client, timing: { hello } })).toThrow(InvalidInputError);
  });
});

describe('stateless', () => {
  it('carries DATA without a session, and nothing else', () => {
    const sent = messageIn(step(sessions.stateless, { type: 'send', content, at: T }).actions);
    expect(writeMessage(sent)).not.toContain('session_id');
    expect(step(sessions.stateless, received(readMessage(writeMessage(sent)))).actions).toEqual([
      { type: 'deliver', content },
    ]);
  });

  it('DATA without a session does not enter an established one', () => {
    expect(outcome(sessions.established, received({ type: 'DATA', ...content, timestamp: T }))).toBe('wrong-session');
  });

  it('has no id', () => {
    expect(() => begin({ capabilities: client, stateless: true, id: ID })).toThrow(InvalidInputError);
  });
});

describe('whatever happens', () => {
  const anyEvent = fc.record({
    event: fc.constantFrom(...events),
    wait: fc.constantFrom(0, 1, 9_999, 60_000, 300_000),
  });

  it('any sequence of events ends in a state of the table or in a SessionError, and closed stays closed', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(sessions)),
        fc.array(anyEvent, { maxLength: 40 }),
        (start, sequence) => {
          let state: SessionState = start;
          let at = T;
          for (const { event, wait } of sequence) {
            at += wait;
            const before = state;
            try {
              const next = step(state, { ...event, at });
              if (before.phase === 'closed') expect(next.state).toEqual(before);
              const closings = next.actions.filter((action) => action.type === 'closed').length;
              expect(closings).toBe(before.phase !== 'closed' && next.state.phase === 'closed' ? 1 : 0);
              state = next.state;
            } catch (error) {
              expect(error).toBeInstanceOf(SessionError);
              expect(state).toBe(before);
            }
          }
        },
      ),
      { numRuns: runs(500, 20_000) },
    );
  });

  it('two peers over an ordered connection never refuse each other, and both end when one closes', () => {
    const wish = fc.record({
      side: fc.constantFrom(0, 1),
      does: fc.constantFrom('send', 'ping', 'tick', 'close', 'deliver', 'deliver', 'deliver'),
    });
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 60 }), (wishes) => {
        const pair = new Pair();
        for (const { side, does } of wishes) pair.act(side as 0 | 1, does);
        pair.drain();
        const phases = pair.states.map(({ phase }) => phase);
        expect(phases[0] === 'closed').toBe(phases[1] === 'closed');
        expect(phases).not.toContain('closing');
        expect(pair.delivered).toBeLessThanOrEqual(pair.sent);
        if (!wishes.some(({ does }) => does === 'close')) expect(pair.delivered).toBe(pair.sent);
      }),
      { numRuns: runs(500, 20_000) },
    );
  });
});

/** Two established peers and the bytes between them; messages travel as JSON. */
class Pair {
  states: [SessionState, SessionState] = [sessions.established, sessions.established];
  readonly #wires: [string[], string[]] = [[], []];
  #at = T;
  sent = 0;
  delivered = 0;

  act(side: 0 | 1, does: string): void {
    this.#at += 1_000;
    const at = this.#at;
    const { phase } = this.states[side];
    if (does === 'deliver') this.deliver(side);
    else if (does === 'tick') this.#step(side, { type: 'tick', at });
    else if (phase !== 'established') return;
    else if (does === 'send') {
      this.sent++;
      this.#step(side, { type: 'send', content, at });
    } else this.#step(side, { type: does as 'ping' | 'close', at });
  }

  deliver(to: 0 | 1): boolean {
    const text = this.#wires[to].shift();
    if (text === undefined) return false;
    this.#step(to, { type: 'received', message: readMessage(text), at: this.#at });
    return true;
  }

  drain(): void {
    while (this.deliver(0) || this.deliver(1));
  }

  #step(side: 0 | 1, event: SessionEvent): void {
    const { state, actions } = step(this.states[side], event);
    this.states[side] = state;
    for (const action of actions) {
      if (action.type === 'send') this.#wires[side === 0 ? 1 : 0].push(writeMessage(action.message));
      if (action.type === 'deliver') this.delivered++;
    }
  }
}

function messageIn(actions: ReturnType<typeof step>['actions']): Message {
  const sent = actions.find((action) => action.type === 'send');
  if (sent?.type !== 'send') throw new Error('nothing was sent');
  return sent.message;
}

describe('a content of bytes, for carriers other than JSON,', () => {
  const bytes = (head: string) => new TextEncoder().encode(`${head}rest`);
  const established = sessions.established;

  it('passes a session in either direction, and no JSON', () => {
    const content = { algorithm: 'm2m', content: bytes('#M2M|1|') } as const;
    const { actions } = step(established, { type: 'send', content, at: T });
    const [action] = actions;
    expect(action).toMatchObject({ type: 'send', message: { type: 'DATA', content: content.content } });
    if (action?.type !== 'send') return;
    expect(step(established, { type: 'received', message: action.message, at: T }).actions).toEqual([
      { type: 'deliver', content },
    ]);
    expect(() => writeMessage(action.message)).toThrow(InvalidInputError);
  });

  it.each([
    ['m2m', '#TK|C|'],
    ['brotli', '#M2M|1|'],
    ['tokennative', '{"'],
    ['none', '\u0001'],
  ] as const)('that says %s and begins with %j is refused', (algorithm, head) => {
    const content = { algorithm, content: bytes(head) };
    expect(() => step(established, { type: 'send', content, at: T })).toThrow(SessionError);
  });
});
