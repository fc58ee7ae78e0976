import { readFileSync } from "node:fs";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Detector } from "./detect.ts";
import { lineHeight, type Recognizer } from "./recognize.ts";

/** Where the files of the models are. */
export interface ModelPaths {
	detection: string;
	recognition: string;
	alphabet: string;
}

/** PP-OCRv4: what finds lines of text, and what reads one. */
export interface Models {
	detector: Detector;
	recognizer: Recognizer;
	alphabet: readonly string[];
}

/** One thread, whose time is counted. A pattern of memory for each size of picture would only be kept. */
const options = {
	executionProviders: ["cpu"],
	intraOpNumThreads: 1,
	interOpNumThreads: 1,
	executionMode: "sequential",
	enableMemPattern: false,
	logSeverityLevel: 3,
} satisfies InferenceSession.SessionOptions;

/** Loads the models, which takes a second of the processor. */
export async function loadModels({ detection, recognition, alphabet }: ModelPaths): Promise<Models> {
	const detector = await InferenceSession.create(detection, options);
	const recognizer = await InferenceSession.create(recognition, options);
	return {
		detector: (input, width, height) => run(detector, input, width, height),
		recognizer: (input, width) => run(recognizer, input, width, lineHeight),
		alphabet: readFileSync(alphabet, "utf8")
			.split("\n")
			.map((line) => line.replace(/\r$/, "")),
	};
}

/** Runs a model that has one picture as its input and one output. */
async function run(session: InferenceSession, input: Float32Array, width: number, height: number) {
	const [inputName = "", outputName = ""] = [session.inputNames[0], session.outputNames[0]];
	const { [outputName]: output } = await session.run({
		[inputName]: new Tensor("float32", input, [1, 3, height, width]),
	});
	if (!(output?.data instanceof Float32Array)) throw new Error("The model gave no 32-bit numbers.");
	return output.data;
}
