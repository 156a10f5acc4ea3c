/**
 * The house as docs/architecture.md draws it: imports point one way, no file imports itself through others, the scanner
 * and the tokenizer run in a browser, files stay short, and what package.json promises is built from a source.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import manifest from '../package.json' with { type: 'json' };

const ROOT = resolve(import.meta.dirname, '..');
const MAX_LINES = 300;

/** What each folder may import besides itself and errors.ts; `*` is anything. Folders that do not exist yet wait here. */
const TABLE: Readonly<Record<string, readonly string[] | '*'>> = {
  tokenizer: [],
  kernels: [],
  models: ['kernels'],
  engine: ['models', 'kernels', 'tokenizer'],
  codec: ['tokenizer'],
  security: [],
  transport: ['codec'],
  proxy: ['transport', 'codec', 'security'],
  cli: '*',
  demo: '*',
  bench: '*',
  tools: '*',
  test: '*',
  'index.ts': '*',
  'index.browser.ts': '*',
  'hydra.ts': ['engine', 'security'],
  'scanner.ts': ['hydra.ts', 'engine', 'security'],
  'errors.ts': [],
  'vitest.config.ts': '*',
  'vite.config.ts': '*',
  'vite.worker.config.ts': '*',
};

/** Folders whose code runs in a browser, so that no Node module may be imported there. */
const ANYWHERE = ['tokenizer', 'kernels', 'models', 'codec', 'security'];

/** Why a source file is longer than the house allows. */
const LONG_FILES: Readonly<Record<string, string>> = {
  'kernels/asm/opcodes.ts': 'a table: the instructions with their codes and types',
  'security/rules/data-exfiltration.ts': 'a table: rules with their hits and misses',
  'security/rules/jailbreak.ts': 'a table: rules with their hits and misses',
  'security/rules/prompt-injection-languages.ts': 'a table: rules with their hits and misses, in 25 languages',
};

interface Source {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly lines: number;
  /** Specifiers as written. */
  readonly imports: readonly string[];
}

const sources: readonly Source[] = find(ROOT).map((path) => {
  const text = readFileSync(path, 'utf8');
  return { path: toPosix(relative(ROOT, path)), lines: text.split('\n').length - 1, imports: importsOf(text) };
});
const byPath = new Map(sources.map((source) => [source.path, source]));

describe('the import table', () => {
  it('has a row for every folder and file with sources', () => {
    expect([...new Set(sources.map(({ path }) => house(path)))].filter((name) => !Object.hasOwn(TABLE, name))).toEqual(
      [],
    );
  });

  it.each(Object.entries(TABLE))('%s imports itself, errors.ts and %s', (from, allowed) => {
    const wrong = edges()
      .filter(([importer]) => house(importer) === from)
      .filter(([, imported]) => {
        const to = house(imported);
        return to !== from && to !== 'errors.ts' && allowed !== '*' && !allowed.includes(to);
      });
    expect(wrong.map(([importer, imported]) => `${importer} imports ${imported}`)).toEqual([]);
  });

  it('is kept by a reader of imports that sees each way to write one', () => {
    const text = `
import 'side';
import type { A } from "type";
import {
  b,
} from './many-lines.ts';
export * from './star.ts';
export { c } from './named.ts';
const d = await import('./dynamic.ts');
type E = import('./of-type.ts').E;
const url = new URL('./worker.ts', import.meta.url);
// import x from './comment.ts';
/* export * from './block.ts'; */
`;
    expect(importsOf(text)).toEqual([
      ...['side', 'type', './many-lines.ts', './star.ts', './named.ts', './dynamic.ts', './of-type.ts', './worker.ts'],
    ]);
    expect(edges().length).toBeGreaterThan(50);
  });

  it('leads nowhere but to files that exist', () => {
    // Tests quote source code; the compiler reads theirs.
    const product = edges().filter(([importer]) => house(importer) !== 'test');
    expect(product.filter(([, imported]) => !existsSync(join(ROOT, imported)))).toEqual([]);
  });

  it('holds no circle of files', () => {
    expect(circle()).toEqual([]);
  });
});

describe('code that runs anywhere', () => {
  it.each(ANYWHERE)('%s imports no module of Node', (folder) => {
    const wrong = sources
      .filter(({ path }) => house(path) === folder)
      .flatMap(({ path, imports }) => imports.filter((i) => i.startsWith('node:')).map((i) => `${path} imports ${i}`));
    expect(wrong).toEqual([]);
  });
});

describe('the length of files', () => {
  const product = sources.filter(({ path }) => !['test', 'bench', 'tools'].includes(house(path)));

  it(`is at most ${MAX_LINES} lines, or has a reason in the list`, () => {
    const long = product.filter(({ path, lines }) => lines > MAX_LINES && !Object.hasOwn(LONG_FILES, path));
    expect(long.map(({ path, lines }) => `${path} has ${lines} lines`)).toEqual([]);
  });

  it('gives no reason for a file that is gone', () => {
    expect(Object.keys(LONG_FILES).filter((path) => !byPath.has(path))).toEqual([]);
  });
});

/** The files that a tree of export conditions ends in. */
function files(target: unknown): string[] {
  return typeof target === 'string' ? [target] : Object.values(target as object).flatMap(files);
}

describe('what package.json promises', () => {
  const targets = [...files(manifest.exports), ...Object.values(manifest.bin).map((path) => `./${path}`)];

  // dist/browser is vite's; test/dist looks at what it made.
  it.each([...new Set(targets)].filter((target) => !target.startsWith('./dist/browser/')))(
    '%s is built from a source',
    (target) => {
      const source = target
        .replace(/^\.\/dist\//, '')
        .replace(/(\.d\.ts|\.js)$/, '.ts')
        .replace(/^\.\//, '');
      expect(existsSync(join(ROOT, source))).toBe(true);
    },
  );

  it('every command of npm run that starts a file of ours starts one that exists', () => {
    const files = Object.values(manifest.scripts).flatMap((script) => script.match(/(?<=node )\S+\.ts/g) ?? []);
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });
});

function find(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    const skipped = ['node_modules', 'dist', 'data', 'peers'].includes(entry.name) || entry.name.startsWith('.');
    if (skipped) return [];
    if (entry.isDirectory()) return find(path);
    return entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts') ? [path] : [];
  });
}

/** The first segment of a path: a folder of the house, or a file beside them. */
function house(path: string): string {
  return path.split('/')[0]!;
}

function toPosix(path: string): string {
  return path.replaceAll('\\', '/');
}

/** Every specifier that a module loads, types included, in order; comments do not count. */
function importsOf(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const written =
    /(?:^|[;\n])\s*(?:import|export)\b[^'";]*?\bfrom\s*(['"])([^'"\n]+)\1|(?:^|[;\n])\s*import\s*(['"])([^'"\n]+)\3|\bimport\(\s*(['"])([^'"\n]+)\5|\bnew URL\(\s*(['"])(\.[^'"\n]+\.ts)\7\s*,\s*import\.meta\.url/g;
  return [...code.matchAll(written)].map((match) => (match[2] ?? match[4] ?? match[6] ?? match[8])!);
}

/** Importer and imported file, for every import of a file of ours. */
function edges(): [importer: string, imported: string][] {
  return sources.flatMap(({ path, imports }) =>
    imports
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier): [string, string] => [path, toPosix(join(dirname(path), specifier))]),
  );
}

/** The files of one circle of imports, in order, or nothing. */
function circle(): string[] {
  const next = Map.groupBy(edges(), ([importer]) => importer);
  const done = new Set<string>();
  const way: string[] = [];
  const follow = (path: string): string[] => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path];
    if (done.has(path)) return [];
    way.push(path);
    for (const [, imported] of next.get(path) ?? []) {
      const found = follow(imported);
      if (found.length > 0) return found;
    }
    way.pop();
    done.add(path);
    return [];
  };
  for (const { path } of sources) {
    const found = follow(path);
    if (found.length > 0) return found;
  }
  return [];
}
