import { SecurityScanner } from '../../security/index.ts';
import { answers, requests } from './bodies.ts';

const scanner = new SecurityScanner({ mode: 'patterns' });
const bodies = requests.map((r) => Buffer.from(r)),
  outs = answers.map((r) => Buffer.from(r));
for (let k = 0; k < 4; k++) {
  let t = performance.now();
  let n = 0;
  const verdicts: Record<string, number> = {};
  let norm = 0,
    pat = 0;
  for (const b of bodies) {
    const v = await scanner.scan(b, { format: 'json' });
    verdicts[v.verdict] = (verdicts[v.verdict] ?? 0) + 1;
    n++;
    norm += v.timing.normalize;
    pat += v.timing.pattern;
  }
  console.log(
    'request us',
    ((performance.now() - t) / n) * 1000,
    verdicts,
    'norm',
    (norm / n) * 1000,
    'pat',
    (pat / n) * 1000,
  );
  t = performance.now();
  n = 0;
  for (const b of outs) {
    await scanner.scan(b, { format: 'json', role: 'assistant' });
    n++;
  }
  console.log('response us', ((performance.now() - t) / n) * 1000);
}
