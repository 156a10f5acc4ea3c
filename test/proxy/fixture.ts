/** A proxy in a process of its own, for the test that sends it SIGTERM. `node fixture.ts <upstream>` */
import { createProxy } from '../../proxy/index.ts';

const proxy = createProxy({ upstream: process.argv[2]!, port: 0, log: () => undefined });
const { port } = await proxy.listen();
process.once('SIGTERM', () => {
  process.send!({ draining: true });
  void proxy.close().then(() => process.disconnect());
});
process.send!({ port });
