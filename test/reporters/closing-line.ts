import type { Reporter, TestModule } from "vitest/node";

/** Ends every run with the line that CI reads: `N passed, N failed, N skipped`. */
export default class ClosingLine implements Reporter {
	onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
		const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
		let broken = unhandledErrors.length;
		for (const module of modules) {
			for (const test of module.children.allTests()) {
				count[test.result().state] += 1;
			}
			// A file that fails to load has no tests to count.
			if (module.errors().length > 0) broken += 1;
		}
		process.once("exit", () => {
			console.log(`${count.passed} passed, ${count.failed + broken} failed, ${count.skipped + count.pending} skipped`);
		});
	}
}
