import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { defineConfig } from "vitest/config";
import SystemFirst from "./test/support/system-first.ts";

const langGraphSuite = "packages/langgraph-dynamodb/test/langgraph-suite.test.ts";
const scripts = "test/infrastructure/scripts/**/*.test.ts";
const environment = "test/system/global-setup.ts";
const faultsOfPackages = "packages/*/test/faults.test.ts";

export default defineConfig({
	test: {
		reporters: [
			"default",
			"./test/reporters/langgraph-suite-line.ts",
			"./test/reporters/slowest-files.ts",
			"./test/reporters/closing-line.ts",
		],
		setupFiles: ["./test/support/quiet-log.ts"],
		// It ends a test that hangs; none claims how long it takes, and the machine may be busy.
		testTimeout: 120_000,
		hookTimeout: 180_000,
		// Likewise: what a test waits for may take its time.
		expect: { poll: { timeout: 60_000 } },
		// Many tests wait for another process: one worker more than there are cores keeps the cores at work.
		maxWorkers: availableParallelism() + 1,
		// Commands and clouds are processes that compile the same modules at each start.
		env: { NODE_COMPILE_CACHE: resolve("node_modules/.cache/node") },
		// A worker loads modules once for all its files: that halves the CPU of the unit tests.
		isolate: false,
		sequence: { sequencer: SystemFirst },
		projects: [
			{
				extends: true,
				// First, so that the app is built while the environment under test starts.
				test: {
					name: "web",
					include: ["test/web/**/*.test.ts"],
					globalSetup: "test/web/global-setup.ts",
					// A scenario waits for pictures that are read beside the browser, by the same cores.
					testTimeout: 300_000,
				},
			},
			{
				extends: true,
				test: {
					name: "parts",
					globalSetup: "test/support/serialized-dynamodb.ts",
					include: ["test/**/*.test.ts"],
					// Packages of the bench bring tests of their own.
					exclude: ["test/system/**", "test/faults/**", "test/tools/**", "test/web/**", scripts, "**/node_modules/**"],
				},
			},
			{
				extends: true,
				test: { name: "scripts", include: [scripts], globalSetup: environment },
			},
			{
				extends: true,
				test: { name: "tools", include: ["test/tools/**/*.test.ts"], globalSetup: environment },
			},
			{
				extends: true,
				test: {
					name: "packages",
					globalSetup: "test/support/serialized-dynamodb.ts",
					include: ["packages/*/test/**/*.test.ts"],
					exclude: ["**/node_modules/**", langGraphSuite, faultsOfPackages],
				},
			},
			{
				extends: true,
				test: {
					name: "langgraph-suite",
					globalSetup: "test/support/serialized-dynamodb.ts",
					include: [langGraphSuite],
					// The package calls describe, it and expect without importing them.
					globals: true,
				},
			},
			{
				extends: true,
				test: {
					name: "faults",
					include: ["test/faults/**/*.test.ts", faultsOfPackages],
					globalSetup: ["test/support/serialized-dynamodb.ts", environment],
				},
			},
			{
				extends: true,
				test: {
					name: "system",
					include: ["test/system/**/*.test.ts"],
					globalSetup: environment,
				},
			},
		],
	},
});
