import type { Reporter, TestCase, TestModule } from "vitest/node";

/** Number of tests in `validate()` and `deltaChannelHistoryTests()` of version 1.1.1 of the suite. */
const expected = 726;

/** Prints the results of LangGraph's suite on each server, and fails the run unless every test ran and passed. */
export default class LangGraphSuiteLine implements Reporter {
	onTestRunEnd(modules: readonly TestModule[]): void {
		const counts = new Map<string, ReturnType<typeof count>>();
		for (const module of modules) {
			if (!module.moduleId.endsWith("/langgraph-suite.test.ts")) continue;
			for (const suite of module.children.suites()) {
				counts.set(suite.name, count(suite.children.allTests()));
			}
		}
		for (const [name, { passed, failed, skipped }] of counts) {
			if (passed !== expected) process.exitCode = 1;
			process.once("exit", () => {
				console.log(`LangGraph suite on ${name}: ${passed} passed, ${failed} failed, ${skipped} skipped`);
			});
		}
	}
}

function count(tests: Iterable<TestCase>) {
	const states = { passed: 0, failed: 0, skipped: 0 };
	for (const test of tests) {
		const { state } = test.result();
		states[state === "pending" ? "skipped" : state] += 1;
	}
	return states;
}
