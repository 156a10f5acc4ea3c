import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createProxy, type ProxyConfig, resolveConfig } from '../../proxy/index.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'm2m-config-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const write = (value: unknown, name = 'm2m.config.json'): void =>
  writeFileSync(join(cwd, name), typeof value === 'string' ? value : JSON.stringify(value));
const upstream = 'http://localhost:11434/v1';

describe('where settings come from', () => {
  it('flags win over the environment, the environment over the file', () => {
    write({ upstream: 'http://file/v1', port: 1, host: 'file', mode: 'auto', blockAt: 0.7 });
    const env = { M2M_UPSTREAM: 'http://env/v1', M2M_PORT: '2', M2M_HOST: 'env' };
    const flags = { upstream: 'http://flag/v1', port: '3', 'fail-open': true };
    expect(resolveConfig({ flags, env, cwd })).toEqual({
      upstream: 'http://flag/v1',
      port: 3,
      host: 'env',
      mode: 'auto',
      blockAt: 0.7,
      failOpen: true,
    });
  });

  it('reads every setting of the environment', () => {
    const env = {
      M2M_UPSTREAM: upstream,
      M2M_MODE: 'patterns',
      M2M_MONITOR: '1',
      M2M_BLOCK_AT: '0.9',
      M2M_FLAG_AT: '0.4',
      M2M_FAIL_OPEN: 'false',
      M2M_SCAN_REQUESTS: 'yes',
      M2M_SCAN_RESPONSES: 'off',
      M2M_DEADLINE_MS: '75',
      M2M_UPSTREAM_KEY: 'sk-1',
      M2M_PEER_SECURITY: 'hmac',
      M2M_PEER_AGENT: 'near',
      M2M_PEER_ORG: 'acme',
      M2M_PEER_SESSION: 'no',
      M2M_PEER_KEY: '00'.repeat(16),
    };
    expect(resolveConfig({ env })).toEqual({
      upstream,
      mode: 'patterns',
      monitor: true,
      blockAt: 0.9,
      flagAt: 0.4,
      failOpen: false,
      scanRequests: true,
      scanResponses: false,
      deadlineMs: 75,
      upstreamKey: 'sk-1',
      peer: { security: 'hmac', agent: 'near', org: 'acme', session: false },
      peerKey: Buffer.alloc(16),
    });
  });

  it('joins the peer settings of all sources', () => {
    write({ upstream, peer: { security: 'none', org: 'acme' } });
    const env = { M2M_PEER_SECURITY: 'aead' };
    expect(resolveConfig({ flags: { 'peer-agent': 'near' }, env, cwd }).peer).toEqual({
      security: 'aead',
      org: 'acme',
      agent: 'near',
    });
    expect(() => resolveConfig({ flags: { 'peer-security': 'tls' }, cwd })).toThrow(/--peer-security/);
  });

  it('takes the key of peers from a variable alone, as hexadecimal', () => {
    expect(() => resolveConfig({ env: { M2M_UPSTREAM: upstream, M2M_PEER_KEY: 'secret' } })).toThrow(/M2M_PEER_KEY/);
    write({ upstream, peerKey: '00' });
    expect(() => resolveConfig({ cwd })).toThrow(/M2M_PEER_KEY/);
  });

  it('reads the file that --config or M2M_CONFIG names, and m2m.config.json where there is one', () => {
    expect(() => resolveConfig({ flags: { config: 'other.json' }, cwd })).toThrow(/^other\.json: ENOENT/);
    write({ upstream: 'http://a/v1' });
    write(
      { upstream: 'http://b/v1', allow: { names: ['x'] }, categories: { malformed: { action: 'flag' } } },
      'other.json',
    );
    expect(resolveConfig({ cwd }).upstream).toBe('http://a/v1');
    expect(resolveConfig({ env: { M2M_CONFIG: 'other.json' }, cwd }).upstream).toBe('http://b/v1');
    expect(resolveConfig({ env: { M2M_CONFIG: '' }, cwd }).upstream).toBe('http://a/v1');
    expect(resolveConfig({ flags: { config: 'other.json' }, cwd }).allow).toEqual({ names: ['x'] });
  });

  it('takes the key from a variable that the file names, never from the file', () => {
    write({ upstream, upstreamKeyEnv: 'OPENAI_API_KEY' });
    expect(resolveConfig({ cwd, env: { OPENAI_API_KEY: 'sk-2' } }).upstreamKey).toBe('sk-2');
    expect(() => resolveConfig({ cwd })).toThrow(/OPENAI_API_KEY is empty or not set \(m2m\.config\.json\)/);
    write({ upstream, upstreamKey: 'sk-in-a-file' });
    expect(() => resolveConfig({ cwd })).toThrow(/upstreamKeyEnv/);
    expect(() => resolveConfig({ cwd })).not.toThrow(/sk-in-a-file/);
  });
});

describe('messages name the setting and the place', () => {
  it.each([
    [{ flags: { upstream, port: 'http' } }, /^port: expected a number, found "http" \(the flag --port\)$/],
    [{ flags: { upstream, port: '70000' } }, /^port: .*70000.*\(the flag --port\)$/],
    [{ env: { M2M_UPSTREAM: upstream, M2M_MODE: 'fast' } }, /^mode: .*"fast" \(the variable M2M_MODE\)$/],
    [{ env: { M2M_UPSTREAM: upstream, M2M_MONITOR: 'maybe' } }, /^monitor: .*\(the variable M2M_MONITOR\)$/],
    [{ env: { M2M_UPSTREAM: upstream, M2M_BLOCK_AT: '2' } }, /^blockAt: .*\(the variable M2M_BLOCK_AT\)$/],
    [{}, /^upstream: none is set; pass --upstream/],
  ])('%o', (sources, message) => {
    expect(() => resolveConfig(sources)).toThrow(
      expect.objectContaining({ name: 'ConfigError', message: expect.stringMatching(message) }),
    );
  });

  it.each([
    [{ upstream, prot: 1 }, /^prot is no setting \(m2m\.config\.json\)$/],
    [{ upstream, timeouts: { drain: 5 } }, /^timeouts\.drain is no setting \(m2m\.config\.json\)$/],
    [{ upstream, categories: { spam: {} } }, /^categories\.spam is no setting/],
    [{ upstream, blockAt: '0.8' }, /^blockAt: expected number, found "0\.8" \(m2m\.config\.json\)$/],
    [{ upstream, limits: { requestBytes: 0 } }, /^limits\.requestBytes: /],
    [[], /expected a JSON object, found an array/],
    ['{"upstream":', /^m2m\.config\.json: .*JSON/],
  ])('%o in the file', (value, message) => {
    write(value);
    expect(() => resolveConfig({ cwd })).toThrow(
      expect.objectContaining({ name: 'ConfigError', message: expect.stringMatching(message) }),
    );
  });
});

describe('createProxy refuses', () => {
  it.each<[ProxyConfig, RegExp]>([
    [{ upstream: 'localhost:8080' }, /^upstream: .*scheme localhost:/],
    [{ upstream: 'nowhere' }, /^upstream: .*no URL/],
    [{ upstream: 'ftp://x/' }, /^upstream: .*ftp:/],
    [{ upstream: 'http://u:secret@x/v1' }, /^upstream: .*credentials/],
    [{ upstream: 'http://x/v1?key=1' }, /^upstream: .*query/],
    [{ upstream, flagAt: 0.9, blockAt: 0.5 }, /flagAt \(0\.9\) is above blockAt/],
    [{ upstream, timeouts: { headersMs: 2000, requestMs: 1000 } }, /^timeouts: headersMs \(2000\) is above requestMs/],
    [{ upstream, mode: 'neural' }, /^mode neural: no classifier is loaded/],
    [{ upstream, upstreamKey: 'a\r\nb' }, /^upstreamKey: /],
    [{ upstream, colour: 'blue' } as ProxyConfig, /^colour is no setting \(createProxy\)$/],
  ])('%o', (config, message) => {
    expect(() => createProxy(config)).toThrow(
      expect.objectContaining({ name: 'ConfigError', message: expect.stringMatching(message) }),
    );
    expect(() => createProxy(config)).not.toThrow(/secret/);
  });
});

it('a time for requests that is shorter than the default for headers bounds both', async () => {
  const proxy = createProxy({ upstream, port: 0, timeouts: { requestMs: 5000 }, log: () => undefined });
  const { port } = await proxy.listen();
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  await proxy.close();
});

describe('peers', () => {
  const peerKey = new Uint8Array(32);
  const m2m = 'm2m+http://localhost:9000';

  it.each<[what: string, config: ProxyConfig, message: RegExp]>([
    ['a protection without a key', { upstream: m2m, peer: { security: 'hmac' } }, /M2M_PEER_KEY/],
    ['a key without a protection', { upstream: m2m, peerKey }, /choose hmac or aead/],
    ['a key that is too short', { upstream: m2m, peer: { security: 'hmac' }, peerKey: new Uint8Array(8) }, /16 bytes/],
    ['a name beyond the rules', { upstream: m2m, peer: { agent: 'a b' } }, /peer\.agent/],
    [
      'an organisation beyond the rules',
      { upstream: m2m, peer: { security: 'hmac', org: '/' }, peerKey },
      /organisation/,
    ],
    ['a protection towards a plain upstream', { upstream, peer: { security: 'hmac' }, peerKey }, /m2m\+http/],
    ['another scheme', { upstream: 'm2m+ftp://h' }, /the scheme ftp/],
  ])('refuses %s', (_what, config, message) => {
    expect(() => createProxy(config)).toThrow(message);
  });
});
