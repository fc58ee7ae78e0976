import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** A field of a protobuf message: a number, or bytes with their length before them. */
function field(number: number, value: number | Uint8Array | string): Uint8Array {
	if (typeof value === "number") return Buffer.concat([varint(number << 3), varint(value)]);
	const bytes = Buffer.from(value as Uint8Array);
	return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

function varint(value: number): Uint8Array {
	const bytes: number[] = [];
	for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
	return Uint8Array.from([...bytes, value]);
}

const message = (...fields: Uint8Array[]) => Buffer.concat(fields);
const [float, int64] = [1, 7];

/** A ValueInfoProto: a tensor whose sides are numbers or names of unknown ones. */
function tensor(name: string, type: number, ...sides: (number | string)[]): Uint8Array {
	const dimensions = sides.map((side) => field(1, typeof side === "number" ? field(1, side) : field(2, side)));
	return message(field(1, name), field(2, field(1, message(field(1, type), field(2, message(...dimensions))))));
}

/** Returns an ONNX model that looks the vector of each token up in a table, and does nothing else. */
export function lookupModel(vectors: number[][]): Uint8Array {
	const numbers = vectors[0]?.length ?? 0;
	const table = message(
		field(1, vectors.length),
		field(1, numbers),
		field(2, float),
		field(8, "table"),
		field(9, new Uint8Array(Float32Array.from(vectors.flat()).buffer)),
	);
	const gather = message(field(1, "table"), field(1, "input_ids"), field(2, "last_hidden_state"), field(4, "Gather"));
	const graph = message(
		field(1, gather),
		field(2, "lookup"),
		field(5, table),
		field(11, tensor("input_ids", int64, "batch", "tokens")),
		field(11, tensor("attention_mask", int64, "batch", "tokens")),
		field(12, tensor("last_hidden_state", float, "batch", "tokens", numbers)),
	);
	return message(field(1, 8), field(7, graph), field(8, field(2, 13)));
}

/** The tokens of the model below, each with its vector. */
export const tokens = {
	"[UNK]": [0, 0, 0, 0.5],
	"[CLS]": [0, 0, 0, 1],
	"[SEP]": [0, 0, 0, 1],
	car: [3, 1, 0, 0],
	automobile: [3, 0.5, 0, 0],
	butter: [0, 0, 4, 0],
	query: [0, 2, 0, 0],
	passage: [0, -2, 0, 0],
	":": [0, 0, 0, 0],
};

const tokenizer = {
	normalizer: {
		type: "BertNormalizer",
		clean_text: true,
		handle_chinese_chars: true,
		strip_accents: null,
		lowercase: true,
	},
	pre_tokenizer: { type: "BertPreTokenizer" },
	post_processor: {
		type: "TemplateProcessing",
		single: [
			{ SpecialToken: { id: "[CLS]", type_id: 0 } },
			{ Sequence: { id: "A", type_id: 0 } },
			{ SpecialToken: { id: "[SEP]", type_id: 0 } },
		],
		pair: [],
		special_tokens: {
			"[CLS]": { id: "[CLS]", ids: [1], tokens: ["[CLS]"] },
			"[SEP]": { id: "[SEP]", ids: [2], tokens: ["[SEP]"] },
		},
	},
	decoder: null,
	added_tokens: [],
	model: {
		type: "WordPiece",
		unk_token: "[UNK]",
		continuing_subword_prefix: "##",
		max_input_chars_per_word: 100,
		vocab: Object.fromEntries(Object.keys(tokens).map((token, id) => [token, id])),
	},
};

/** Writes a model's folder below the temporary folder: the tiny model, its tokenizer, and other files by their names. */
export function writeModelFolder(
	files: Record<string, object> = {},
	model = lookupModel(Object.values(tokens)),
): string {
	const folder = path.join(mkdtempSync(path.join(tmpdir(), "collections-onnx-")), "tiny");
	const write = (name: string, content: Uint8Array | string) => {
		const file = path.join(folder, name);
		mkdirSync(path.dirname(file), { recursive: true });
		writeFileSync(file, content);
	};
	write("onnx/model.onnx", model);
	write("tokenizer.json", JSON.stringify(tokenizer));
	write("tokenizer_config.json", JSON.stringify({ tokenizer_class: "BertTokenizer" }));
	for (const [name, content] of Object.entries(files)) write(name, JSON.stringify(content));
	return folder;
}
