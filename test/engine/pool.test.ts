/** The pool over stand-ins for workers: who gets which text, who waits how long, and what a death costs. */
import { afterEach, describe, expect, it } from 'vitest';
import { defaultBackOffMs, type Pool, type PoolOptions } from '../../engine/pool.ts';
import { ClassifierUnavailableError, InvalidInputError, ModelFormatError } from '../../errors.ts';
import { answerTo, StandIn, standInPool, until } from './threads.ts';

const open: Pool[] = [];
afterEach(() => {
  for (const pool of open.splice(0)) pool.close();
});

async function start(
  make: (index: number) => StandIn,
  options: Partial<PoolOptions> = {},
): Promise<{ pool: Pool; workers: StandIn[] }> {
  const started = await standInPool(make, options);
  open.push(started.pool);
  return started;
}

const prompt = (): StandIn => new StandIn(answerTo);
const silent = (): StandIn => new StandIn();
const texts = (count: number, name = 't'): { text: string }[] =>
  Array.from({ length: count }, (_, i) => ({ text: `${name}${i}` }));
const routes = (answers: readonly { route: string }[]): string[] => answers.map(({ route }) => route);

describe('texts and workers', () => {
  it('gives each answer the place of its text', async () => {
    const { pool, workers } = await start(prompt, { workers: 3, queue: 1000 });
    const batch = texts(500);
    expect(routes(await pool.classify(batch))).toEqual(batch.map(({ text }) => text));
    expect(workers.length).toBe(3);
    // Least busy first: nobody is left out.
    for (const { asked } of workers) expect(asked.length).toBeGreaterThan(50);
  });

  it('gives a worker one text at a time', async () => {
    const { pool, workers } = await start(silent);
    const answers = pool.classify(texts(5));
    await until(() => workers.length === 2 && workers.every(({ asked }) => asked.length === 1));
    expect(pool.waiting).toBe(3);
    workers[1]!.answerNow(answerTo('t1'));
    await until(() => workers[1]!.asked.length === 2);
    expect(workers[0]!.asked).toEqual(['t0']);
    for (const [worker, text] of [
      [0, 't0'],
      [1, 't2'],
      [0, 't3'],
      [1, 't4'],
    ] as const) {
      await until(() => workers[worker]!.asked.at(-1) === text);
      workers[worker]!.answerNow(answerTo(text));
    }
    expect(routes(await answers)).toEqual(['t0', 't1', 't2', 't3', 't4']);
  });

  it('starts no worker that nobody needs', async () => {
    const { pool, workers } = await start(prompt, { workers: 8 });
    for (let i = 0; i < 20; i++) await pool.classify(texts(1));
    expect(workers.length).toBe(1);
  });

  it('gives a text to the idle worker that has answered least', async () => {
    const { pool, workers } = await start(prompt);
    await pool.classify(texts(20));
    const before = workers.map(({ asked }) => asked.length);
    for (let i = 0; i < 40; i++) await pool.classify(texts(1));
    expect(workers.map(({ asked }) => asked.length)).toEqual([30, 30]);
    expect(before[0]! + before[1]!).toBe(20);
  });

  it('loads further workers on the device that the first one chose', async () => {
    const { pool, workers } = await start(prompt, { device: 'auto' });
    await pool.classify(texts(20));
    expect(workers.map(({ device }) => device)).toEqual(['auto', 'reference']);
  });

  it('lets calls take turns, so that a message does not wait for a batch before it', async () => {
    const { pool, workers } = await start(silent, { workers: 1 });
    const batch = pool.classify(texts(50, 'batch'));
    batch.catch(() => undefined);
    const single = pool.classify(texts(1, 'single'));
    await until(() => workers[0]!.asked.length === 1);
    workers[0]!.answerNow(answerTo('batch0'));
    await until(() => workers[0]!.asked.length === 2);
    workers[0]!.answerNow(answerTo('batch1'));
    await until(() => workers[0]!.asked.length === 3);
    workers[0]!.answerNow(answerTo('single0'));
    expect(routes(await single)).toEqual(['single0']);
    expect(workers[0]!.asked.slice(0, 3)).toEqual(['batch0', 'batch1', 'single0']);
  });

  it('holds a worker while it has a text, and lets go of it after', async () => {
    const { pool, workers } = await start(silent);
    expect(workers[0]!.held).toBe(false);
    const answers = pool.classify(texts(1));
    await until(() => workers[0]!.asked.length === 1);
    expect(workers[0]!.held).toBe(true);
    workers[0]!.answerNow(answerTo('t0'));
    await answers;
    await until(() => !workers[0]!.held);
  });

  it('answers nothing to nothing, and refuses what is no text', async () => {
    const { pool, workers } = await start(prompt);
    expect(await pool.classify([])).toEqual([]);
    await expect(pool.classify([{ text: Symbol('x') as unknown as string }])).rejects.toThrow(InvalidInputError);
    expect(workers[0]!.asked).toEqual([]);
  });
});

describe('the queue', () => {
  it('refuses a call that exceeds it, and sends nothing of that call', async () => {
    const { pool, workers } = await start(silent, { workers: 1, queue: 4 });
    const first = pool.classify(texts(5));
    first.catch(() => undefined);
    expect(pool.waiting).toBe(4);
    await expect(pool.classify(texts(1, 'more'))).rejects.toThrow(ClassifierUnavailableError);
    await expect(pool.classify(texts(1, 'more'))).rejects.toThrow(/4 texts wait .* queue of 4/);
    expect(pool.waiting).toBe(4);
    await until(() => workers[0]!.asked.length === 1);
    workers[0]!.answerNow(answerTo('t0'));
    await until(() => pool.waiting === 3);
    const second = pool.classify(texts(1, 'later'));
    second.catch(() => undefined);
    expect(pool.waiting).toBe(4);
  });

  it('takes a batch of any length where nobody waits', async () => {
    const { pool } = await start(prompt, { workers: 1, queue: 4 });
    expect((await pool.classify(texts(300))).length).toBe(300);
  });
});

describe('those who do not wait any more', () => {
  it('are told at their deadline, and what was not sent is dropped', async () => {
    const { pool, workers } = await start(silent, { workers: 1 });
    const late = pool.classify(texts(3), { deadlineMs: 20 });
    await expect(late).rejects.toThrow(ClassifierUnavailableError);
    await expect(late).rejects.toThrow('no answer within 20 ms');
    expect(pool.waiting).toBe(0);
    expect(workers[0]!.asked).toEqual(['t0']);
    // The one on the worker is finished there, its answer ignored, and the worker is free again.
    const next = pool.classify(texts(1, 'next'));
    workers[0]!.answerNow(answerTo('t0'));
    await until(() => workers[0]!.asked.length === 2);
    workers[0]!.answerNow(answerTo('next0'));
    expect(routes(await next)).toEqual(['next0']);
    expect(workers[0]!.asked).toEqual(['t0', 'next0']);
  });

  it('are told by their signal, with its reason', async () => {
    const { pool, workers } = await start(silent, { workers: 1 });
    const controller = new AbortController();
    const call = pool.classify(texts(3), { signal: controller.signal });
    await until(() => workers[0]!.asked.length === 1);
    controller.abort(new Error('the client left'));
    await expect(call).rejects.toThrow('the client left');
    expect(pool.waiting).toBe(0);
    await expect(pool.classify(texts(1), { signal: controller.signal })).rejects.toThrow('the client left');
    workers[0]!.answerNow(answerTo('t0'));
    const next = pool.classify(texts(1, 'next'));
    await until(() => workers[0]!.asked.length === 2);
    workers[0]!.answerNow(answerTo('next0'));
    expect(routes(await next)).toEqual(['next0']);
  });

  it('name a time, or are refused', async () => {
    const { pool } = await start(prompt);
    await expect(pool.classify(texts(1), { deadlineMs: Number.NaN })).rejects.toThrow(InvalidInputError);
    await expect(pool.classify(texts(1), { deadlineMs: -1 })).rejects.toThrow(InvalidInputError);
    expect((await pool.classify(texts(1), { deadlineMs: Number.POSITIVE_INFINITY })).length).toBe(1);
    expect((await pool.classify(texts(1), { deadlineMs: 2 ** 40 })).length).toBe(1);
  });
});

describe('a worker that dies', () => {
  it('loses nothing: its text goes to another one, and a new one takes its seat', async () => {
    const { pool, workers } = await start((i) => (i === 1 ? silent() : prompt()));
    const batch = texts(40);
    const answers = pool.classify(batch);
    await until(() => workers[1]?.asked.length === 1);
    workers[1]!.die();
    expect(routes(await answers)).toEqual(batch.map(({ text }) => text));
    await until(() => workers.length === 3 && pool.workers === 2);
    expect(workers[1]!.ended).toBe(true);
    const lost = workers[1]!.asked[0]!;
    expect([...workers[0]!.asked, ...workers[2]!.asked].filter((text) => text === lost)).toEqual([lost]);
  });

  it('is replaced though nobody waits', async () => {
    const { pool, workers } = await start(prompt, { workers: 1 });
    workers[0]!.die();
    await until(() => workers.length === 2 && pool.workers === 1);
    expect(routes(await pool.classify(texts(2)))).toEqual(['t0', 't1']);
    expect(workers[1]!.asked).toEqual(['t0', 't1']);
  });

  it('is not survived twice by the text that kills it', async () => {
    const { pool, workers } = await start(silent, { workers: 1 });
    const call = pool.classify(texts(1));
    call.catch(() => undefined);
    await until(() => workers[0]!.asked.length === 1);
    workers[0]!.die('first');
    await until(() => workers[1]?.asked.length === 1);
    workers[1]!.die('second');
    await expect(call).rejects.toThrow(ClassifierUnavailableError);
    await expect(call).rejects.toThrow('no worker answers: second');
    const next = pool.classify(texts(1, 'next'));
    await until(() => workers[2]?.asked.length === 1);
    workers[2]!.answerNow(answerTo('next0'));
    expect(routes(await next)).toEqual(['next0']);
  });

  it('need not answer those who have left', async () => {
    const { pool, workers } = await start(silent, { workers: 1 });
    await expect(pool.classify(texts(1), { deadlineMs: 5 })).rejects.toThrow(ClassifierUnavailableError);
    workers[0]!.die();
    await until(() => pool.workers === 1 && workers.length === 2);
    expect(pool.waiting).toBe(0);
    expect(workers[1]!.asked).toEqual([]);
  });

  it('counts as dead when it fails with what is none of our errors', async () => {
    const { pool, workers } = await start((i) =>
      i === 0 ? new StandIn(() => new RangeError('memory access out of bounds')) : prompt(),
    );
    expect(routes(await pool.classify(texts(1)))).toEqual(['t0']);
    expect(workers.length).toBe(2);
    expect(workers[0]!.ended).toBe(true);
  });

  it('stays when it says that a text cannot be read', async () => {
    const { pool, workers } = await start(
      () => new StandIn((text) => (text === 't1' ? new InvalidInputError('token 9 has id 70') : answerTo(text))),
      { workers: 1 },
    );
    const call = pool.classify(texts(3));
    await expect(call).rejects.toThrow(InvalidInputError);
    await expect(call).rejects.toThrow('token 9 has id 70');
    expect(routes(await pool.classify(texts(1)))).toEqual(['t0']);
    expect(workers.length).toBe(1);
  });

  it('is forgiven when its successor answers', async () => {
    const asked: number[] = [];
    const backOffMs = (failures: number): number => {
      asked.push(failures);
      return 0;
    };
    const { pool, workers } = await start(prompt, { workers: 1, backOffMs });
    for (let death = 0; death < 7; death++) {
      workers[death]!.die();
      expect(routes(await pool.classify(texts(1)))).toEqual(['t0']);
    }
    expect(asked).toEqual([1, 1, 1, 1, 1, 1, 1]);
  });

  it('is replaced ever more slowly, and those who wait for five in vain are told', async () => {
    const asked: number[] = [];
    const backOffMs = (failures: number): number => {
      asked.push(failures);
      return 1;
    };
    const { pool, workers } = await start(
      (i) => (i === 0 ? silent() : new StandIn(answerTo, () => new ClassifierUnavailableError('no memory'))),
      { workers: 1, backOffMs },
    );
    const call = pool.classify(texts(1));
    call.catch(() => undefined);
    await until(() => workers[0]!.asked.length === 1);
    workers[0]!.die();
    await expect(call).rejects.toThrow('no worker answers: no memory');
    expect(asked).toEqual([1, 2, 3, 4, 5]);
    expect(workers.length).toBe(5);
    // The next call may try once more.
    await expect(pool.classify(texts(1))).rejects.toThrow('no worker answers: no memory');
    expect(workers.length).toBe(6);
    expect([1, 2, 3, 4, 7, 8, 99].map(defaultBackOffMs)).toEqual([0, 100, 200, 400, 3200, 5000, 5000]);
  });
});

describe('opening and closing', () => {
  it('says what the first worker says, and starts no other one', async () => {
    const workers: StandIn[] = [];
    const make = (): StandIn => {
      const worker = new StandIn(answerTo, () => new ModelFormatError('tensor "pool" is missing'));
      workers.push(worker);
      return worker;
    };
    const opening = standInPool(make);
    await expect(opening).rejects.toThrow(ModelFormatError);
    await expect(opening).rejects.toThrow('tensor "pool" is missing');
    expect(workers.map(({ ended }) => ended)).toEqual([true]);
  });

  it('refuses a worker that dies while it loads', async () => {
    const stuck = new StandIn();
    stuck.onDeath = (listener) => queueMicrotask(() => listener('no such script'));
    await expect(standInPool(() => stuck)).rejects.toThrow(ClassifierUnavailableError);
  });

  it('tells all who wait when it is closed, and everybody after', async () => {
    const { pool, workers } = await start(silent);
    const calls = [pool.classify(texts(5)), pool.classify(texts(1, 'single'))];
    await until(() => workers.length === 2);
    pool.close();
    pool.close();
    for (const call of calls) await expect(call).rejects.toThrow('the classifier is closed');
    await expect(pool.classify(texts(1))).rejects.toThrow(ClassifierUnavailableError);
    expect(workers.map(({ ended }) => ended)).toEqual([true, true]);
    expect(pool.waiting).toBe(0);
  });

  it.each([{ workers: 0 }, { workers: 65 }, { workers: 1.5 }, { queue: 0 }, { queue: Number.NaN }])(
    'refuses the limits %o',
    async (limits) => {
      await expect(standInPool(prompt, limits)).rejects.toThrow(InvalidInputError);
    },
  );
});
