// The little of the packages' types that the embedder uses: make check must not need them.

declare module "@huggingface/tokenizers" {
	export class Tokenizer {
		/** The contents of tokenizer.json and tokenizer_config.json. */
		constructor(tokenizer: object, config: object);
		encode(text: string): { ids: number[] };
	}
}

declare module "onnxruntime-web" {
	export const env: { wasm: { numThreads: number } };
	export class Tensor {
		constructor(type: "int64", data: BigInt64Array, dims: number[]);
		readonly data: Float32Array;
		readonly dims: readonly number[];
		readonly type: string;
	}
	export class InferenceSession {
		static create(model: Uint8Array): Promise<InferenceSession>;
		readonly inputNames: readonly string[];
		readonly outputNames: readonly string[];
		run(inputs: Record<string, Tensor>): Promise<Record<string, Tensor>>;
	}
}
