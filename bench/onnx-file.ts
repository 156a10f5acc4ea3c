/** ONNX models for the benches to run in ONNX Runtime: enough of onnx.proto to write a graph, no more. */

export const FLOAT = 1;
export const UINT8 = 2;
export const INT8 = 3;
export const INT64 = 7;

/** One message of onnx.proto, encoded. */
export type Bytes = readonly number[] | Uint8Array;

export interface Graph {
  readonly name: string;
  readonly nodes: readonly Bytes[];
  readonly initializers: readonly Bytes[];
  readonly inputs: readonly Bytes[];
  readonly outputs: readonly Bytes[];
  readonly irVersion: number;
  /** Version of the operator set of each domain; '' is ONNX's own. */
  readonly operators: Readonly<Record<string, number>>;
}

/** ModelProto: the bytes of a .onnx file, weights inside. */
export function modelOf({ name, nodes, initializers, inputs, outputs, irVersion, operators }: Graph): Uint8Array {
  const graph = join([
    ...nodes.map((bytes) => field(1, bytes)),
    field(2, utf8(name)),
    ...initializers.map((bytes) => field(5, bytes)),
    ...inputs.map((bytes) => field(11, bytes)),
    ...outputs.map((bytes) => field(12, bytes)),
  ]);
  const sets = Object.entries(operators).map(([domain, version]) =>
    field(8, join([field(1, utf8(domain)), number(2, version)])),
  );
  return join([number(1, irVersion), field(7, graph), ...sets]);
}

/** NodeProto; an attribute is an integer or a list of them. */
export function node(
  type: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, number | readonly number[]>> = {},
  domain = '',
): Bytes {
  return join([
    ...inputs.map((name) => field(1, utf8(name))),
    ...outputs.map((name) => field(2, utf8(name))),
    field(4, utf8(type)),
    ...Object.entries(attributes).map(([name, value]) => field(5, join([field(1, utf8(name)), ...attribute(value)]))),
    field(7, utf8(domain)),
  ]);
}

/** Type 2 is an integer, type 7 a list. */
function attribute(value: number | readonly number[]): readonly Bytes[] {
  if (typeof value === 'number') return [number(3, value), number(20, 2)];
  return [...value.map((each) => number(8, each)), number(20, 7)];
}

/** TensorProto with its values inside. */
export function tensor(
  name: string,
  type: number,
  shape: readonly number[],
  values: Int8Array | Uint8Array | Float32Array | BigInt64Array,
): Bytes {
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return join([...shape.map((length) => number(1, length)), number(2, type), field(8, utf8(name)), field(9, raw)]);
}

/** ValueInfoProto: an input or an output of the graph. */
export function value(name: string, type: number, shape: readonly number[]): Bytes {
  const dimensions = join(shape.map((length) => field(1, number(1, length))));
  return join([field(1, utf8(name)), field(2, field(1, join([number(1, type), field(2, dimensions)])))]);
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A field with bytes (wire type 2), and one with a number (wire type 0). */
function field(id: number, bytes: Bytes): Uint8Array {
  return join([varint((id << 3) | 2), varint(bytes.length), bytes]);
}

function number(id: number, n: number): Uint8Array {
  return join([varint(id << 3), varint(n)]);
}

function varint(n: number): number[] {
  const bytes: number[] = [];
  for (let rest = n; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 128);
  }
}

function join(parts: readonly Bytes[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
