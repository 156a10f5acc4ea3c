/**
 * What the normaliser costs: microseconds for 2,048 characters of prose in several scripts, and as a ratio to a loop that
 * only reads the characters (interleaved, medians), which says more than the microseconds on a shared machine.
 *
 *   node bench/normalize.ts [--json]
 */
import { normalize } from '../security/normalize/index.ts';

const SENTENCES: Readonly<Record<string, string>> = {
  english:
    'The committee met on Tuesday, approved the minutes and asked Ms Okafor to report on the costs by 14 March. ',
  german:
    'Der Ausschuss trat am Dienstag zusammen, prüfte die Entwürfe und bat Frau Groß um einen Bericht über die Kosten. ',
  russian: 'Комитет собрался во вторник, утвердил протокол и попросил подготовить отчёт о расходах до марта. ',
  hindi: 'समिति की बैठक मंगलवार को हुई और उसने लागत पर रिपोर्ट माँगी। ',
  chinese: '委员会于星期二开会，批准了会议记录，并要求在三月之前提交费用报告。',
  emoji: 'Great news 🎉 the team shipped it 🚀 and everybody is happy ❤️ about the result! ',
  code: 'const total = items.filter((x) => x.price > 10).map((x) => x.price * 1.19).reduce((a, b) => a + b, 0);\n',
  json: '{"id": 41, "name": "Ada", "tags": ["a", "b"], "url": "https://example.com/a/b?c=d", "ok": true}\n',
};
const SAMPLES = 80;
const TIMES = 20;

function timed(work: () => void): number {
  const started = performance.now();
  for (let i = 0; i < TIMES; i++) work();
  return ((performance.now() - started) * 1000) / TIMES;
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

let sink = 0;
const rows = Object.entries(SENTENCES).map(([name, sentence]) => {
  const text = sentence.repeat(Math.ceil(2048 / sentence.length)).slice(0, 2048);
  const loop = (): void => {
    for (let i = 0; i < text.length; i++) sink = (sink + text.charCodeAt(i)) | 0;
  };
  const whole = (): void => {
    sink = (sink + normalize(text).views.length) | 0;
  };
  for (let i = 0; i < 20; i++) timed(whole);
  const loops: number[] = [];
  const wholes: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    loops.push(timed(loop));
    wholes.push(timed(whole));
  }
  const [a, b] = [median(loops), median(wholes)];
  return { text: name, microseconds: b, ratio: b / a, views: normalize(text).views.map((view) => view.name) };
});

console.log(`normalize, 2,048 characters, medians of ${SAMPLES} (Node ${process.version}, ${process.arch})`);
for (const row of rows) {
  console.log(
    `${row.text.padEnd(10)}${row.microseconds.toFixed(1).padStart(8)} µs ${row.ratio.toFixed(1).padStart(7)} × a bare loop   ${row.views.join(' ')}`,
  );
}
if (process.argv.includes('--json')) console.log(JSON.stringify({ samples: SAMPLES, sink: sink !== 0, rows }));
