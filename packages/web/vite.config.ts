import { defineConfig } from "vite";

/** The modules of the worker, which must not load the page's. */
const forServiceWorker = /\/(service-worker|kept-files)\.ts$/;

export default defineConfig({
	root: import.meta.dirname,
	// What the page needs to know about its environment is in config.json: one build fits all.
	envPrefix: [],
	build: {
		target: "es2023",
		outDir: "dist",
		emptyOutDir: true,
		manifest: true,
		// An inlined asset would be a data: address, which the content security policy refuses for scripts and fonts.
		assetsInlineLimit: 0,
		modulePreload: { polyfill: false },
		rolldownOptions: {
			// Libraries mark components for servers, which there are none of here.
			onLog: (level, log, show) => log.code === "MODULE_LEVEL_DIRECTIVE" || show(level, log),
			input: {
				app: `${import.meta.dirname}/index.html`,
				"service-worker": `${import.meta.dirname}/app/service-worker.ts`,
			},
			output: {
				// The browser looks for the worker's updates at one address.
				codeSplitting: {
					groups: [
						{
							// One file for what every page loads: thirty small ones cost a slow processor a second.
							name: "first",
							tags: ["$initial"],
							test: (id) => !forServiceWorker.test(id),
						},
					],
					includeDependenciesRecursively: false,
				},
				entryFileNames: ({ name }) => (name === "service-worker" ? "service-worker.js" : "assets/[name]-[hash].js"),
			},
		},
	},
});
