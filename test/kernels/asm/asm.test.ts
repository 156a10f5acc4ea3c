/** The assembler against the engine's validator and an independent disassembler (wabt). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import makeWabt from 'wabt';
import { Bytes } from '../../../kernels/asm/bytes.ts';
import { call, f32, f32x4, i8x16, i32, i32x4, i64, ModuleBuilder, select, v128 } from '../../../kernels/asm/index.ts';
import { EXTRACTS, LANE_STORES, LOADS, PLAIN, REPLACES, STORES, type ValueType } from '../../../kernels/asm/opcodes.ts';
import * as values from '../../../kernels/asm/value.ts';

const wabt = await makeWabt();
const FEATURES = { simd: true, relaxed_simd: true, sat_float_to_int: true, sign_extension: true };

/** The text of a module as wabt reads its bytes. */
function disassemble(bytes: Uint8Array): string {
  const read = wabt.readWasm(bytes, { readDebugNames: true, ...FEATURES });
  try {
    read.validate();
    return read.toText({});
  } finally {
    read.destroy();
  }
}

type Make = (...operands: unknown[]) => values.Value<ValueType | 'void'>;
const namespaces = values as unknown as Record<string, Record<string, Make>>;

/** A module with one function that uses one instruction on its parameters; `rest` are its constants. */
function oneInstruction(name: string, params: ValueType[], result: ValueType | 'void', rest: unknown[]): Uint8Array {
  const [prefix, short] = name.split(/\.(.*)/s) as [string, string];
  const module = new ModuleBuilder();
  module.importMemory('m', 'memory', 1);
  const named = Object.fromEntries(params.map((type, i) => [`p${i}`, type]));
  module.function('f', named, result, (f, locals) => {
    const operands: unknown[] = Object.values(locals);
    // A lane stands between vector and scalar, and before an offset.
    const value = namespaces[prefix]![short]!(
      ...(rest[0] === 'lane' ? [operands[0], 1, operands[1]] : [...operands, ...rest]),
    );
    if (result === 'void') f.emit(value as values.Statement);
    else f.return(value as values.Value<ValueType>);
  });
  return module.finish();
}

const instructions: [name: string, params: ValueType[], result: ValueType | 'void', rest: unknown[]][] = [
  ...Object.entries(PLAIN).flatMap(([signature, group]) => {
    const [params, result] = signature.split(' -> ');
    return Object.keys(group).map((name) => [name, params!.split(' '), result, []] as never);
  }),
  ...Object.entries(LOADS).flatMap(([type, group]) => Object.keys(group).map((n) => [n, ['i32'], type, [32]] as never)),
  ...Object.entries(STORES).flatMap(([type, group]) =>
    Object.keys(group).map((n) => [n, ['i32', type], 'void', [32]] as never),
  ),
  ...Object.keys(LANE_STORES).map((n) => [n, ['i32', 'v128'], 'void', [1, 32]] as never),
  ...Object.entries(EXTRACTS).flatMap(([type, group]) =>
    Object.keys(group).map((n) => [n, ['v128'], type, [1]] as never),
  ),
  ...Object.entries(REPLACES).flatMap(([type, group]) =>
    Object.keys(group).map((n) => [n, ['v128', type], 'v128', ['lane']] as never),
  ),
];

describe('every instruction of the table', () => {
  it.each(instructions)('%s is what wabt reads', (name, params, result, rest) => {
    const bytes = oneInstruction(name, params, result, rest);
    expect(WebAssembly.validate(bytes as BufferSource)).toBe(true);
    const body = disassemble(bytes)
      .split('\n')
      .map(
        (line) =>
          line
            .trim()
            .replace(/[()]+$/g, '')
            .split(' ')[0],
      );
    // wabt 1.0.39 still prints the names of the relaxed dot products that the proposal had before it was finished.
    const older = name.replace('relaxed_dot', 'dot');
    expect(body.filter((word) => word === name || word === older)).toHaveLength(1);
  });
});

/** Compiles, instantiates, and gives the exports, having asked wabt as well. */
function run(
  module: ModuleBuilder,
  memory = new WebAssembly.Memory({ initial: 1 }),
): Record<string, (...n: never[]) => unknown> {
  const bytes = module.finish();
  expect(WebAssembly.validate(bytes)).toBe(true);
  disassemble(bytes);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { m: { memory } });
  return exports as never;
}

describe('a function', () => {
  it('loops, branches and calls', () => {
    const module = new ModuleBuilder();
    const square = module.function('square', { x: 'i32' }, 'i32', (f, { x }) => f.return(i32.mul(x, x)));
    const sum = module.function('sumOfOddSquares', { count: 'i32' }, 'i32', (f, { count }) => {
      const i = f.local('i32');
      const total = f.local('i32', 0);
      f.for(i, 0, count, 1, () => {
        f.if(i32.and(i, 1), () => f.step(total, call(square, { x: i })));
      });
      f.return(total);
    });
    module.export(sum);
    expect(run(module).sumOfOddSquares!(...([6] as never[]))).toBe(1 + 9 + 25);
    expect(run(module).sumOfOddSquares!(...([0] as never[]))).toBe(0);
  });

  it('has both sides of an if, while, a block to leave, and select', () => {
    const module = new ModuleBuilder();
    module.export(
      module.function('collatz', { n: 'i32' }, 'i32', (f, { n }) => {
        const steps = f.local('i32', 0);
        f.if(i32.lt_s(n, 1), () => f.return(-1));
        f.while(i32.ne(n, 1), () => {
          f.if(
            i32.and(n, 1),
            () => f.set(n, i32.add(i32.mul(n, 3), 1)),
            () => f.set(n, i32.shr_u(n, 1)),
          );
          f.step(steps, 1);
        });
        f.block((exit) => {
          f.branch(exit, i32.lt_s(steps, 100));
          f.set(steps, 100);
        });
        f.return(select(steps, i32.const(0), i32.ge_s(steps, 3)));
      }),
    );
    const collatz = run(module).collatz as unknown as (n: number) => number;
    expect([0, 1, 4, 8, 27].map(collatz)).toEqual([-1, 0, 0, 3, 100]);
  });

  it('reads and writes memory, keeps vectors, and shuffles', () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    new Float32Array(memory.buffer, 16, 4).set([1, 2, 3, 4]);
    const module = new ModuleBuilder();
    module.importMemory('m', 'memory', 1);
    module.export(
      module.function('turn', { at: 'i32' }, 'f32', (f, { at }) => {
        const vector = f.local('v128', f32x4.mul(v128.load(at, 16), f32x4.const(2)));
        const turned = i8x16.shuffle(vector, vector, [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3]);
        f.emit(v128.store(at, turned, 32));
        f.return(f32x4.extract_lane(f.tee(vector, select(vector, i32x4.const(0), i32.eqz(at))), 3));
      }),
    );
    expect((run(module, memory).turn as unknown as (at: number) => number)(0)).toBe(8);
    expect([...new Float32Array(memory.buffer, 32, 4)]).toEqual([4, 6, 8, 2]);
  });

  it('refuses at emit time what the types of TypeScript do not see', () => {
    const module = new ModuleBuilder();
    const other = module.function('other', { x: 'i32' }, 'void', () => {});
    module.function('f', { x: 'i32', v: 'v128' }, 'void', (f, { x, v }) => {
      expect(() => f.set(x, v as never)).toThrow('expected i32, found v128');
      expect(() => f.set(v, 3 as never)).toThrow('a number is no v128');
      expect(() => f.emit(x as never)).toThrow('a i32 would stay on the stack');
      expect(() => f.return(x)).toThrow('the function gives void');
      expect(() => f.set(x, 2 ** 32)).toThrow('no i32');
      expect(() => call(other, { x: v as never })).toThrow('expected i32, found v128');
      let kept: { depth: number } | undefined;
      f.block((exit) => {
        kept = exit;
      });
      expect(() => f.branch(kept!)).toThrow('a body that has ended');
      module.function('g', {}, 'void', (g) => {
        expect(() => g.set(x, 1)).toThrow('another function');
        expect(() => g.local('i32', x)).toThrow('another function');
      });
    });
    // @ts-expect-error an i32 is no f32
    expect(() => f32.add(i32.const(1), 1)).toThrow('expected f32');
    expect(() => i32x4.const(1, 2)).toThrow('1 or 4 lanes');
    expect(() => i8x16.shuffle(i32x4.const(1), i32x4.const(1), [32])).toThrow('16 indices');
  });
});

describe('numbers', () => {
  it('survive as i32, i64 and f32 constants', () => {
    fc.assert(
      fc.property(fc.integer(), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.float(), (a, b, c) => {
        const module = new ModuleBuilder();
        module.export(module.function('a', {}, 'i32', (f) => f.return(a)));
        module.export(module.function('b', {}, 'i64', (f) => f.return(i64.const(b))));
        module.export(module.function('c', {}, 'f32', (f) => f.return(c)));
        const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.finish()));
        const made = exports as unknown as Record<string, () => number | bigint>;
        expect([made.a!(), made.b!(), made.c!()]).toEqual([a, b, c]);
      }),
      { numRuns: 200 },
    );
  });

  it('are refused as unsigned LEB128 when they are none', () => {
    for (const value of [-1, 0.5, 2 ** 32]) expect(() => new Bytes().unsigned(value)).toThrow(RangeError);
    const bytes = new Bytes();
    bytes.unsigned(624_485);
    expect([...bytes.toUint8Array()]).toEqual([0xe5, 0x8e, 0x26]);
  });
});
