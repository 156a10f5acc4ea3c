/** Numbers as serde_json, which the original reads and writes JSON with, spells them. */
import { WireFormatError } from '../../../errors.ts';

const MOST = 18_446_744_073_709_551_615n;
const LEAST = -9_223_372_036_854_775_808n;

/** What the original makes of a lexeme: 64-bit integers stay, all else is a double. @throws WireFormatError `number` */
export function respell(lexeme: string): string {
  if (!/^[-0-9]/u.test(lexeme)) return lexeme;
  // No 64-bit integer has more than 20 characters, and BigInt takes quadratic time.
  if (lexeme.length <= 20 && /^-?[0-9]+$/u.test(lexeme) && lexeme !== '-0') {
    const value = BigInt(lexeme);
    if (value >= LEAST && value <= MOST) return lexeme;
  }
  const value = Number(lexeme);
  if (!Number.isFinite(value)) throw new WireFormatError('number', 't1: a number that no double can hold');
  return spellDouble(value);
}

/** Whether the original reads exactly the double that is meant: up to 15 digits, up to 22 tens (Clinger's fast path). */
export function exact(lexeme: string): boolean {
  const [digits = '', exponent = '0'] = lexeme.toLowerCase().split('e');
  if (!/[.e]/iu.test(lexeme)) return true;
  const point = digits.indexOf('.');
  const tens = Number(exponent) - (point < 0 ? 0 : digits.length - point - 1);
  return digits.replace(/[-.]/gu, '').replace(/^0+/u, '').length <= 15 && Math.abs(tens) <= 22;
}

/** The shortest digits, laid out as Rust's ryu does: a point always, an exponent from 1e16 and below 1e-5. */
function spellDouble(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const sign = value < 0 ? '-' : '';
  const [mantissa = '', power = '0'] = Math.abs(value).toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const whole = Number(power) + 1;
  if (whole > 16 || whole <= -5) return `${sign}${mantissa}e${Number(power)}`;
  if (whole >= digits.length) return `${sign}${digits.padEnd(whole, '0')}.0`;
  if (whole > 0) return `${sign}${digits.slice(0, whole)}.${digits.slice(whole)}`;
  return `${sign}0.${'0'.repeat(-whole)}${digits}`;
}
