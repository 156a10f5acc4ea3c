#!/usr/bin/env node
/** `m2m <command>`: finds the command, refuses what it does not know, and turns errors into one line and an exit code. */
import { type CommandDef, parseArgs, renderUsage } from 'citty';
import { M2MError } from '../errors.ts';
import { analyzeCommand } from './analyze.ts';
import { compressCommand, decompressCommand } from './compress.ts';
import { modelsCommand } from './models.ts';
import { complain, quietlyEndOnClosedPipe, USAGE_ERROR, version } from './output.ts';
import { proxyCommand, serverCommand } from './proxy.ts';
import { scanCommand } from './scan.ts';
import { type Command, checkFlags, UsageError } from './usage.ts';

const commands: Readonly<Record<string, Command>> = {
  scan: scanCommand,
  proxy: proxyCommand,
  server: serverCommand,
  compress: compressCommand,
  decompress: decompressCommand,
  analyze: analyzeCommand,
  models: modelsCommand,
};

const main: CommandDef = {
  meta: { name: 'm2m', version: version(), description: 'Scans what agents say to each other, and carries it.' },
  subCommands: Object.fromEntries(
    Object.entries(commands).map(([name, { meta, args }]) => [name, { meta: { name, ...meta }, args }]),
  ),
};

/** Runs one command line and returns its exit code: 0 done, 1 found or failed the check, 2 wrong usage. */
async function run(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(`${await renderUsage(main)}\n`);
    return name === undefined ? USAGE_ERROR : 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new UsageError(`unknown command '${name}': expected ${Object.keys(commands).join(', ')}`);
  const options = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest;
  if (options.includes('--help') || options.includes('-h')) {
    process.stdout.write(`${await renderUsage({ meta: { name, ...command.meta }, args: command.args }, main)}\n`);
    return 0;
  }
  checkFlags(rest, command.args);
  return command.run(parseArgs(rest, command.args));
}

quietlyEndOnClosedPipe();
try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  const known = error instanceof M2MError || error instanceof UsageError;
  complain(
    known || !(error instanceof Error) ? String((error as Error).message ?? error) : (error.stack ?? error.message),
  );
  process.exitCode = USAGE_ERROR;
}
