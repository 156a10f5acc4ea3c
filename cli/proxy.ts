/** `m2m proxy`: settings from flags, environment and file → a running proxy, until SIGTERM or SIGINT drains it. */
import type { ParsedArgs } from 'citty';
import { createProxy, resolveConfig } from '../proxy/index.ts';
import { outliveStderr } from './output.ts';
import { type Command, UsageError } from './usage.ts';

export const proxyCommand: Command = {
  meta: { description: 'Scan everything between OpenAI-compatible clients and one upstream' },
  args: {
    upstream: {
      type: 'string',
      valueHint: 'URL',
      description: 'base URL of the upstream, or demo for the embedded echo upstream',
    },
    port: { type: 'string', valueHint: 'N', description: 'listen on this port (default 8080, 0 for any free one)' },
    host: { type: 'string', valueHint: 'ADDRESS', description: 'listen on this address (default 127.0.0.1)' },
    mode: { type: 'string', valueHint: 'MODE', description: 'auto, neural or patterns' },
    monitor: { type: 'boolean', description: 'report what would be blocked, block nothing' },
    'fail-open': { type: 'boolean', description: 'let a message pass when its scan fails (default: refuse it)' },
    'block-at': { type: 'string', valueHint: 'N', description: 'block from this score on (default 0.8)' },
    'flag-at': { type: 'string', valueHint: 'N', description: 'flag from this score on (default 0.5)' },
    config: {
      type: 'string',
      valueHint: 'FILE',
      description: 'settings file (default m2m.config.json where there is one)',
    },
  },
  run: runProxy,
};

async function runProxy(args: ParsedArgs): Promise<number> {
  if (args._.length > 0) throw new UsageError(`unexpected '${args._[0]}': m2m proxy takes options only`);
  const config = await resolveConfig({ flags: args, env: process.env, cwd: process.cwd() });
  const proxy = createProxy(config);
  outliveStderr();
  const { host, port } = await proxy.listen();
  const shown = host.includes(':') ? `[${host}]` : host;
  process.stderr.write(
    `m2m proxy on http://${shown}:${port}/v1 → ${config.upstream}, mode ${config.mode ?? 'patterns'}${config.monitor ? ', monitor only' : ''}\n`,
  );
  await stopSignal();
  process.stderr.write('m2m proxy: draining; a second signal stops at once\n');
  process.once('SIGTERM', () => process.exit(1));
  process.once('SIGINT', () => process.exit(1));
  await proxy.close();
  return 0;
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
}
