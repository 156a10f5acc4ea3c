import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import * as errors from '../errors.ts';

const root = resolve(import.meta.dirname, '..');
const sources = ['tokenizer', 'kernels', 'models', 'engine', 'codec', 'security', 'transport', 'proxy', 'cli']
  .filter((folder) => existsSync(resolve(root, folder)))
  .flatMap((folder) =>
    readdirSync(resolve(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
      resolve(root, folder, file),
    ),
  )
  .filter((path) => path.endsWith('.ts'))
  .map((path) => readFileSync(path, 'utf8'))
  .join('\n');

const { M2MError: _base, ...classes } = errors;

it.each(Object.entries(classes))('%s is thrown somewhere, under its own name', (name, ErrorClass) => {
  // Not toMatch, whose failure would print all sources.
  expect(sources.includes(`new ${name}(`)).toBe(true);
  const Make = ErrorClass as new (...messages: string[]) => Error;
  expect(new Make('x', 'x').name).toBe(name);
});
