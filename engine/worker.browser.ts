/** A page's worker: the first message is the port to serve. Runs in a worker alone. */
import { serve } from './serve.ts';

self.addEventListener('message', ({ data: port }: MessageEvent<MessagePort>) => serve(port), { once: true });
