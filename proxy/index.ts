/** The proxy's public names; needs Node. */
export { resolveConfig, resolvePolicy, type Sources } from './config.ts';
export { Counter, Histogram, Metrics } from './metrics.ts';
export { createProxy, type Listening, type ProxyServer } from './server.ts';
export type { Limits, ProxyConfig, Timeouts } from './settings.ts';
