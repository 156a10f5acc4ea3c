/** The body of one function: typed locals, structured blocks, statements in order. */
import { Bytes } from './bytes.ts';
import type { ValueType } from './opcodes.ts';
import { i32, made, type Operand, type Statement, TYPE_CODES, typed, type Value } from './value.ts';

/** A local variable; as a value, what it holds at that moment. */
export interface Local<T extends ValueType> extends Value<T> {
  readonly index: number;
}

/** The place that a branch goes to: the end of a block, or the start of a loop. Dead once its body has ended. */
export interface Label {
  /** How many structures stood open when this one was opened; −1 once it is closed. */
  depth: number;
}

/** Parameters by name, in the order in which they are passed. */
export type Params = Readonly<Record<string, ValueType>>;
export type LocalsOf<P extends Params> = { readonly [K in keyof P]: Local<P[K]> };

/**
 * Writes a function statement by statement. Kernels are made of these calls, and of loops of TypeScript around them where
 * code is to be unrolled.
 *
 * Errors are TypeErrors at emit time: a value of another type, a local of another function, a label out of its body.
 */
export class FunctionBuilder {
  readonly #code = new Bytes();
  readonly #types: ValueType[] = [];
  readonly #owned = new Set<Local<ValueType>>();
  readonly #params: number;
  readonly #result: ValueType | 'void';
  #depth = 0;

  constructor(params: readonly ValueType[], result: ValueType | 'void') {
    this.#types.push(...params);
    this.#params = params.length;
    this.#result = result;
  }

  /** The parameters as locals. */
  params<P extends Params>(params: P): LocalsOf<P> {
    return Object.fromEntries(
      Object.entries(params).map(([name, type], index) => [name, this.#localAt(index, type)]),
    ) as unknown as LocalsOf<P>;
  }

  /** A new local; set to `initial` here, if given. Without it, it is 0 when the function starts (not when a loop turns). */
  local<T extends ValueType>(type: T, initial?: Operand<T>): Local<T> {
    const local = this.#localAt(this.#types.push(type) - 1, type);
    if (initial !== undefined) this.set(local, initial);
    return local;
  }

  /** `count` new locals. */
  locals<T extends ValueType>(type: T, count: number): Local<T>[] {
    return Array.from({ length: count }, () => this.local(type));
  }

  set<T extends ValueType>(local: Local<T>, value: Operand<T>): void {
    this.#write(typed(local.type, value));
    this.#assign(0x21, local);
  }

  /** Sets the local and gives the value as well. */
  tee<T extends ValueType>(local: Local<T>, value: Operand<T>): Value<T> {
    const assigned = typed(local.type, value);
    return made(local.type, (code) => {
      assigned.write(code);
      this.#assign(0x22, local);
    });
  }

  /** Adds to an i32 local: a pointer moves on, a counter counts. */
  step(local: Local<'i32'>, by: Operand<'i32'>): void {
    this.set(local, i32.add(local, by));
  }

  /** A store, a call without a result. */
  emit(statement: Statement): void {
    if (statement.type !== 'void') throw new TypeError(`a ${statement.type} would stay on the stack`);
    this.#write(statement);
  }

  /** Runs once; a branch to its label leaves it. */
  block(body: (exit: Label) => void): void {
    this.#structure(0x02, body);
  }

  /** Runs once; a branch to its label runs it again. */
  loop(body: (again: Label) => void): void {
    this.#structure(0x03, body);
  }

  if(condition: Operand<'i32'>, then: () => void, otherwise?: () => void): void {
    this.#write(typed('i32', condition));
    this.#structure(0x04, () => {
      then();
      if (otherwise === undefined) return;
      this.#code.byte(0x05);
      otherwise();
    });
  }

  /** Goes to the label, where a condition is given only if it is not 0. */
  branch(label: Label, condition?: Operand<'i32'>): void {
    if (label.depth < 0) throw new TypeError('the label belongs to a body that has ended');
    if (condition !== undefined) this.#write(typed('i32', condition));
    this.#code.byte(condition === undefined ? 0x0c : 0x0d);
    this.#code.unsigned(this.#depth - label.depth - 1);
  }

  /** `while (condition) body()`; the condition is computed before each turn. */
  while(condition: Operand<'i32'>, body: () => void): void {
    this.block((exit) => {
      this.loop((again) => {
        this.branch(exit, i32.eqz(condition));
        body();
        this.branch(again);
      });
    });
  }

  /**
   * `for (local = from; local < to; local += by) body()`, all signed. Where the first turn is known to come, `atLeastOnce`
   * saves the test before it.
   */
  for(
    local: Local<'i32'>,
    from: Operand<'i32'>,
    to: Operand<'i32'>,
    by: number,
    body: () => void,
    atLeastOnce = false,
  ): void {
    this.set(local, from);
    this.block((exit) => {
      if (!atLeastOnce) this.branch(exit, i32.ge_s(local, to));
      this.loop((again) => {
        body();
        this.step(local, by);
        this.branch(again, i32.lt_s(local, to));
      });
    });
  }

  /** Leaves the function; with a value if it gives one. */
  return(value?: Operand<ValueType>): void {
    if ((value === undefined) !== (this.#result === 'void')) throw new TypeError(`the function gives ${this.#result}`);
    if (value !== undefined) this.#write(typed(this.#result as ValueType, value));
    this.#code.byte(0x0f);
  }

  /** The body as a code section holds it: its locals, its instructions. */
  finish(): Bytes {
    const body = new Bytes();
    const runs: [count: number, type: ValueType][] = [];
    for (const type of this.#types.slice(this.#params)) {
      const last = runs.at(-1);
      if (last?.[1] === type) last[0]++;
      else runs.push([1, type]);
    }
    body.unsigned(runs.length);
    for (const [count, type] of runs) {
      body.unsigned(count);
      body.byte(TYPE_CODES[type]);
    }
    body.concat(this.#code);
    // A function with a result ends in `return`; what follows it is never reached and may have any type.
    if (this.#result !== 'void') body.byte(0x00);
    body.byte(0x0b);
    return body;
  }

  #localAt<T extends ValueType>(index: number, type: T): Local<T> {
    const owner = this.#code;
    const write = (code: Bytes): void => {
      if (code !== owner) throw new TypeError('the local belongs to another function');
      code.byte(0x20);
      code.unsigned(index);
    };
    const local = { ...made(type, write), index };
    this.#owned.add(local);
    return local;
  }

  #assign(opcode: number, local: Local<ValueType>): void {
    if (!this.#owned.has(local)) throw new TypeError('the local belongs to another function');
    this.#code.byte(opcode);
    this.#code.unsigned(local.index);
  }

  #structure(opcode: number, body: (label: Label) => void): void {
    const label: Label = { depth: this.#depth++ };
    this.#code.append([opcode, 0x40]);
    body(label);
    this.#code.byte(0x0b);
    label.depth = -1;
    this.#depth--;
  }

  #write(value: Value<ValueType | 'void'>): void {
    value.write(this.#code);
  }
}
