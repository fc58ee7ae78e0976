import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { embedderFor } from "#ai/embedder.ts";
import { type Embedder, embeddingDimensions } from "#core/ports/index.ts";
import { readEnv } from "#lambda-kit/env.ts";
import { lookupModel, tokens, writeModelFolder } from "./providers/onnx-model.ts";

const runtime = path.resolve("packages/ai/onnx/runtime");
const folders: string[] = [];
afterAll(() => {
	for (const folder of folders) rmSync(path.dirname(folder), { recursive: true });
});

function modelFolder(...args: Parameters<typeof writeModelFolder>): string {
	const folder = writeModelFolder(...args);
	folders.push(folder);
	return folder;
}

const embedderOf = (folder: string, installed = runtime) =>
	embedderFor({ provider: "onnx", onnx: { folder, runtime: installed } });
const soon = () => ({ deadline: new Date(Date.now() + 60_000) });

async function embed(embedder: Embedder, text: string, type: "document" | "query" = "document"): Promise<Float32Array> {
	const { vectors } = await embedder.embed([text], type, soon());
	return vectors[0] as Float32Array;
}

const cosine = (a: ArrayLike<number>, b: ArrayLike<number>) => {
	const dot = (x: ArrayLike<number>, y: ArrayLike<number>) =>
		Array.from(x).reduce((sum, value, at) => sum + value * (y[at] ?? 0), 0);
	return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};
/** The sum of the tokens' vectors, whose direction is that of their mean. */
const sumOf = (...names: (keyof typeof tokens)[]) =>
	[0, 1, 2, 3].map((at) => names.reduce((sum, name) => sum + (tokens[name][at] ?? 0), 0));

describe("a sentence-embedding model in a folder", async () => {
	const tiny = await embedderOf(modelFolder());

	it("gives unit vectors as long as all others, for any text", async () => {
		for (const text of ["car", "", "東京 🎉", "car ".repeat(20_000)]) {
			const vector = await embed(tiny, text);
			expect(vector).toHaveLength(embeddingDimensions);
			expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
		}
	});

	it("gives the mean of a text's tokens, those that open and close it included", async () => {
		const [car, synonym] = [await embed(tiny, "Car"), await embed(tiny, "automobile butter")];
		const expected = cosine(sumOf("[CLS]", "car", "[SEP]"), sumOf("[CLS]", "automobile", "butter", "[SEP]"));
		expect(cosine(car, synonym)).toBeCloseTo(expected, 5);
		expect(cosine(car, await embed(tiny, "automobile"))).toBeGreaterThan(0.95);
	});

	it("fills every bit of a code, though the model has four numbers", async () => {
		const isSet = (vector: Float32Array) => Array.from(vector, (value) => value > 0);
		const [a, b] = [isSet(await embed(tiny, "car")), isSet(await embed(tiny, "butter"))];
		const differing = a.filter((bit, at) => bit !== b[at]).length;
		expect(differing / a.length).toBeCloseTo(
			Math.acos(cosine(sumOf("[CLS]", "car", "[SEP]"), sumOf("[CLS]", "butter", "[SEP]"))) / Math.PI,
			1,
		);
	});

	it("cuts a long text before the token that closes it", async () => {
		const short = await embedderOf(modelFolder({ "sentence_bert_config.json": { max_seq_length: 4 } }));
		expect(cosine(await embed(short, "car car butter butter"), await embed(short, "car car"))).toBeCloseTo(1, 5);
		expect(cosine(await embed(tiny, "car car butter butter"), await embed(tiny, "car car"))).toBeLessThan(0.9);
	});

	it.each(["passage", "document"])("gets its own words before queries and before documents (%s)", async (name) => {
		const prompts = { query: "query: ", [name]: "passage: " };
		const asked = await embedderOf(modelFolder({ "config_sentence_transformers.json": { prompts } }));
		expect(cosine(await embed(asked, "car", "query"), await embed(tiny, "query: car"))).toBeCloseTo(1, 5);
		expect(cosine(await embed(asked, "car", "document"), await embed(tiny, "passage: car"))).toBeCloseTo(1, 5);
	});

	it("gives the first token's vector where its folder says so", async () => {
		const pooling = { pooling_mode_mean_tokens: false, pooling_mode_cls_token: true };
		const first = await embedderOf(modelFolder({ "1_Pooling/config.json": pooling }));
		expect(cosine(await embed(first, "car"), await embed(first, "butter"))).toBeCloseTo(1, 5);
	});

	it("is named by its folder and by all that decides its vectors", async () => {
		const prompts = { query: "query: " };
		const names = await Promise.all(
			[
				modelFolder(),
				modelFolder({ "config_sentence_transformers.json": { prompts } }),
				modelFolder({}, lookupModel(Object.values(tokens).map((vector) => vector.map((value) => value + 1)))),
			].map(async (folder) => (await embedderOf(folder)).model),
		);
		expect(names[0]).toBe(tiny.model);
		expect(new Set(names).size).toBe(3);
		for (const name of names) expect(name).toMatch(/^onnx-tiny-[0-9a-f]{8}$/);
	});

	it("begins no text after the deadline", async () => {
		await expect(tiny.embed(["car"], "query", { deadline: new Date(0) })).rejects.toMatchObject({
			code: "embedding_unavailable",
		});
	});
});

describe("a model that cannot be used", () => {
	it("is refused where its folder lacks the model", async () => {
		const empty = mkdtempSync(path.join(tmpdir(), "collections-onnx-"));
		await expect(embedderOf(empty)).rejects.toThrow("it needs the files tokenizer.json and model.onnx");
		rmSync(empty, { recursive: true });
	});

	it("is refused where its pooling is another", async () => {
		const pooling = { pooling_mode_mean_tokens: false, pooling_mode_max_tokens: true };
		const folder = modelFolder({ "1_Pooling/config.json": pooling });
		await expect(embedderOf(folder)).rejects.toThrow("neither the mean of the tokens nor the first");
	});

	it("fails where it has more numbers than are stored", async () => {
		const long = Object.values(tokens).map((_, id) => Array.from({ length: 1_025 }, (_, at) => at % (id + 2)));
		const embedder = await embedderOf(modelFolder({}, lookupModel(long)));
		await expect(embed(embedder, "car")).rejects.toThrow("made a vector of 1025 dimensions, more than the 1024");
	});

	it("says how to install what runs it", async () => {
		const embedder = await embedderOf(modelFolder(), path.join(tmpdir(), "collections-no-runtime"));
		await expect(embed(embedder, "car")).rejects.toThrow("make onnx-runtime");
	});

	it("is not there without its folder, and a function elsewhere than in local refuses the folder", async () => {
		await expect(embedderFor({ provider: "onnx" })).rejects.toThrow('There is no embedding provider "onnx"');
		expect(() => readEnv(["ENVIRONMENT"], { ENVIRONMENT: "prod", ONNX_FOLDER: "/model" })).toThrow(
			"ONNX_FOLDER is set, which only environment local allows",
		);
	});
});
