/** A typed assembler for WebAssembly: kernels are TypeScript that writes their instructions. */
export { FunctionBuilder, type Label, type Local, type Params } from './function.ts';
export { call, type FunctionRef, ModuleBuilder } from './module.ts';
export type { ValueType } from './opcodes.ts';
export {
  f32,
  f32x4,
  f64,
  f64x2,
  i8x16,
  i16x8,
  i32,
  i32x4,
  i64,
  i64x2,
  type Operand,
  type Statement,
  select,
  type Value,
  v128,
} from './value.ts';
