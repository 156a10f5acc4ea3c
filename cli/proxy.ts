/** `m2m proxy` and `m2m server`: settings from flags, environment and file → a running one, until SIGTERM or SIGINT. */
import type { ArgsDef, ParsedArgs } from 'citty';
import { createPeerServer, createProxy, type ProxyConfig, resolveConfig } from '../proxy/index.ts';
import type { Classifier } from '../security/index.ts';
import { loadClassifier, MODEL_FLAGS } from './classifier.ts';
import { outliveStderr } from './output.ts';
import { type Command, UsageError } from './usage.ts';

const shared: ArgsDef = {
  host: { type: 'string', valueHint: 'ADDRESS', description: 'listen on this address (default 127.0.0.1)' },
  mode: { type: 'string', valueHint: 'MODE', description: 'auto, neural or patterns' },
  ...MODEL_FLAGS,
  monitor: { type: 'boolean', description: 'report what would be blocked, block nothing' },
  'fail-open': { type: 'boolean', description: 'let a message pass when its scan fails (default: refuse it)' },
  'block-at': { type: 'string', valueHint: 'N', description: 'block from this score on (default 0.8)' },
  'flag-at': { type: 'string', valueHint: 'N', description: 'flag from this score on (default 0.5)' },
  'peer-security': {
    type: 'string',
    valueHint: 'MODE',
    description: 'between peers: none, hmac or aead, with the key in M2M_PEER_KEY (default none)',
  },
  'peer-agent': { type: 'string', valueHint: 'NAME', description: 'name of this side in sessions and their keys' },
  'peer-org': { type: 'string', valueHint: 'NAME', description: 'organisation of the keys (default default)' },
  config: {
    type: 'string',
    valueHint: 'FILE',
    description: 'settings file (default m2m.config.json where there is one)',
  },
};

export const proxyCommand: Command = {
  meta: { description: 'Scan everything between OpenAI-compatible clients and one upstream' },
  args: {
    upstream: {
      type: 'string',
      valueHint: 'URL',
      description: 'base URL of the upstream, m2m+http://… for an m2m server, or demo for the embedded echo upstream',
    },
    port: { type: 'string', valueHint: 'N', description: 'listen on this port (default 8080, 0 for any free one)' },
    'peer-session': {
      type: 'boolean',
      negativeDescription: 'send each request to an m2m+http upstream by itself, without a HELLO',
    },
    ...shared,
  },
  run: (args) => run('proxy', args),
};

export const serverCommand: Command = {
  meta: {
    description: 'Take M2M wires (and plain requests) from peers: verify, decode, scan, forward, answer in kind',
  },
  args: {
    upstream: { type: 'string', valueHint: 'URL', description: 'base URL of the plain upstream, or demo' },
    port: { type: 'string', valueHint: 'N', description: 'listen on this port (default 8080, 0 for any free one)' },
    ...shared,
  },
  run: (args) => run('server', args),
};

async function run(role: 'proxy' | 'server', args: ParsedArgs): Promise<number> {
  if (args._.length > 0) throw new UsageError(`unexpected '${args._[0]}': m2m ${role} takes options only`);
  const config = resolveConfig({ flags: args, env: process.env, cwd: process.cwd() });
  const classifier = await loadClassifier(args, config.mode);
  try {
    return await serve(role, config, classifier);
  } finally {
    classifier?.close();
  }
}

async function serve(
  role: 'proxy' | 'server',
  config: ProxyConfig,
  classifier: Classifier | undefined,
): Promise<number> {
  const parts = classifier ? { classifier } : {};
  const proxy = role === 'proxy' ? createProxy(config, parts) : createPeerServer(config, parts);
  outliveStderr();
  const { host, port } = await proxy.listen();
  const shown = host.includes(':') ? `[${host}]` : host;
  process.stderr.write(
    `m2m ${role} on http://${shown}:${port}/v1 → ${config.upstream}, mode ${config.mode ?? (classifier ? 'auto' : 'patterns')}${shownModel(classifier)}${config.monitor ? ', monitor only' : ''}\n`,
  );
  await stopSignal();
  process.stderr.write('m2m: draining; a second signal stops at once\n');
  process.once('SIGTERM', () => process.exit(1));
  process.once('SIGINT', () => process.exit(1));
  await proxy.close();
  return 0;
}

function shownModel(classifier: Classifier | undefined): string {
  return classifier?.model ? ` (${classifier.model.id}, ${classifier.model.device})` : '';
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
}
