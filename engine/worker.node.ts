/** A thread of Node: the first message is the port to serve. Runs in a worker alone. */
import { parentPort } from 'node:worker_threads';
import { serve } from './serve.ts';
import { type NodePort, nodeEndpoint } from './spawn.ts';

parentPort?.once('message', (port: NodePort) => serve(nodeEndpoint(port)));
