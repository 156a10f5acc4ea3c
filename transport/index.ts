/** The public names of sessions between peers. */
export * from './capabilities.ts';
export {
  CLOSINGS,
  type Closing,
  type Content,
  type Message,
  REJECTIONS,
  type Rejection,
  readMessage,
  type SecurityStatus,
  writeMessage,
} from './message.ts';
export { step } from './session.ts';
export * from './state.ts';
