/** A module: one imported memory, functions, exports (WebAssembly core 3.0, §5.5). */
import { Bytes } from './bytes.ts';
import { FunctionBuilder, type LocalsOf, type Params } from './function.ts';
import type { ValueType } from './opcodes.ts';
import { made, type Operand, TYPE_CODES, typed, type Value } from './value.ts';

/** A function of a module, callable from others of it. */
export interface FunctionRef<P extends Params = Params, R extends ValueType | 'void' = ValueType | 'void'> {
  readonly name: string;
  readonly index: number;
  readonly params: P;
  readonly result: R;
}

/** The call of a function with its arguments by name; computed in the order of the parameters. */
export function call<P extends Params, R extends ValueType | 'void'>(
  callee: FunctionRef<P, R>,
  args: { readonly [K in keyof P]: Operand<P[K]> },
): Value<R> {
  const values = Object.entries(callee.params).map(([name, type]) => typed(type, args[name]!));
  return made(callee.result, (code) => {
    for (const value of values) value.write(code);
    code.byte(0x10);
    code.unsigned(callee.index);
  });
}

interface Defined {
  readonly ref: FunctionRef;
  readonly body: Bytes;
}

/** Collects functions and writes them as one binary module. */
export class ModuleBuilder {
  readonly #functions: Defined[] = [];
  readonly #exports: FunctionRef[] = [];
  #memory: { readonly module: string; readonly name: string; readonly pages: number } | undefined;

  /** The module's memory comes from outside: at least `pages` × 64 KiB. */
  importMemory(module: string, name: string, pages: number): void {
    if (this.#memory !== undefined) throw new TypeError('the module has a memory already');
    this.#memory = { module, name, pages };
  }

  /**
   * Adds a function. `params` in the order in which JavaScript passes them; `body` writes it.
   *
   *     const twice = module.function('twice', { x: 'i32' }, 'i32', (f, { x }) => f.return(i32.shl(x, 1)));
   */
  function<const P extends Params, R extends ValueType | 'void'>(
    name: string,
    params: P,
    result: R,
    body: (f: FunctionBuilder, params: LocalsOf<P>) => void,
  ): FunctionRef<P, R> {
    const f = new FunctionBuilder(Object.values(params), result);
    body(f, f.params(params));
    const ref = { name, index: this.#functions.length, params, result };
    this.#functions.push({ ref, body: f.finish() });
    return ref;
  }

  /** Makes a function visible to JavaScript under its name. */
  export(ref: FunctionRef): void {
    if (this.#exports.some(({ name }) => name === ref.name)) throw new TypeError(`${ref.name} is exported already`);
    this.#exports.push(ref);
  }

  /** The bytes of the module. Types are not shared; names of functions are kept for debuggers and profilers. */
  finish(): Uint8Array<ArrayBuffer> {
    const module = new Bytes();
    module.append([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
    section(module, 1, this.#functions, ({ ref }, out) => {
      out.byte(0x60);
      const params = Object.values(ref.params);
      out.unsigned(params.length);
      out.append(params.map((type) => TYPE_CODES[type]));
      out.append(ref.result === 'void' ? [0] : [1, TYPE_CODES[ref.result]]);
    });
    section(module, 2, this.#memory === undefined ? [] : [this.#memory], (memory, out) => {
      out.name(memory.module);
      out.name(memory.name);
      out.append([0x02, 0x00]);
      out.unsigned(memory.pages);
    });
    section(module, 3, this.#functions, ({ ref }, out) => out.unsigned(ref.index));
    section(module, 7, this.#exports, (ref, out) => {
      out.name(ref.name);
      out.byte(0x00);
      out.unsigned(ref.index);
    });
    section(module, 10, this.#functions, ({ body }, out) => out.counted(body));
    module.byte(0);
    module.counted(this.#names());
    return module.toUint8Array();
  }

  /** The custom section "name", functions only (§7.4.1). */
  #names(): Bytes {
    const names = new Bytes();
    names.unsigned(this.#functions.length);
    for (const { ref } of this.#functions) {
      names.unsigned(ref.index);
      names.name(ref.name);
    }
    const custom = new Bytes();
    custom.name('name');
    custom.byte(1);
    custom.counted(names);
    return custom;
  }
}

/** A section that is a list; left out where the list is empty. */
function section<T>(module: Bytes, id: number, items: readonly T[], write: (item: T, out: Bytes) => void): void {
  if (items.length === 0) return;
  const out = new Bytes();
  out.unsigned(items.length);
  for (const item of items) write(item, out);
  module.byte(id);
  module.counted(out);
}
