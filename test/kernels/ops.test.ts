/**
 * One suite for each op, every device through it, on ragged shapes: bit for bit what the reference op gives. Outputs have
 * one row more than is asked for, which must stay as it was.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Device } from '../../kernels/device.ts';
import { embed } from '../../kernels/ops/embed/reference.ts';
import { linear } from '../../kernels/ops/heads/reference.ts';
import { permute } from '../../kernels/ops/permute/reference.ts';
import { pool } from '../../kernels/ops/pool/reference.ts';
import { attentionWork, rotaryAttention, rotaryTables } from '../../kernels/ops/rotary-attention/reference.ts';
import { route } from '../../kernels/ops/router/reference.ts';
import { unpermute } from '../../kernels/ops/unpermute/reference.ts';
import { randomFrom } from '../models/random-model.ts';
import { bytes, DEVICES, dirty, floats, indices, offsetsOf, valuesOf } from './devices.ts';

/** What `dirty` leaves in a f32 and an i32. */
const DIRTY_F32 = new Float32Array(Uint32Array.of(0x55555555).buffer)[0]!;
const DIRTY_I32 = 0x55555555;

describe.each(DEVICES)('on $name', ({ create }) => {
  let device: Device;
  beforeAll(async () => {
    device = await create();
  });
  afterAll(() => device.close());

  describe('embed', () => {
    it.each([
      [1, 4],
      [3, 12],
      [17, 64],
      [5, 256],
    ])('%i rows of %i', async (rows, width) => {
      const [table, scales, ids] = [bytes(40 * width, 1), floats(40, 2), indices(rows, 40, 3)];
      const expected = new Float32Array((rows + 1) * width).fill(DIRTY_F32);
      embed(ids, table, scales, rows, width, expected);
      const out = dirty(device, 'f32', [rows + 1, width]);
      const uploaded = [device.upload(table, [40, width]), device.upload(scales, [40])] as const;
      device.embed(device.upload(ids, [rows]), ...uploaded, rows, out);
      expect(await valuesOf(device, out)).toEqual(expected);
    });

    it("gives −128 and 127 their row's scale", async () => {
      const out = device.allocate('f32', [1, 4]);
      const table = device.upload(Int8Array.of(9, 9, 9, 9, -128, 127, 0, -1), [2, 4]);
      device.embed(device.upload(Int32Array.of(1), [1]), table, device.upload(Float32Array.of(7, 0.5), [2]), 1, out);
      expect(await valuesOf(device, out)).toEqual(Float32Array.of(-64, 63.5, 0, -0.5));
    });
  });

  describe('rotaryAttention', () => {
    it.each<[rows: number[], heads: number, head: number, size: number]>([
      [[1], 1, 8, 1],
      [[2, 1, 3], 2, 8, 1],
      [[4, 5, 6, 7], 1, 16, 2],
      [[33], 3, 24, 1],
      [[13, 1, 22], 2, 32, 8],
      [[50, 31], 2, 64, 1],
      [[64], 1, 64, 30],
      [[256], 1, 64, 1],
    ])('windows of %j rows, %i heads of %i, numbers up to %i', attendLikeTheReference);

    it('windows, heads and sizes by chance', async () => {
      const random = randomFrom(11);
      const upTo = (n: number) => 1 + Math.floor(n * random());
      for (let i = 0; i < 60; i++) {
        const windows = Array.from({ length: upTo(4) }, () => upTo(21));
        await attendLikeTheReference(windows, upTo(3), 8 * upTo(5), upTo(6));
      }
    });

    async function attendLikeTheReference(windows: number[], heads: number, head: number, size: number) {
      const offsets = offsetsOf(windows);
      const rows = offsets.at(-1)!;
      const longest = Math.max(...windows);
      const width = heads * head;
      const qkv = floats(rows * 3 * width, rows, size);
      const { cos, sin } = rotaryTables(longest, head, 10_000);
      const expected = new Float32Array((rows + 1) * width).fill(DIRTY_F32);
      rotaryAttention(qkv, offsets, windows.length, { cos, sin }, heads, width, expected);
      const out = dirty(device, 'f32', [rows + 1, width]);
      const count = windows.length;
      const work = dirty(device, 'f32', [attentionWork(longest, head)]);
      const after = dirty(device, 'i32', [16]);
      device.rotaryAttention(
        device.upload(qkv, [rows, 3 * width]),
        { offsets: device.upload(offsets, [count + 1]), count, rows },
        device.upload(cos, [longest, head / 2]),
        device.upload(sin, [longest, head / 2]),
        heads,
        work,
        out,
      );
      expect(await valuesOf(device, out)).toEqual(expected);
      // The scratch is as large as it has to be.
      expect(await valuesOf(device, after)).toEqual(new Int32Array(16).fill(DIRTY_I32));
    }
  });

  describe('router', () => {
    it.each([
      [1, 4, 1, 1],
      [3, 8, 2, 2],
      [7, 12, 5, 2],
      [20, 64, 4, 4],
      [33, 256, 8, 2],
      [5, 32, 11, 3],
      [2, 16, 64, 64],
    ])('%i rows of %i to %i experts, %i each', async (rows, width, experts, slots) => {
      await routeLikeTheReference(floats(rows * width, 1, 3), floats(experts * width, 2), rows, width, experts, slots);
    });

    it('takes the lower index of equals', async () => {
      const router = new Float32Array(6 * 4).fill(0.25);
      const { choice, shares } = await routeLikeTheReference(floats(4, 1), router, 1, 4, 6, 3);
      expect([...choice.subarray(0, 3)]).toEqual([0, 1, 2]);
      expect(shares[0]).toBe(shares[2]);
    });

    it('chooses what exists when all but one probability is 0', async () => {
      const y = Float32Array.of(1, 0, 0, 0);
      const router = Float32Array.of(-500, 0, 0, 0, -400, 0, 0, 0, 300, 0, 0, 0, -500, 0, 0, 0, -500, 0, 0, 0);
      const { choice, shares } = await routeLikeTheReference(y, router, 1, 4, 5, 2);
      expect([...choice.subarray(0, 2)]).toEqual([2, 0]);
      expect([...shares.subarray(0, 2)]).toEqual([1, 0]);
    });

    it('chooses what exists when nothing is a number', async () => {
      const { choice } = await routeLikeTheReference(
        floats(4, 1),
        new Float32Array(5 * 4).fill(Number.NaN),
        1,
        4,
        5,
        2,
      );
      for (const expert of choice.subarray(0, 2)) expect(expert).toBeLessThan(5);
    });

    async function routeLikeTheReference(
      y: Float32Array,
      router: Float32Array,
      rows: number,
      width: number,
      experts: number,
      slots: number,
    ) {
      const expected = {
        choice: new Int32Array((rows + 1) * slots).fill(DIRTY_I32),
        shares: new Float32Array((rows + 1) * slots).fill(DIRTY_F32),
      };
      route(y, router, rows, width, experts, slots, expected.choice, expected.shares);
      const choice = dirty(device, 'i32', [rows + 1, slots]);
      const shares = dirty(device, 'f32', [rows + 1, slots]);
      device.router(device.upload(y, [rows, width]), device.upload(router, [experts, width]), rows, choice, shares);
      expect(await valuesOf(device, choice)).toEqual(expected.choice);
      expect(await valuesOf(device, shares)).toEqual(expected.shares);
      return expected;
    }
  });

  describe('permute and unpermute', () => {
    it.each([
      [1, 1, 1, 4],
      [3, 2, 5, 20],
      [17, 2, 8, 64],
      [40, 3, 4, 36],
      [9, 2, 64, 256],
    ])('%i rows, %i slots, %i experts, width %i', async (rows, slots, experts, width) => {
      const choice = indices(rows * slots, experts, rows);
      const q = { values: bytes(rows * width, 2), scales: floats(rows, 3), sums: indices(rows, 1000, 4) };
      const offsets = new Int32Array(experts + 1);
      const positions = new Int32Array(rows * slots);
      const count = rows * slots;
      const sorted = {
        values: new Int8Array(count * width),
        scales: new Float32Array(count),
        sums: new Int32Array(count),
      };
      permute(choice, q, rows, slots, experts, width, offsets, positions, sorted);
      const permutation = {
        offsets: dirty(device, 'i32', [experts + 1]),
        positions: dirty(device, 'i32', [rows, slots]),
      };
      const out = {
        values: dirty(device, 'i8', [count, width]),
        scales: dirty(device, 'f32', [count]),
        sums: dirty(device, 'i32', [count]),
      };
      const uploaded = {
        values: device.upload(q.values, [rows, width]),
        scales: device.upload(q.scales, [rows]),
        sums: device.upload(q.sums, [rows]),
      };
      device.permute(device.upload(choice, [rows, slots]), uploaded, rows, permutation, out);
      expect(await valuesOf(device, permutation.offsets)).toEqual(offsets);
      expect(await valuesOf(device, permutation.positions)).toEqual(positions);
      expect(await valuesOf(device, out.values)).toEqual(sorted.values);
      expect(await valuesOf(device, out.scales)).toEqual(sorted.scales);
      expect(await valuesOf(device, out.sums)).toEqual(sorted.sums);

      const [x, y, shares] = [floats(rows * width, 5), floats(count * width, 6), floats(count, 7)];
      const added = device.upload(x, [rows, width]);
      const weights = device.upload(shares, [rows, slots]);
      device.unpermute(device.upload(y, [count, width]), weights, permutation, rows, added);
      unpermute(y, shares, positions, rows, slots, width, x);
      expect(await valuesOf(device, added)).toEqual(x);
    });

    it('leaves an expert that nobody chose without rows', async () => {
      const permutation = { offsets: dirty(device, 'i32', [5]), positions: dirty(device, 'i32', [3, 1]) };
      const rowsOf = () => ({
        values: device.allocate('i8', [3, 4]),
        scales: device.allocate('f32', [3]),
        sums: device.allocate('i32', [3]),
      });
      device.permute(device.upload(Int32Array.of(3, 1, 3), [3, 1]), rowsOf(), 3, permutation, rowsOf());
      expect([...(await valuesOf(device, permutation.offsets))]).toEqual([0, 0, 1, 1, 3]);
      expect([...(await valuesOf(device, permutation.positions))]).toEqual([1, 0, 2]);
    });
  });

  describe('pool', () => {
    it.each<[rows: number[], width: number]>([
      [[1], 4],
      [[2, 1, 5], 12],
      [[33, 4, 19], 64],
      [[100], 256],
    ])('windows of %j rows, width %i', async (windows, width) => {
      const offsets = offsetsOf(windows);
      const rows = offsets.at(-1)!;
      const count = windows.length;
      const [y, query] = [floats(rows * width, 1, 2), floats(width, 2)];
      const expected = new Float32Array((count + 1) * width).fill(DIRTY_F32);
      pool(y, query, offsets, count, width, expected);
      const out = dirty(device, 'f32', [count + 1, width]);
      device.pool(
        device.upload(y, [rows, width]),
        device.upload(query, [width]),
        { offsets: device.upload(offsets, [count + 1]), count, rows },
        dirty(device, 'f32', [rows]),
        out,
      );
      expect(await valuesOf(device, out)).toEqual(expected);
    });
  });

  describe('linear', () => {
    it.each([
      [1, 4, 1],
      [3, 12, 5],
      [7, 256, 14],
    ])('%i rows, %i inputs, %i outputs', async (rows, inputs, outputs) => {
      const [x, weight, bias] = [floats(rows * inputs, 1), floats(outputs * inputs, 2), floats(outputs, 3)];
      const expected = new Float32Array((rows + 1) * outputs).fill(DIRTY_F32);
      linear(x, weight, bias, rows, inputs, outputs, expected);
      const out = dirty(device, 'f32', [rows + 1, outputs]);
      const map = [device.upload(weight, [outputs, inputs]), device.upload(bias, [outputs])] as const;
      device.linear(device.upload(x, [rows, inputs]), ...map, rows, out);
      expect(await valuesOf(device, out)).toEqual(expected);
    });
  });

  describe('a tensor', () => {
    it('holds what was written, from the first element', async () => {
      const tensor = device.upload(Float32Array.of(1, 2, 3, 4), [2, 2]);
      device.write(tensor, Float32Array.of(9));
      const out = new Float32Array(3);
      await device.read(tensor, out);
      expect([...out]).toEqual([9, 2, 3]);
    });

    it('is a copy', async () => {
      const values = Int32Array.of(1, 2);
      const tensor = device.upload(values, [2]);
      values[0] = 7;
      expect(await valuesOf(device, tensor)).toEqual(Int32Array.of(1, 2));
    });

    it('has as many values as its shape says', () => {
      expect(() => device.upload(new Float32Array(3), [2, 2])).toThrow(RangeError);
    });

    it('starts as zeros', async () => {
      expect(await valuesOf(device, device.allocate('f32', [3]))).toEqual(new Float32Array(3));
    });
  });
});
