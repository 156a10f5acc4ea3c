/**
 * Values: typed trees of instructions. `i32x4.add(a, b)` takes two v128 and gives one; anything else is an error of
 * TypeScript.
 *
 * A value is a recipe, not a result: it is computed where it is used, each time it is used, and a local inside it is read
 * then. Keep what is used twice in a local (FunctionBuilder.local).
 */
import type { Bytes } from './bytes.ts';
import { EXTRACTS, LANE_STORES, LOADS, PLAIN, REPLACES, STORES, type ValueType } from './opcodes.ts';

/** A value of one type, or (`void`) an instruction that leaves none. */
export interface Value<T extends ValueType | 'void'> {
  readonly type: T;
  /** Writes the instructions that compute it. */
  readonly write: (code: Bytes) => void;
}

/** What an instruction takes: a value, or a number where the type is a scalar of at most 32 bits. */
export type Operand<T extends ValueType> = Value<T> | (T extends 'i32' | 'f32' | 'f64' ? number : never);

/** An instruction that leaves nothing on the stack, such as a store. */
export type Statement = Value<'void'>;

type Words<S extends string> = S extends `${infer Head} ${infer Tail}` ? [Head, ...Words<Tail>] : [S];
type Operands<T extends readonly string[]> = { [I in keyof T]: Operand<T[I] & ValueType> };
type Signature<S extends string> = S extends `${infer Params} -> ${infer Result}`
  ? (...operands: Operands<Words<Params>>) => Value<Result & ValueType>
  : never;

/** The key of the group in which an instruction stands: its signature or its type. */
type GroupOf<Table, Name> = { [G in keyof Table]: Name extends keyof Table[G] ? G : never }[keyof Table];
type NamesOf<Table> = { [G in keyof Table]: keyof Table[G] }[keyof Table] & string;
type Short<Name extends string, Prefix extends string> = Name extends `${Prefix}.${infer Rest}` ? Rest : never;

type Load<T extends ValueType> = (address: Operand<'i32'>, offset?: number) => Value<T>;
type Store<T extends ValueType> = (address: Operand<'i32'>, value: Operand<T>, offset?: number) => Statement;
type LaneStore = (address: Operand<'i32'>, value: Value<'v128'>, lane: number, offset?: number) => Statement;
type Extract<T extends ValueType> = (vector: Value<'v128'>, lane: number) => Value<T>;
type Replace<T extends ValueType> = (vector: Value<'v128'>, lane: number, value: Operand<T>) => Value<'v128'>;

/** The instructions whose names begin with `Prefix.`, without that prefix: `i32x4.add` is `Instructions<'i32x4'>['add']`. */
export type Instructions<Prefix extends string> = {
  readonly [N in NamesOf<typeof PLAIN> as Short<N, Prefix>]: Signature<GroupOf<typeof PLAIN, N> & string>;
} & {
  readonly [N in NamesOf<typeof LOADS> as Short<N, Prefix>]: Load<GroupOf<typeof LOADS, N> & ValueType>;
} & {
  readonly [N in NamesOf<typeof STORES> as Short<N, Prefix>]: Store<GroupOf<typeof STORES, N> & ValueType>;
} & {
  readonly [N in keyof typeof LANE_STORES as Short<N, Prefix>]: LaneStore;
} & {
  readonly [N in NamesOf<typeof EXTRACTS> as Short<N, Prefix>]: Extract<GroupOf<typeof EXTRACTS, N> & ValueType>;
} & {
  readonly [N in NamesOf<typeof REPLACES> as Short<N, Prefix>]: Replace<GroupOf<typeof REPLACES, N> & ValueType>;
};

type Lanes = { readonly const: (...lanes: readonly number[]) => Value<'v128'> };

/** `i32.const(5)`, `i32.add(a, 4)`, `i32.load(at, 16)` … */
export const i32: Instructions<'i32'> & { readonly const: (value: number) => Value<'i32'> } = {
  ...instructions('i32'),
  const: (value) => constant('i32', value),
};
export const i64: Instructions<'i64'> & { readonly const: (value: bigint) => Value<'i64'> } = {
  ...instructions('i64'),
  const: (value) =>
    made('i64', (code) => {
      code.byte(0x42);
      code.signedLong(BigInt.asIntN(64, value));
    }),
};
export const f32: Instructions<'f32'> & { readonly const: (value: number) => Value<'f32'> } = {
  ...instructions('f32'),
  const: (value) => constant('f32', value),
};
export const f64: Instructions<'f64'> & { readonly const: (value: number) => Value<'f64'> } = {
  ...instructions('f64'),
  const: (value) => constant('f64', value),
};
export const v128: Instructions<'v128'> = instructions('v128');
/** `const` takes as many lanes as the vector has, or one number for all of them. */
export const i8x16: Instructions<'i8x16'> & Lanes & { readonly shuffle: typeof shuffle } = {
  ...instructions('i8x16'),
  const: (...lanes) => vector(new Int8Array(16), lanes),
  shuffle,
};
export const i16x8: Instructions<'i16x8'> & Lanes = {
  ...instructions('i16x8'),
  const: (...lanes) => vector(new Int16Array(8), lanes),
};
export const i32x4: Instructions<'i32x4'> & Lanes = {
  ...instructions('i32x4'),
  const: (...lanes) => vector(new Int32Array(4), lanes),
};
export const i64x2: Instructions<'i64x2'> = instructions('i64x2');
export const f32x4: Instructions<'f32x4'> & Lanes = {
  ...instructions('f32x4'),
  const: (...lanes) => vector(new Float32Array(4), lanes),
};
export const f64x2: Instructions<'f64x2'> = instructions('f64x2');

/** `first` where the condition is not 0, else `second`; both are computed. */
export function select<T extends ValueType>(
  first: Value<T>,
  second: Value<NoInfer<T>>,
  condition: Operand<'i32'>,
): Value<T> {
  const chosen = [first, second, typed('i32', condition)] as const;
  return made(first.type, (code) => {
    for (const value of chosen) value.write(code);
    // The short form of `select` is not defined for vectors.
    if (first.type === 'v128') code.append([0x1c, 1, TYPE_CODES.v128]);
    else code.byte(0x1b);
  });
}

/** How a type is written in a module. */
export const TYPE_CODES: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** A number as a constant of its type, a value as it is. Throws TypeError for a value of another type. */
export function typed<T extends ValueType>(type: T, operand: Operand<T>): Value<T> {
  const value: Value<ValueType> = typeof operand === 'number' ? constant(type, operand) : operand;
  if (value.type !== type) throw new TypeError(`expected ${type}, found ${value.type}`);
  return value as Value<T>;
}

/** A value of this type whose instructions `write` appends. */
export function made<T extends ValueType | 'void'>(type: T, write: (code: Bytes) => void): Value<T> {
  return { type, write };
}

function constant<T extends ValueType>(type: T, value: number): Value<T> {
  return made(type, (code) => {
    if (type === 'i32') {
      if (!Number.isInteger(value) || value < -(2 ** 31) || value >= 2 ** 32) throw new TypeError(`${value} is no i32`);
      code.byte(0x41);
      code.signed(value | 0);
    } else if (type === 'f32') {
      code.byte(0x43);
      code.f32(value);
    } else if (type === 'f64') {
      code.byte(0x44);
      code.f64(value);
    } else throw new TypeError(`a number is no ${type}`);
  });
}

/** v128.const with these lanes. */
function vector(lanes: Int8Array | Int16Array | Int32Array | Float32Array, values: readonly number[]): Value<'v128'> {
  if (values.length !== 1 && values.length !== lanes.length) {
    throw new TypeError(`expected 1 or ${lanes.length} lanes, found ${values.length}`);
  }
  for (let i = 0; i < lanes.length; i++) lanes[i] = values.length === 1 ? values[0]! : values[i]!;
  return made('v128', (code) => {
    opcode(code, 0xfd_000c);
    code.append(new Uint8Array(lanes.buffer));
  });
}

/** Bytes of two vectors by constant index: 0…15 from `a`, 16…31 from `b`. */
function shuffle(a: Value<'v128'>, b: Value<'v128'>, lanes: readonly number[]): Value<'v128'> {
  if (lanes.length !== 16 || lanes.some((lane) => !(lane >= 0 && lane < 32))) {
    throw new TypeError('a shuffle takes 16 indices below 32');
  }
  const operands = [typed('v128', a), typed('v128', b)];
  return made('v128', (code) => {
    for (const operand of operands) operand.write(code);
    opcode(code, 0xfd_000d);
    code.append(lanes);
  });
}

function opcode(code: Bytes, number: number): void {
  if (number <= 0xff) code.byte(number);
  else {
    code.byte(number >> 16);
    code.unsigned(number & 0xffff);
  }
}

function memoryPlace(code: Bytes, number: number, alignment: number, offset: number): void {
  opcode(code, number);
  code.unsigned(alignment);
  code.unsigned(offset);
}

/** The functions of one namespace, made from the tables. */
function instructions<Prefix extends string>(prefix: Prefix): Instructions<Prefix> {
  const made = [...plain(), ...loads(), ...stores(), ...lanes()];
  return Object.fromEntries(
    made.filter(([name]) => name.startsWith(`${prefix}.`)).map(([name, make]) => [name.slice(prefix.length + 1), make]),
  ) as unknown as Instructions<Prefix>;
}

type Named = [name: string, make: unknown];

function plain(): Named[] {
  return Object.entries(PLAIN).flatMap(([signature, group]) => {
    const [params, result] = signature.split(' -> ') as [string, ValueType];
    const types = params.split(' ') as ValueType[];
    return Object.entries(group).map(([name, number]): Named => {
      const make = (...operands: Operand<ValueType>[]): Value<ValueType> => {
        if (operands.length !== types.length) throw new TypeError(`${name} takes ${types.length} operands`);
        const values = types.map((type, i) => typed(type, operands[i]!));
        return made(result, (code) => {
          for (const value of values) value.write(code);
          opcode(code, number);
        });
      };
      return [name, make];
    });
  });
}

function loads(): Named[] {
  return Object.entries(LOADS).flatMap(([type, group]) =>
    Object.entries(group).map(([name, [number, alignment]]): Named => {
      const make: Load<ValueType> = (address, offset = 0) => {
        const at = typed('i32', address);
        return made(type as ValueType, (code) => {
          at.write(code);
          memoryPlace(code, number, alignment, offset);
        });
      };
      return [name, make];
    }),
  );
}

function stores(): Named[] {
  const whole = Object.entries(STORES).flatMap(([type, group]) =>
    Object.entries(group).map(([name, [number, alignment]]): Named => {
      const make: Store<ValueType> = (address, value, offset = 0) => {
        const operands = [typed('i32', address), typed(type as ValueType, value)];
        return made('void', (code) => {
          for (const operand of operands) operand.write(code);
          memoryPlace(code, number, alignment, offset);
        });
      };
      return [name, make];
    }),
  );
  const oneLane = Object.entries(LANE_STORES).map(([name, [number, alignment]]): Named => {
    const make: LaneStore = (address, value, lane, offset = 0) => {
      const operands = [typed('i32', address), typed('v128', value)];
      return made('void', (code) => {
        for (const operand of operands) operand.write(code);
        memoryPlace(code, number, alignment, offset);
        code.byte(lane);
      });
    };
    return [name, make];
  });
  return [...whole, ...oneLane];
}

function lanes(): Named[] {
  const extracts = Object.entries(EXTRACTS).flatMap(([type, group]) =>
    Object.entries(group).map(([name, number]): Named => {
      const make: Extract<ValueType> = (vector, lane) => {
        const operand = typed('v128', vector);
        return made(type as ValueType, (code) => {
          operand.write(code);
          opcode(code, number);
          code.byte(lane);
        });
      };
      return [name, make];
    }),
  );
  const replaces = Object.entries(REPLACES).flatMap(([type, group]) =>
    Object.entries(group).map(([name, number]): Named => {
      const make: Replace<ValueType> = (vector, lane, value) => {
        const operands = [typed('v128', vector), typed(type as ValueType, value)];
        return made('v128', (code) => {
          for (const operand of operands) operand.write(code);
          opcode(code, number);
          code.byte(lane);
        });
      };
      return [name, make];
    }),
  );
  return [...extracts, ...replaces];
}
