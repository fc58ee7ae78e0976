import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "esbuild";

/**
 * What packages load and no function uses. Whoever calls what is left out finds undefined, not a function;
 * a name that is missing here does not build.
 */
const unused: Record<string, string> = {
	// zod's entry pulls all of it along: messages in some fifty languages (260 KB), a compiler of schemas and a
	// reader of JSON Schema (41 KB).
	"zod/v4/locales/index.js": 'export { default as en } from "./en.js";',
	"zod/v4/core/compile.js":
		"export let INVALID, ZodCompileAsyncError, ZodCompileUnsupportedError, compile, withParser, compileFn;",
	"zod/v4/classic/from-json-schema.js": "export let fromJSONSchema;",
	// All of LangChain's core by name (190 KB with mustache, tiktoken and an XML parser), to revive its objects from
	// what is stored. The state has none, and a stored text that names one is refused rather than made.
	"@langchain/core/dist/load/import_map.js":
		"export const import_map_exports = {};",
	// A state of messages that is described by zod 3. Ours is described by annotations.
	"@langchain/langgraph/dist/graph/messages_annotation.js":
		"export let MessagesAnnotation, MessagesZodMeta, MessagesZodState;",
};

export const lessCode: Plugin = {
	name: "less-code",
	setup({ onLoad }) {
		for (const [module, contents] of Object.entries(unused)) {
			const filter = new RegExp(`/${module.replaceAll(".", "\\.")}$`);
			onLoad({ filter }, () => ({ contents }));
		}
	},
};

/** Errors of AWS that the code tells apart by their class. */
export const caughtErrors = [
	"ConditionalCheckFailedException",
	"NoSuchKey",
	"NotFound",
	"ParameterNotFound",
	"TransactionCanceledException",
	"TransactionConflictException",
];

/**
 * A client of AWS registers a class and a schema for each of its service's errors, of Parameter Store's 140 (70 KB) the
 * code catches one. Another comes as the service's general exception then: with its status and message, and its name but
 * for SQS's, which come by those of its former protocol. Schemas that something else refers to stay.
 */
export const caughtErrorsOnly: Plugin = {
	name: "caught-errors-only",
	setup({ onLoad }) {
		onLoad(
			{ filter: /\/@aws-sdk\/client-[^/]+\/dist-es\/schemas\/schemas_0\.js$/ },
			({ path }) => ({
				contents: withoutErrors(readFileSync(path, "utf8")),
			}),
		);
	},
};

function withoutErrors(schemas: string): string {
	const registered =
		/^export var (\w+)\$ = \[-3,[^;]*;\nn0_registry\.registerError\(\1\$, \1\);$/gm;
	const uses = new Map<string, number>();
	for (const [name] of schemas.matchAll(/\w+\$/g)) {
		uses.set(name, (uses.get(name) ?? 0) + 1);
	}
	return schemas.replaceAll(registered, (error, name) =>
		caughtErrors.includes(name) || uses.get(`${name}$`) !== 2 ? error : "",
	);
}

/** zod 3 is in LangChain for schemas written with it: none of ours is, and it takes 50 KB. */
export const noZod3: Plugin = {
	name: "no-zod-3",
	setup({ onResolve, onLoad }) {
		onResolve({ filter: /^zod\/v3$/ }, ({ importer }) =>
			importer.includes("/node_modules/@langchain/")
				? { path: "zod/v3", namespace: "left-out" }
				: undefined,
		);
		onLoad({ filter: /^zod\/v3$/, namespace: "left-out" }, () => ({
			contents: "export let z; export const ZodFirstPartyTypeKind = {};",
		}));
	},
};

/**
 * LangChain's core imports LangSmith's client, 240 KB, whether or not anything is traced. What it takes of it are
 * bindings of a module of ours, which the tracer fills when there is a key.
 */
export const langSmithWithTracerOnly: Plugin = {
	name: "langsmith-with-tracer-only",
	setup({ onResolve, initialOptions }) {
		const path = join(
			initialOptions.absWorkingDir ?? ".",
			"packages/chat/absent-langsmith.ts",
		);
		onResolve({ filter: /^langsmith(\/|$)/ }, ({ importer }) =>
			importer.includes("/node_modules/@langchain/") ? { path } : undefined,
		);
	},
};
