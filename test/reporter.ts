/** Closes a run with the skipped tests and their reasons, then `N passed, N failed` alone on a line. */
import type { Reporter, TestModule } from 'vitest/node';

export class VerdictLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0;
    let failed = errors.length;
    const skipped: string[] = [];
    for (const module of modules) {
      if (module.children.size === 0 || module.errors().length > 0) failed++;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') passed++;
        else if (result.state === 'failed') failed++;
        else {
          const note = result.state === 'skipped' ? result.note : undefined;
          skipped.push(`${module.relativeModuleId} > ${test.fullName}: ${note ?? 'no reason given'}`);
        }
      }
    }
    for (const line of skipped) process.stdout.write(`skipped  ${line}\n`);
    process.stdout.write(
      `\n${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}\n`,
    );
  }
}
