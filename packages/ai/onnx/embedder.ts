import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { ModelFailure } from "#core/errors.ts";
import { once } from "#core/once.ts";
import type { Embedder } from "#core/ports/index.ts";
import { storedVector } from "../stored-vector.ts";
import { type ModelFolder, readModelFolder } from "./model-folder.ts";

/** Where a model and the packages that run it are on this machine. */
export interface OnnxSettings {
	/** The folder of the model. */
	folder: string;
	/** The folder `runtime/` beside this file, where `make onnx-runtime` installed the packages. */
	runtime: string;
}

type Runtime = typeof import("./runtime/index.ts");

/** Returns a sentence-embedding model that runs on this machine. Its name is read at once, the model itself by the first text. */
export async function onnxEmbedder({ folder, runtime }: OnnxSettings): Promise<Embedder> {
	const model = await readModelFolder(folder);
	const vectorOf = once(() => loadModel(model, runtime));
	return {
		model: model.name,
		// Not fitted: there were no queries with such a model's vectors.
		fusionWeights: { vector: 0.5, text: 0.5 },
		answerabilityThreshold: 0,
		exhaustive: false,
		async embed(texts, inputType, { deadline }) {
			const embedText = await vectorOf();
			const vectors: Float32Array[] = [];
			for (const text of texts) {
				// The model blocks the process, so it can only be kept from beginning.
				if (Date.now() >= deadline.getTime()) {
					throw new ModelFailure("embedding_unavailable", `There is no time left to ask ${model.name}.`);
				}
				vectors.push(await embedText(model.prompts[inputType] + text));
			}
			return { vectors, usage: [] };
		},
	};
}

/** Loads the model, and returns what embeds a text with it. */
async function loadModel(
	{ name, modelFile, tokenizer: json, tokenizerConfig, pooling, maxTokens }: ModelFolder,
	runtime: string,
): Promise<(text: string) => Promise<Float32Array>> {
	if (!existsSync(path.join(runtime, "node_modules"))) {
		throw new ModelFailure("provider_not_configured", `${name} cannot run: make onnx-runtime installs what runs it.`);
	}
	const { env, InferenceSession, Tensor, Tokenizer }: Runtime = await import(
		pathToFileURL(path.join(runtime, "index.ts")).href
	);
	env.wasm.numThreads = 1; // threads would outlive an invocation
	const tokenizer = new Tokenizer(json, tokenizerConfig);
	const session = await InferenceSession.create(await readFile(modelFile));
	return async (text) => {
		const ids = cutTo(maxTokens, tokenizer.encode(text).ids);
		const input = (value: (id: number) => number) =>
			new Tensor(
				"int64",
				BigInt64Array.from(ids, (id) => BigInt(value(id))),
				[1, ids.length],
			);
		const known: Record<string, InstanceType<Runtime["Tensor"]>> = {
			input_ids: input((id) => id),
			// One text at a time needs no padding, so every token counts.
			attention_mask: input(() => 1),
			token_type_ids: input(() => 0),
		};
		const inputs = session.inputNames.map((input) => {
			const tensor = known[input];
			if (!tensor) throw new Error(`${name} wants an input "${input}", which no sentence-embedding model has.`);
			return [input, tensor] as const;
		});
		const outputs = await session.run(Object.fromEntries(inputs));
		const output = outputs.last_hidden_state ?? outputs[session.outputNames[0] ?? ""];
		if (output?.type !== "float32") throw new Error(`${name} has no output of 32-bit numbers.`);
		return unitVector(pool(output, pooling), name);
	};
}

/** The last token closes the text, so that what is left out is before it. */
function cutTo(maxTokens: number, ids: number[]): number[] {
	return ids.length <= maxTokens ? ids : [...ids.slice(0, maxTokens - 1), ...ids.slice(-1)];
}

/** Makes one vector of those of the tokens: 1 x tokens x numbers, or 1 x numbers where the model did that itself. */
function pool(
	{ data, dims }: { data: Float32Array; dims: readonly number[] },
	pooling: "mean" | "first",
): Float32Array {
	const length = dims.at(-1) ?? 0;
	const tokens = dims.length === 3 && pooling === "mean" ? (dims[1] ?? 0) : 1;
	const vector = new Float32Array(length);
	for (let token = 0; token < tokens; token++) {
		for (let at = 0; at < length; at++) {
			vector[at] = (vector[at] ?? 0) + (data[token * length + at] ?? 0) / tokens;
		}
	}
	return vector;
}

function unitVector(numbers: Float32Array, name: string): Float32Array {
	const vector = storedVector(numbers);
	if (typeof vector === "string") throw new Error(`${name} made ${vector}.`);
	return vector;
}
