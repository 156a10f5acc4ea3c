/** docs/proxy.md names everything that an operator can set, is answered and can count. */
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { Metrics } from '../../proxy/index.ts';

const root = resolve(import.meta.dirname, '../..');
const page = readFileSync(resolve(root, 'docs/proxy.md'), 'utf8');
const named = new Set(page.match(/[\w-]+/g));
const sources = readdirSync(resolve(root, 'proxy'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.startsWith('demo'))
  .map((file) => readFileSync(resolve(root, 'proxy', file), 'utf8'));

const missing = (names: Iterable<string>): string[] => [...names].filter((name) => !named.has(name));

it('names every setting', () => {
  const settings = readFileSync(resolve(root, 'proxy/settings.ts'), 'utf8');
  const names = [...settings.matchAll(/^ {2,6}(\w+): some\(/gm)].map(([, name]) => name!);
  expect(names.length).toBeGreaterThan(20);
  expect(missing(names)).toEqual([]);
});

it('names every code of a refusal', () => {
  const codes = sources.flatMap((source) => [
    ...[...source.matchAll(/new Problem\(\s*\d+,\s*'(\w+)'/g)].map(([, code]) => code!),
    ...[...source.matchAll(/\b\d{3}, '(\w+_\w+)'/g)].map(([, code]) => code!),
  ]);
  expect(codes.length).toBeGreaterThan(20);
  expect(missing(codes)).toEqual([]);
});

it('names every metric', () => {
  const names = Object.values(new Metrics()).map(({ name }: { name: string }) => name);
  expect(missing(names)).toEqual([]);
});
