import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";

/** A folder of a sentence-embedding model, laid out as sentence-transformers and the hub lay it out. */
export interface ModelFolder {
	/** Names the model by its folder and by the content of all files that decide its vectors. */
	name: string;
	modelFile: string;
	tokenizer: object;
	tokenizerConfig: object;
	/** A text's vector is the mean of those of its tokens, or that of the first. */
	pooling: "mean" | "first";
	/** The text that the model expects before a query or a document, such as "query: ". */
	prompts: { query: string; document: string };
	maxTokens: number;
}

const defaultMaxTokens = 512;

const sentenceTransformers = z.looseObject({
	prompts: z
		.looseObject({ query: z.string().optional(), document: z.string().optional(), passage: z.string().optional() })
		.default({}),
});
const pooling = z.looseObject({
	pooling_mode_mean_tokens: z.boolean().default(true),
	pooling_mode_cls_token: z.boolean().default(false),
});
const sentenceBert = z.looseObject({ max_seq_length: z.int().positive().default(defaultMaxTokens) });

/**
 * Returns the file of the model and the other files that are read, those that exist.
 * @throws where the folder has no model
 */
export function filesOf(folder: string): { model: string; others: string[] } {
	const at = (...names: string[]) => names.map((name) => path.join(folder, name)).filter((file) => existsSync(file));
	const [model] = at("model.onnx", "onnx/model.onnx");
	const [tokenizer] = at("tokenizer.json");
	if (!model || !tokenizer) {
		throw new Error(
			`${folder} is no sentence-embedding model: it needs the files tokenizer.json and model.onnx (or onnx/model.onnx).`,
		);
	}
	const settings = at(
		"tokenizer_config.json",
		"config_sentence_transformers.json",
		"sentence_bert_config.json",
		"1_Pooling/config.json",
	);
	return { model, others: [tokenizer, ...settings] };
}

/** Reads a folder: everything but the model itself, of which it computes the hash. */
export async function readModelFolder(folder: string): Promise<ModelFolder> {
	const { model, others } = filesOf(folder);
	const hash = createHash("sha256");
	for (const file of others) hash.update(readFileSync(file));
	await pipeline(createReadStream(model), hash);
	const json = (name: string): unknown => {
		const file = path.join(folder, name);
		return others.includes(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
	};
	const { prompts } = sentenceTransformers.parse(json("config_sentence_transformers.json"));
	const mode = pooling.parse(json("1_Pooling/config.json"));
	if (!mode.pooling_mode_mean_tokens && !mode.pooling_mode_cls_token) {
		throw new Error(`${folder}/1_Pooling/config.json asks for neither the mean of the tokens nor the first.`);
	}
	return {
		name: `onnx-${path.basename(folder)}-${hash.digest("hex").slice(0, 8)}`,
		modelFile: model,
		tokenizer: json("tokenizer.json") as object,
		tokenizerConfig: json("tokenizer_config.json") as object,
		pooling: mode.pooling_mode_cls_token ? "first" : "mean",
		prompts: { query: prompts.query ?? "", document: prompts.document ?? prompts.passage ?? "" },
		maxTokens: sentenceBert.parse(json("sentence_bert_config.json")).max_seq_length,
	};
}
