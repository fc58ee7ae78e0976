import { defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		reporters: ["default", "./test/closing-line.ts"],
		setupFiles: ["./test/quiet-log.ts"],
		testTimeout: 30_000,
		hookTimeout: 180_000,
		projects: [
			{
				extends: true,
				test: {
					name: "parts",
					include: ["test/**/*.test.ts"],
					// Packages of the bench bring tests of their own.
					exclude: ["test/system/**", "**/node_modules/**"],
					sequence: { groupOrder: 0 },
				},
			},
			{
				extends: true,
				test: {
					name: "system",
					include: ["test/system/**/*.test.ts"],
					globalSetup: "test/system/global-setup.ts",
					// One cloud for all of them, and OCR takes a core: files take turns.
					fileParallelism: false,
					testTimeout: 120_000,
					sequence: { groupOrder: 1 },
				},
			},
		],
	},
});
