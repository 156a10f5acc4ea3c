import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import * as errors from '../errors.ts';

const root = resolve(import.meta.dirname, '..');
const sources = ['tokenizer', 'security', 'proxy', 'cli']
  .flatMap((folder) =>
    readdirSync(resolve(root, folder), { recursive: true, encoding: 'utf8' }).map((f) => [folder, f]),
  )
  .filter(([, file]) => file!.endsWith('.ts'))
  .map(([folder, file]) => readFileSync(resolve(root, folder!, file!), 'utf8'))
  .join('\n');

it.each(Object.keys(errors).filter((name) => name !== 'M2MError'))(
  '%s is thrown somewhere, under its own name',
  (name) => {
    expect(sources).toMatch(new RegExp(`new ${name}\\(`));
    expect(new errors[name as keyof typeof errors]('x')).toMatchObject({ name });
  },
);
