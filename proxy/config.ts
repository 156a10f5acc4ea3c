/**
 * Where settings come from: flags win over the environment, the environment over `m2m.config.json`. A message about a
 * bad setting names the place it was read from. Keys of the upstream come from the environment alone, so that none lies
 * in a file or on a command line.
 */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError } from '../errors.ts';
import type { ScannerOptions } from '../security/index.ts';
import { checkSettings, type PlainConfig, type ProxyConfig, policyOf } from './settings.ts';

/** The settings that have a flag and a variable: `--block-at`, `M2M_BLOCK_AT`; `--peer-security`, `M2M_PEER_SECURITY`. */
const KINDS = {
  upstream: 'text',
  host: 'text',
  port: 'number',
  mode: 'text',
  deadlineMs: 'number',
  monitor: 'boolean',
  flagAt: 'number',
  blockAt: 'number',
  failOpen: 'boolean',
  scanRequests: 'boolean',
  scanResponses: 'boolean',
  'peer.security': 'text',
  'peer.agent': 'text',
  'peer.org': 'text',
  'peer.session': 'boolean',
} as const;
type Name = keyof typeof KINDS;

export interface Sources {
  /** As a command line gives them, in kebab case; other flags are not looked at. `config` names the file. */
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where relative paths start, and where an `m2m.config.json` is read without being named. Default: nowhere. */
  readonly cwd?: string;
}

/**
 * Merges the sources into a configuration for `createProxy`.
 *
 * @throws ConfigError  a setting is unknown or malformed, the file that was named cannot be read, or no upstream is set
 */
export function resolveConfig(sources: Sources): ProxyConfig {
  const { config, keyName, origins } = merge(sources);
  if (config.upstream === undefined) {
    throw new ConfigError(
      'upstream: none is set; pass --upstream http://localhost:11434/v1, or --upstream demo to try the proxy out',
    );
  }
  const key = keyFrom(sources.env ?? {}, keyName, origins);
  const peerKey = peerKeyFrom(sources.env ?? {});
  return {
    ...config,
    upstream: config.upstream,
    ...(key === undefined ? {} : { upstreamKey: key }),
    ...(peerKey === undefined ? {} : { peerKey }),
  };
}

/**
 * The part of the same settings that a scanner needs: no upstream, and no key is looked for.
 *
 * @throws ConfigError  as `resolveConfig`
 */
export function resolvePolicy(sources: Sources): ScannerOptions {
  return policyOf(merge(sources).config);
}

interface Merged {
  readonly config: PlainConfig;
  readonly keyName: string | undefined;
  readonly origins: ReadonlyMap<string, string>;
}

function merge({ flags = {}, env = {}, cwd }: Sources): Merged {
  const origins = new Map<string, string>();
  const named = flags.config ?? (env.M2M_CONFIG || undefined);
  const { keyName, ...file } = readConfigFile(named === undefined ? undefined : String(named), cwd, origins);
  const merged: Record<string, unknown> = { ...file };
  for (const name of Object.keys(KINDS) as Name[]) {
    const kebab = name.replace(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`).replace('.', '-');
    const variable = `M2M_${kebab.replaceAll('-', '_').toUpperCase()}`;
    if (flags[kebab] !== undefined) put(merged, origins, name, flags[kebab], `the flag --${kebab}`);
    else if (env[variable]) put(merged, origins, name, env[variable], `the variable ${variable}`);
  }
  const config = checkSettings(
    merged,
    (path) => origins.get(path) ?? origins.get(path.split('.')[0]!) ?? 'the configuration',
  );
  return { config, keyName, origins };
}

function put(
  merged: Record<string, unknown>,
  origins: Map<string, string>,
  name: Name,
  raw: unknown,
  origin: string,
): void {
  origins.set(name, origin);
  const value = typeof raw === 'string' ? parse(raw, name, origin) : raw;
  const [group, member] = name.split('.') as [string, string?];
  merged[group] = member === undefined ? value : { ...(merged[group] as object | undefined), [member]: value };
}

function parse(raw: string, name: Name, origin: string): unknown {
  switch (KINDS[name]) {
    case 'text':
      return raw;
    case 'number': {
      const number = raw.trim() === '' ? Number.NaN : Number(raw);
      if (Number.isFinite(number)) return number;
      throw new ConfigError(`${name}: expected a number, found ${JSON.stringify(raw)} (${origin})`);
    }
    case 'boolean':
      if (/^(?:1|true|yes|on)$/iu.test(raw)) return true;
      if (/^(?:0|false|no|off)$/iu.test(raw)) return false;
      throw new ConfigError(`${name}: expected true or false, found ${JSON.stringify(raw)} (${origin})`);
  }
}

function readConfigFile(
  named: string | undefined,
  cwd: string | undefined,
  origins: Map<string, string>,
): PlainConfig & { keyName?: string } {
  const path = resolve(cwd ?? '.', named ?? 'm2m.config.json');
  if (named === undefined && (cwd === undefined || !existsSync(path))) return {};
  const shown = named ?? 'm2m.config.json';
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ConfigError(`${shown}: ${(error as Error).message}`, { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigError(
      `${shown}: expected a JSON object, found ${Array.isArray(value) ? 'an array' : String(value)}`,
    );
  }
  const { upstreamKeyEnv, $schema: _schema, ...rest } = value as Record<string, unknown>;
  if ('upstreamKey' in rest) {
    throw new ConfigError(`upstreamKey: keys do not belong into ${shown}; name a variable in upstreamKeyEnv instead`);
  }
  if ('peerKey' in rest) {
    throw new ConfigError(`peerKey: keys do not belong into ${shown}; set the variable M2M_PEER_KEY instead`);
  }
  if (upstreamKeyEnv !== undefined && typeof upstreamKeyEnv !== 'string') {
    throw new ConfigError(`upstreamKeyEnv: expected the name of a variable, found ${typeof upstreamKeyEnv} (${shown})`);
  }
  for (const key of Object.keys(rest)) origins.set(key, shown);
  if (upstreamKeyEnv !== undefined) origins.set('upstreamKeyEnv', shown);
  const checked = checkSettings(rest, () => shown);
  return upstreamKeyEnv === undefined ? checked : { ...checked, keyName: upstreamKeyEnv };
}

function keyFrom(
  env: Readonly<Record<string, string | undefined>>,
  name: string | undefined,
  origins: ReadonlyMap<string, string>,
): string | undefined {
  if (env.M2M_UPSTREAM_KEY) return env.M2M_UPSTREAM_KEY;
  if (name === undefined) return undefined;
  if (env[name]) return env[name];
  throw new ConfigError(`upstreamKeyEnv: the variable ${name} is empty or not set (${origins.get('upstreamKeyEnv')})`);
}

/** The secret that peers share, in hexadecimal: 32 digits and more. */
function peerKeyFrom(env: Readonly<Record<string, string | undefined>>): Uint8Array | undefined {
  const { M2M_PEER_KEY: hex } = env;
  if (!hex) return undefined;
  if (/^(?:[0-9a-f]{2}){16,}$/iu.test(hex)) return Buffer.from(hex, 'hex');
  throw new ConfigError('M2M_PEER_KEY: expected 32 hexadecimal digits or more, an even number of them');
}
