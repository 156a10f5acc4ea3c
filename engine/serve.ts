/**
 * The worker's side. Spoken through comlink over a MessagePort, so that Node's threads, a page's workers and a test in one
 * thread say the same. One string comes in, a handful of scores go out.
 */
import { type Endpoint, expose } from 'comlink';
import { createService } from './service.ts';

export { createService, type Loaded, type ModelFiles, type Service } from './service.ts';

/** Answers on a port until it closes. */
export function serve(port: Endpoint): void {
  expose(createService(), port);
}
