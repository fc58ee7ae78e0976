import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import SystemFirst from "./test/support/system-first.ts";

const langGraphSuite = "packages/langgraph-dynamodb/test/langgraph-suite.test.ts";

export default defineConfig({
	test: {
		reporters: [
			"default",
			"./test/reporters/langgraph-suite-line.ts",
			"./test/reporters/slowest-files.ts",
			"./test/reporters/closing-line.ts",
		],
		setupFiles: ["./test/support/quiet-log.ts"],
		testTimeout: 30_000,
		hookTimeout: 180_000,
		// Vitest leaves one core to itself, and half of a two-core machine idle.
		maxWorkers: Math.max(2, availableParallelism()),
		// A worker loads modules once for all its files: that halves the CPU of the unit tests.
		isolate: false,
		sequence: { sequencer: SystemFirst },
		projects: [
			{
				extends: true,
				test: {
					name: "parts",
					include: ["test/**/*.test.ts", "packages/*/test/**/*.test.ts"],
					// Packages of the bench bring tests of their own.
					exclude: ["test/system/**", "**/node_modules/**", langGraphSuite],
				},
			},
			{
				extends: true,
				test: {
					name: "langgraph-suite",
					include: [langGraphSuite],
					// The package calls describe, it and expect without importing them.
					globals: true,
				},
			},
			{
				extends: true,
				test: {
					name: "system",
					include: ["test/system/**/*.test.ts"],
					globalSetup: "test/system/global-setup.ts",
					testTimeout: 120_000,
				},
			},
		],
	},
});
