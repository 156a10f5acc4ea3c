/** The proxy's public names; needs Node. */
export { resolveConfig, resolvePolicy, type Sources } from './config.ts';
export { Counter, Histogram, Metrics } from './metrics.ts';
export type { PeerOptions } from './peer/terms.ts';
export { createPeerServer, createProxy, type Listening, type ProxyServer } from './server.ts';
export type { Limits, ProxyConfig, Timeouts } from './settings.ts';
