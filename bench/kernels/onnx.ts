/** One linear map as an ONNX model, in the forms that ONNX Runtime knows: enough of onnx.proto to write a graph, no more. */

export type Form = 'fp32' | 'int8' | '4-bit' | '2-bit';

const FLOAT = 1;
const UINT8 = 2;
const INT8 = 3;

/** Inputs of a block that shares a scale in MatMulNBits. */
const BLOCK = 32;

/** y [rows, N] = x [rows, K] · W, W ternary and the same in every form; bytes of a .onnx file. */
export function linearModel(form: Form, rows: number, outputs: number, inputs: number): Uint8Array {
  const weight = (k: number, n: number): number => ((k * 7 + n * 5 + ((k * n) >> 3)) % 3) - 1;
  const transposed = (make: (count: number) => Int8Array | Float32Array): Int8Array | Float32Array =>
    make(inputs * outputs).map((_: number, i: number) => weight(Math.floor(i / outputs), i % outputs));
  if (form === 'fp32') {
    const w = transposed((count) => new Float32Array(count));
    return model(
      rows,
      outputs,
      inputs,
      [node('MatMul', ['x', 'w'], ['y'])],
      [tensor('w', FLOAT, [inputs, outputs], w)],
    );
  }
  if (form === 'int8') {
    const nodes = [
      node('DynamicQuantizeLinear', ['x'], ['q', 'scale', 'zero']),
      node('MatMulInteger', ['q', 'w', 'zero'], ['sums']),
      node('Cast', ['sums'], ['floats'], { to: FLOAT }),
      node('Mul', ['floats', 'scale'], ['scaled']),
      node('Mul', ['scaled', 's'], ['y']),
    ];
    const w = transposed((count) => new Int8Array(count));
    const scales = new Float32Array(outputs).fill(0.5);
    return model(rows, outputs, inputs, nodes, [
      tensor('w', INT8, [inputs, outputs], w),
      tensor('s', FLOAT, [outputs], scales),
    ]);
  }
  const bits = form === '4-bit' ? 4 : 2;
  const packed = new Uint8Array((outputs * inputs * bits) / 8);
  for (let n = 0; n < outputs; n++) {
    for (let k = 0; k < inputs; k++) {
      const bit = (n * inputs + k) * bits;
      packed[bit >> 3]! |= (weight(k, n) + (1 << (bits - 1))) << (bit & 7);
    }
  }
  const blocks = inputs / BLOCK;
  const scales = new Float32Array(outputs * blocks).fill(0.5);
  // Level 4 lets it quantise the activations to int8, its fastest way.
  const attributes = { K: inputs, N: outputs, bits, block_size: BLOCK, accuracy_level: 4 };
  return model(
    ...([rows, outputs, inputs] as const),
    [node('MatMulNBits', ['x', 'w', 's'], ['y'], attributes, 'com.microsoft')],
    [tensor('w', UINT8, [outputs, blocks, (BLOCK * bits) / 8], packed), tensor('s', FLOAT, [outputs * blocks], scales)],
  );
}

type Bytes = readonly number[] | Uint8Array;

function model(rows: number, outputs: number, inputs: number, nodes: Bytes[], initializers: Bytes[]): Uint8Array {
  const graph = join([
    ...nodes.map((bytes) => field(1, bytes)),
    field(2, utf8('linear')),
    ...initializers.map((bytes) => field(5, bytes)),
    field(11, value('x', [rows, inputs])),
    field(12, value('y', [rows, outputs])),
  ]);
  const operators = (domain: string, version: number): Bytes =>
    field(8, join([field(1, utf8(domain)), number(2, version)]));
  return join([number(1, 10), field(7, graph), operators('', 21), operators('com.microsoft', 1)]);
}

function node(
  type: string,
  inputs: string[],
  outputs: string[],
  attributes: Record<string, number> = {},
  domain = '',
): Bytes {
  return join([
    ...inputs.map((name) => field(1, utf8(name))),
    ...outputs.map((name) => field(2, utf8(name))),
    field(4, utf8(type)),
    // Type 2 is an integer.
    ...Object.entries(attributes).map(([name, i]) =>
      field(5, join([field(1, utf8(name)), number(3, i), number(20, 2)])),
    ),
    field(7, utf8(domain)),
  ]);
}

function tensor(name: string, type: number, shape: number[], values: Int8Array | Uint8Array | Float32Array): Bytes {
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return join([...shape.map((length) => number(1, length)), number(2, type), field(8, utf8(name)), field(9, raw)]);
}

function value(name: string, shape: number[]): Bytes {
  const dimensions = join(shape.map((length) => field(1, number(1, length))));
  return join([field(1, utf8(name)), field(2, field(1, join([number(1, FLOAT), field(2, dimensions)])))]);
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
