/** Every rule, in one list that can be read. */
import { dataExfiltration } from './data-exfiltration.ts';
import { jailbreak } from './jailbreak.ts';
import { malformed } from './malformed.ts';
import { ordersByRole } from './orders-by-role.ts';
import { ordersInData } from './orders-in-data.ts';
import { promptInjection } from './prompt-injection.ts';
import { promptInjectionLanguages } from './prompt-injection-languages.ts';
import type { Rule } from './rule.ts';

export const rules: readonly Rule[] = [
  ...promptInjection,
  ...ordersInData,
  ...ordersByRole,
  ...promptInjectionLanguages,
  ...jailbreak,
  ...dataExfiltration,
  ...malformed,
];
