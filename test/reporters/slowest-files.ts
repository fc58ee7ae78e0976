import { relative } from "node:path";
import type { Reporter, TestModule } from "vitest/node";

const maxFiles = 10;

/** Ends a run with a table of the slowest files, imports and hooks included. */
export default class SlowestFiles implements Reporter {
	onTestRunEnd(modules: readonly TestModule[]): void {
		if (modules.length <= maxFiles) return;
		const rows = modules
			.map((module) => {
				const { setupDuration, collectDuration, duration } = module.diagnostic();
				return {
					file: relative(process.cwd(), module.moduleId),
					tests: [...module.children.allTests()].length,
					seconds: (setupDuration + collectDuration + duration) / 1_000,
				};
			})
			.sort((a, b) => b.seconds - a.seconds)
			.slice(0, maxFiles);
		const width = Math.max(...rows.map(({ file }) => file.length));
		const line = (file: string, tests: string, seconds: string) =>
			`${file.padEnd(width)}  ${tests.padStart(5)}  ${seconds.padStart(7)}`;
		process.once("exit", () => {
			console.log(line("slowest files", "tests", "seconds"));
			for (const { file, tests, seconds } of rows) {
				console.log(line(file, String(tests), seconds.toFixed(1)));
			}
		});
	}
}
