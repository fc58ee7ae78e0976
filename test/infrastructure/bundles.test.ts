import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type StageName, stageNames, stages } from "#core/pipeline/stages.ts";
import { stageContract } from "#lambda-kit/env.ts";
import { apiEnv } from "#lambdas/api/env.ts";
import { cleanupEnv } from "#lambdas/cleanup/env.ts";
import { jobsEnv } from "#lambdas/jobs/env.ts";
import { migrateEnv } from "#lambdas/migrate/env.ts";
import { preSignUpEnv } from "#lambdas/pre-sign-up/env.ts";
import { streamEnv } from "#lambdas/stream/env.ts";
import { webhooksEnv } from "#lambdas/webhooks/env.ts";
import { build, type LambdaName, lambdas } from "#lib/bundling/build.ts";
import { readEnvironment } from "#lib/read-environment.ts";
import cdk from "../../cdk.json" with { type: "json" };
import { bundles } from "./built.ts";

const stageContracts = Object.fromEntries(
	stageNames.map((name) => [stages[name].lambda, stageContract(name)]),
) as Record<(typeof stages)[StageName]["lambda"], string[]>;

const contracts: Record<LambdaName, readonly string[]> = {
	api: apiEnv,
	stream: streamEnv,
	...stageContracts,
	jobs: jobsEnv,
	webhooks: webhooksEnv,
	cleanup: cleanupEnv,
	migrate: migrateEnv,
	"pre-sign-up": preSignUpEnv,
};

/** Values of variables that must have a certain form. */
const values: Record<string, string> = {
	DATABASE_PORT: "5432",
	DATABASE_TLS: "verify-full",
	LIMITS: "{}",
	VERIFICATION_CACHE_MINUTES: "60",
	SIGN_IN_URL: "none",
	STRIPE: "none",
	TOKEN_ISSUER: "https://example.com/pool",
	JWKS_URL: "https://example.com/pool/.well-known/jwks.json",
	QUEUE_URL: "https://example.com/queue",
	QUEUE_CONCURRENCY: "2",
	LOOPBACK_RECEIVERS: "refused",
	VISION_PROVIDER: "offline",
	EMBEDDING_PROVIDER: "offline",
	CHAT_PROVIDER: "offline",
	VOYAGE_KEY_PARAMETER: "/collections/test/voyage-api-key",
};

const local = bundles;
const dev = await build(readEnvironment(cdk.context.environments, "dev"));

/** A folder outside the repository, so that no module is found by accident in its node_modules. */
const outside = mkdtempSync(join(tmpdir(), "collections-bundles-"));
afterAll(() => rmSync(outside, { recursive: true }));

function node(folder: string, script: string, env: Record<string, string> = {}) {
	return execFileSync(process.execPath, ["--eval", script], {
		cwd: folder,
		encoding: "utf8",
		env,
		timeout: 20_000,
	});
}

function paths(folder: string): string[] {
	return readdirSync(folder, { recursive: true, encoding: "utf8" })
		.filter((path) => statSync(join(folder, path)).isFile())
		.sort();
}

describe.each(lambdas)("the bundle of %s", (name) => {
	test("has the same bytes for local as for dev, except native packages", () => {
		const ours = (folder: string) =>
			paths(folder)
				.filter((path) => !path.startsWith("node_modules/"))
				.map((path) => [path, readFileSync(join(folder, path)).toString("base64")]);
		expect(ours(local[name])).toEqual(ours(dev[name]));
	});

	test("starts outside the repository, from its own files alone", () => {
		const folder = join(outside, name);
		cpSync(local[name], folder, { recursive: true });
		const stated = Object.fromEntries(contracts[name].map((variable) => [variable, values[variable] ?? "any"]));
		// The runtime's own global, which marks a handler that streams.
		const runtime = "globalThis.awslambda = { streamifyResponse: (handler) => handler };";
		const script = `${runtime} console.log(typeof (await import('./handler.mjs')).handler); process.exit();`;
		const printed = node(folder, script, {
			...stated,
			AWS_REGION: "us-east-1",
		});
		expect(printed).toMatch(/^function$/m);
	});

	test("is far below Lambda's limit of 250 MB", () => {
		const bytes = paths(local[name]).map((path) => statSync(join(local[name], path)).size);
		expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(100_000_000);
	});
});

test("the image processor's sharp works outside the repository", () => {
	const folder = join(outside, "image-processor");
	const size = node(
		folder,
		`import sharp from "sharp";
		const { info } = await sharp({ create: { width: 4, height: 3, channels: 3, background: "red" } }).webp().toBuffer({ resolveWithObject: true });
		console.log(import.meta.resolve("sharp").includes("node_modules/sharp"), info.width, info.height);`,
	);
	expect(size).toBe("true 4 3\n");
});

test("the analyzer's reader works outside the repository", () => {
	const folder = join(outside, "analyzer");
	const printed = node(
		folder,
		`import { Worker } from "node:worker_threads";
		const at = (name) => process.cwd() + "/ocr/" + name;
		const worker = new Worker(at("thread.mjs"), { workerData: {
			detection: at("PP-OCRv4-detection.onnx"), recognition: at("PP-OCRv4-recognition.onnx"), alphabet: at("PP-OCRv4-alphabet.txt"),
		} });
		worker.on("message", (result) => { console.log(JSON.stringify(result)); process.exit(); });
		const pixels = { data: new Uint8Array(64 * 64 * 3), width: 64, height: 64 };
		worker.postMessage({ pixels, cpuSeconds: 10, deadline: Date.now() + 20_000 });`,
	);
	expect(JSON.parse(printed)).toEqual({ lines: [], complete: true });
});

test("the image processor's sharp is built for the processor of its environment", () => {
	const binaries = (folder: string) =>
		readdirSync(join(folder, "node_modules/@img")).filter((name) => /^sharp-(?!libvips)/.test(name));
	expect(binaries(dev["image-processor"])).toEqual(["sharp-linux-arm64"]);
	expect(binaries(local["image-processor"])).toEqual([`sharp-${process.platform}-${process.arch}`]);
});

test("only the functions that decode and read pictures carry native packages", () => {
	const carried = (folder: string) =>
		["sharp", "onnxruntime-node"].filter((name) => paths(folder).includes(`node_modules/${name}/package.json`));
	for (const name of lambdas) {
		const expected = { "image-processor": ["sharp"], analyzer: ["sharp", "onnxruntime-node"] };
		expect([name, carried(dev[name])]).toEqual([name, (expected as Record<string, string[]>)[name] ?? []]);
	}
});

test("the analyzer carries of ONNX Runtime what reads on its processor alone", () => {
	const binaries = (folder: string) =>
		paths(folder).filter((path) => path.startsWith("node_modules/onnxruntime-node/bin/"));
	const files = (platform: string) =>
		["libonnxruntime.so.1", "onnxruntime_binding.node"].map(
			(file) => `node_modules/onnxruntime-node/bin/napi-v6/${platform}/${file}`,
		);
	expect(binaries(dev.analyzer)).toEqual(files("linux/arm64"));
	expect(binaries(local.analyzer)).toEqual(files(`${process.platform}/${process.arch}`));
	// Its install script fetches binaries for GPUs.
	expect(paths(dev.analyzer)).not.toContainEqual(expect.stringContaining("onnxruntime-node/script"));
});

test("bundles have the files that functions read at run time", () => {
	expect(paths(local.api)).toEqual(expect.arrayContaining(["docs/swagger-ui-bundle.js", "docs/swagger-ui.css"]));
	expect(paths(local.analyzer)).toEqual(
		expect.arrayContaining([
			"ocr/NOTICE",
			"ocr/PP-OCRv4-alphabet.txt",
			"ocr/PP-OCRv4-detection.onnx",
			"ocr/PP-OCRv4-recognition.onnx",
			"ocr/deu.traineddata.gz",
			"ocr/fra.traineddata.gz",
			"ocr/jpn.traineddata.gz",
			"ocr/spa.traineddata.gz",
			"ocr/tesseract-core.cjs",
			"ocr/tesseract-core.wasm",
			"ocr/thread.mjs",
		]),
	);
	for (const lambda of ["api", "embedder"] as const) {
		expect(paths(local[lambda])).toContain("word-vectors/word-vectors.bin");
	}
	const migrations = readdirSync(join(import.meta.dirname, "../../migrations"));
	expect(readdirSync(join(local.migrate, "migrations"))).toEqual(migrations);
});

test("a build of unchanged sources returns the existing bundles", async () => {
	expect(await build(readEnvironment(cdk.context.environments, "local"))).toEqual(local);
});
