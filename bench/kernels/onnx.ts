/** One linear map as an ONNX model, in the forms that ONNX Runtime knows. */
import { type Bytes, FLOAT, INT8, modelOf, node, tensor, UINT8, value } from '../onnx-file.ts';

export type Form = 'fp32' | 'int8' | '4-bit' | '2-bit';

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

function model(rows: number, outputs: number, inputs: number, nodes: Bytes[], initializers: Bytes[]): Uint8Array {
  return modelOf({
    name: 'linear',
    nodes,
    initializers,
    inputs: [value('x', FLOAT, [rows, inputs])],
    outputs: [value('y', FLOAT, [rows, outputs])],
    irVersion: 10,
    operators: { '': 21, 'com.microsoft': 1 },
  });
}
