import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { costUsd } from "#ai/prices.ts";
import { readEnv } from "#lambda-kit/env.ts";
import { providerVariables } from "#lib/providers.ts";
import { readEnvironment } from "#lib/read-environment.ts";
import { providerSecrets } from "#tools/local/local-environment.ts";
import cdk from "../../cdk.json" with { type: "json" };

const directory = mkdtempSync(join(tmpdir(), "provider-secrets-"));
afterAll(() => rmSync(directory, { recursive: true }));

function envFile(text: string): string {
	const file = join(directory, ".env");
	writeFileSync(file, text);
	return file;
}

describe("the file .env", () => {
	it("may be missing", async () => {
		expect(await providerSecrets(join(directory, "none"), {})).toEqual({
			parameters: {},
			machine: { keys: [], providerUrls: {} },
		});
	});

	it("enables the providers whose keys it has, and passes their names, not the keys, to the templates", async () => {
		const file = envFile(
			'# mine\nANTHROPIC_API_KEY="sk-ant-1"\nOPENAI_API_KEY=\nVOYAGE_API_KEY= pa-1 \nVOYAGE_BASE_URL=http://127.0.0.1:9\nOTHER_KEY=x\n',
		);
		const { parameters, machine } = await providerSecrets(file, {});
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

describe("the address of a server in the variable OPENAI_BASE_URL", () => {
	const url = "http://127.0.0.1:11434/v1";

	it.each([
		["the file", `OPENAI_BASE_URL=${url}\nOPENAI_MODEL=llava\nOPENAI_TIMEOUT_SECONDS=200\n`, {}],
		["the shell", "OPENAI_BASE_URL=http://other\nOPENAI_MODEL=none\n", { url, OPENAI_TIMEOUT_SECONDS: "200" }],
	])(
		"makes it describe, answer and embed in environment local, by %s",
		async (_, text, { url, ...more }: Record<string, string>) => {
			const shell = url ? { OPENAI_BASE_URL: url, OPENAI_MODEL: "llava", ...more } : {};
			const { machine } = await providerSecrets(envFile(`ANTHROPIC_API_KEY=a\n${text}`), shell);
			const environment = readEnvironment(cdk.context.environments, "local", machine);
			expect(environment).toMatchObject({
				visionProvider: "openai",
				chatProvider: "openai",
				embeddingProvider: "openai",
				providerUrls: {},
			});
			expect(providerVariables(environment, "vision")).toMatchObject({
				OPENAI_MODEL: "llava",
				OPENAI_SERVER_URL: "http://127.0.0.1:11434/v1",
				OPENAI_SERVER_TIMEOUT_SECONDS: "200",
			});
			expect(providerVariables(environment, "chat")).toMatchObject({ OPENAI_CHAT_MODEL: "llava" });
			expect(providerVariables(environment, "embedding")).toMatchObject({ OPENAI_EMBEDDING_MODEL: "nomic-embed-text" });
		},
	);

	it.each([
		["dev", "http://127.0.0.1:11434/v1", "reach"],
		["dev", "http://models.example/v1", "must be https"],
		["dev", "https://models.example/v1", null],
		["prod", "http://10.0.1.7:8000/v1", null],
	] as const)("in the row %s of cdk.json may be %s: %s", (name, address, refusal) => {
		const { environments } = cdk.context;
		const read = () =>
			readEnvironment({ ...environments, [name]: { ...environments[name], openaiServer: { url: address } } }, name);
		if (refusal) expect(read).toThrow(refusal);
		else expect(read().openaiServer?.url).toBe(address);
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
