import { join } from "node:path";
import type { Plugin } from "esbuild";

/**
 * Modules that packages load and no function calls, with the stub that the bundle has instead. A call of a stub
 * fails, since it is undefined; an export that a stub lacks fails the build.
 */
const stubs: Record<string, string> = {
	// zod's entry exports everything: messages in some fifty languages (260 KB), a compiler of schemas and a reader
	// of JSON Schema (41 KB).
	"zod/v4/locales/index.js": 'export { default as en } from "./en.js";',
	"zod/v4/core/compile.js":
		"export let INVALID, ZodCompileAsyncError, ZodCompileUnsupportedError, compile, withParser, compileFn;",
	"zod/v4/classic/from-json-schema.js": "export let fromJSONSchema;",
	// Every class of LangChain's core by name (190 KB with mustache, tiktoken and an XML parser), to revive stored
	// objects. Our state has none, and a stored text that names one is refused.
	"@langchain/core/dist/load/import_map.js": "export const import_map_exports = {};",
	// Checks what a client answers to a server that asks it something (134 KB with ajv). Ours asks nothing.
	"@modelcontextprotocol/sdk/dist/esm/validation/ajv-provider.js": "export let AjvJsonSchemaValidator;",
	// Describes schemas of zod 3; ours are of zod 4.
	"zod-to-json-schema/dist/esm/index.js": "export let zodToJsonSchema;",
	// A state of messages described by zod 3. Annotations describe ours.
	"@langchain/langgraph/dist/graph/messages_annotation.js":
		"export let MessagesAnnotation, MessagesZodMeta, MessagesZodState;",
};

export const unusedModules: Plugin = {
	name: "unused-modules",
	setup({ onLoad }) {
		for (const [module, contents] of Object.entries(stubs)) {
			const filter = new RegExp(`/${module.replaceAll(".", "\\.")}$`);
			onLoad({ filter }, () => ({ contents }));
		}
	},
};

/**
 * Takes Node's `http` and `process` without their lazy properties. An import of an ES module reads every property:
 * `http.WebSocket` alone loads undici, 44 ms of CPU in Node 24 where a bare start takes 24.
 */
export const lazyBuiltins: Plugin = {
	name: "lazy-builtins",
	setup({ onResolve, onLoad }) {
		onResolve({ filter: /^(node:)?(http|process)$/ }, ({ path }) => ({
			path: path.replace(/^node:/, ""),
			namespace: "builtin",
		}));
		onLoad({ filter: /./, namespace: "builtin" }, ({ path }) => ({
			contents: `module.exports = process.getBuiltinModule("node:${path}");`,
		}));
	},
};

/** Leaves out zod 3 (50 KB), which LangChain and MCP have for schemas written with it; ours are not. */
export const noZod3: Plugin = {
	name: "no-zod-3",
	setup({ onResolve, onLoad }) {
		onResolve({ filter: /^zod\/v3$/ }, ({ importer }) =>
			/\/node_modules\/@(langchain|modelcontextprotocol)\//.test(importer)
				? { path: "zod/v3", namespace: "left-out" }
				: undefined,
		);
		onLoad({ filter: /^zod\/v3$/, namespace: "left-out" }, () => ({
			contents: "export let z, object; export const ZodFirstPartyTypeKind = {};",
		}));
	},
};

/**
 * Loads LangSmith's client (240 KB) only for tracing; LangChain's core always imports it. The imports resolve to a
 * module of ours, whose bindings the tracer sets when there is a key.
 */
export const langSmithWithTracerOnly: Plugin = {
	name: "langsmith-with-tracer-only",
	setup({ onResolve, initialOptions }) {
		const path = join(initialOptions.absWorkingDir ?? ".", "packages/chat/absent-langsmith.ts");
		onResolve({ filter: /^langsmith(\/|$)/ }, ({ importer }) =>
			importer.includes("/node_modules/@langchain/") ? { path } : undefined,
		);
	},
};
