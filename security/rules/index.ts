/** Every rule, in one list that can be read. */
import { dataExfiltration } from './data-exfiltration.ts';
import { jailbreak } from './jailbreak.ts';
import { malformed } from './malformed.ts';
import { ordersInData } from './orders-in-data.ts';
import { promptInjection } from './prompt-injection.ts';
import { promptInjectionLanguages } from './prompt-injection-languages.ts';
import type { Rule } from './rule.ts';

export const rules: readonly Rule[] = [
  ...promptInjection,
  ...ordersInData,
  ...promptInjectionLanguages,
  ...jailbreak,
  ...dataExfiltration,
  ...malformed,
];
