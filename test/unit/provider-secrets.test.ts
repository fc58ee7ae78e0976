import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { costUsd } from "#ai/prices.ts";
import { readEnv } from "#lambda-kit/env.ts";
import { providerSecrets } from "#tools/local/local-environment.ts";

const directory = mkdtempSync(join(tmpdir(), "provider-secrets-"));
afterAll(() => rmSync(directory, { recursive: true }));

function envFile(text: string): string {
	const file = join(directory, ".env");
	writeFileSync(file, text);
	return file;
}

describe("the file .env", () => {
	it("may be missing", async () => {
		expect(await providerSecrets(join(directory, "none"))).toEqual({
			parameters: {},
			machine: { keys: [], providerUrls: {} },
		});
	});

	it("enables the providers whose keys it has, and passes their names, not the keys, to the templates", async () => {
		const file = envFile(
			'# mine\nANTHROPIC_API_KEY="sk-ant-1"\nOPENAI_API_KEY=\nVOYAGE_API_KEY= pa-1 \nVOYAGE_BASE_URL=http://127.0.0.1:9\nOTHER_KEY=x\n',
		);
		const { parameters, machine } = await providerSecrets(file);
		expect(parameters).toEqual({
			"/collections/local/anthropic-api-key": "sk-ant-1",
			"/collections/local/voyage-api-key": "pa-1",
		});
		expect(machine).toEqual({
			keys: ["anthropic", "voyage"],
			providerUrls: { voyage: "http://127.0.0.1:9" },
		});
	});
});

describe("the folder of a model in .env", () => {
	it("goes to the templates as an absolute path", async () => {
		for (const name of ["model.onnx", "tokenizer.json"]) writeFileSync(join(directory, name), "{}");
		const { machine } = await providerSecrets(envFile(`ONNX_FOLDER=${relative(process.cwd(), directory)}\n`));
		expect(machine.onnxFolder).toBe(directory);
	});

	it("is refused before anything starts where it has no model", async () => {
		await expect(providerSecrets(envFile("ONNX_FOLDER=test\n"))).rejects.toThrow("test is no sentence-embedding model");
	});
});

describe("a variable that only environment local allows", () => {
	it.each(["CRASH_AT", "ONNX_FOLDER", "ANTHROPIC_BASE_URL", "OPENAI_BASE_URL", "VOYAGE_BASE_URL"])(
		"%s makes a function of another environment fail at its start",
		(name) => {
			const variables = (ENVIRONMENT: string) => ({
				ENVIRONMENT,
				[name]: "http://127.0.0.1:1",
			});
			expect(() => readEnv(["ENVIRONMENT"], variables("prod"))).toThrow(
				`${name} is set, which only environment local allows`,
			);
			expect(readEnv(["ENVIRONMENT"], variables("local"))).toEqual({
				ENVIRONMENT: "local",
			});
		},
	);
});

describe("the price of a call", () => {
	it.each([
		["claude-haiku-5-5", 1_000_000, 0, null],
		["claude-haiku-5-5", 100_000, 1_000_000, 0.51],
		["gpt-5.4-mini-2026-03-17", 1_000_000, 1_000_000, 5.25],
		["voyage-3.5-lite", 1_000, 0, 0.00002],
		["some-model", 1, 1, null],
		["constructor", 1, 1, null],
	])("of %s with %i and %i tokens is %s", (model, input, output, cost) => {
		expect(costUsd(model, input, output)).toBe(cost);
	});
});
