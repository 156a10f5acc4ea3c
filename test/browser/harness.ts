/**
 * Real pages: a bundle made by vite as dist/browser is, a server on the loopback without COOP and COEP, and headless
 * Chromium, from @sparticuz/chromium (Linux x64) or where a system has its own. A test that finds none skips, and says why.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize, resolve } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import manifest from '../../package.json' with { type: 'json' };
import { bundleOf } from '../../vite.config.ts';

const FLAGS = ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];
const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/opt/google/chrome/chrome',
];
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};

export interface Opened {
  readonly page: Page;
  /** Paths that the page asked for, in order. */
  readonly asked: readonly string[];
  /** What the page and its workers said of errors. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** A browser that runs here, or why there is none. */
export async function launch(): Promise<Browser | { readonly missing: string }> {
  const reasons: string[] = [];
  for (const find of [packaged, installed]) {
    const found = await find();
    if ('missing' in found) {
      reasons.push(found.missing);
      continue;
    }
    try {
      return await chromium.launch({ executablePath: found.path, args: [...FLAGS, ...found.args], headless: true });
    } catch (error) {
      const [line] = String((error as Error).message)
        .split('\n')
        .filter((text) => /error|cannot/iu.test(text));
      reasons.push(`${found.path}: ${line ?? 'does not start'}`);
    }
  }
  return { missing: `no Chromium runs here (${reasons.join('; ')}); on a bare Debian try: apt-get install chromium` };
}

type Found = { readonly path: string; readonly args: readonly string[] } | { readonly missing: string };

async function packaged(): Promise<Found> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return { missing: '@sparticuz/chromium is for Linux x64' };
  return { path: await unpacked(), args: ['--headless=shell'] };
}

/**
 * The binary of @sparticuz/chromium, unpacked once for each version. The package unpacks into the folder for temporary files
 * and takes what lies there for whole, so that a second worker would start half a browser: here it unpacks into a folder
 * of its own, which then moves to its place in one step.
 */
async function unpacked(): Promise<string> {
  const place = join(tmpdir(), `m2m-chromium-${manifest.devDependencies['@sparticuz/chromium']}`);
  if (existsSync(place)) return join(place, 'chromium');
  const { default: packed } = await import('@sparticuz/chromium');
  const own = await mkdtemp(`${place}-`);
  const before = process.env.TMPDIR;
  process.env.TMPDIR = own;
  try {
    await packed.executablePath();
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
  try {
    await rename(own, place);
  } catch (error) {
    await rm(own, { recursive: true });
    if (!existsSync(place)) throw error; // else another worker was faster
  }
  return join(place, 'chromium');
}

async function installed(): Promise<Found> {
  const path = PLACES.find((place) => existsSync(place));
  return path ? { path, args: [] } : { missing: 'none is installed' };
}

/**
 * Bundles a module and opens a page that has imported it; its exports are `m2m` there.
 *
 * @param entry  a TypeScript file
 * @param files  further files that the page may fetch, by their path: bytes, or where they lie
 */
export async function openPage(
  browser: Browser,
  entry: string,
  files: Readonly<Record<string, Uint8Array | string>> = {},
): Promise<Opened> {
  const folder = await mkdtemp(join(tmpdir(), 'm2m-page-'));
  await build({ ...bundleOf(resolve(entry), folder), configFile: false });
  const asked: string[] = [];
  const server = await serve(folder, files, asked);
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(`${origin}/page.html`);
  await page.waitForFunction('globalThis.m2m !== undefined');
  return {
    page,
    asked,
    complaints,
    close: async () => {
      await page.close();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const PAGE = `<!doctype html><meta charset="utf-8"><title>m2m</title>
<script type="module">import * as m2m from './index.js'; globalThis.m2m = m2m;</script>`;

function serve(folder: string, files: Readonly<Record<string, Uint8Array | string>>, asked: string[]): Promise<Server> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/page.html') return response.writeHead(200, { 'content-type': TYPES['.html'] }).end(PAGE);
    asked.push(pathname);
    const own = files[pathname];
    try {
      const body = own instanceof Uint8Array ? own : await readFile(own ?? join(folder, normalize(pathname)));
      response.writeHead(200, { 'content-type': TYPES[extname(pathname)] ?? 'application/octet-stream' }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server)));
}
