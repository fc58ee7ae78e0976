import { createHash } from "node:crypto";
import { PermanentFailure } from "#core/errors.ts";
import { imageDescription, type ModelUsage } from "#core/items/analysis.ts";
import { cropWindows, lumaSide } from "#core/items/fingerprint.ts";
import { type Embedder, embeddingDimensions, type Images, type Vision } from "#core/ports/index.ts";

/** Bytes that `fakeImages` cannot decode contain this word. */
export const undecodable = "undecodable";

/** A ThumbHash in base64. */
export const fakePlaceholder = "1QcSHQRnh493V4dIh4eXh1h4kJUI";

/** Derives nothing: the thumbnail and the vision image are the original bytes. */
export function fakeImages(): Images {
	return {
		async derive(bytes) {
			if (bytes.length === 0 || readable(bytes).includes(undecodable)) {
				throw new PermanentFailure({
					code: "undecodable_image",
					detail: "The file cannot be decoded as an image.",
				});
			}
			const sha256 = createHash("sha256").update(bytes).digest("hex");
			return {
				width: 640,
				height: 480,
				sha256,
				takenAt: null,
				damaged: false,
				camera: null,
				location: null,
				colours: ["grey"],
				placeholder: fakePlaceholder,
				perceptualHash: sha256.slice(0, 16),
				cropHashes: cropWindows.map((_, at) => sha256.slice(8 * at, 8 * at + 16)),
				luma: new Uint8Array(lumaSide ** 2),
				thumbnail: bytes,
				vision: bytes,
			};
		},
		pixels: async () => ({ data: new Uint8Array(3), width: 1, height: 1 }),
	};
}

/** Describes an image with the words that a test wrote into its bytes. */
export function fakeVision(): Vision {
	return {
		async describe({ image, originalFilename }) {
			const text = readable(image);
			return {
				description: imageDescription.parse({
					category: "Other",
					headline: text.slice(0, 80) || originalFilename,
					summary: `An image named ${originalFilename}.`,
					image_details: { extracted_text: text ? [text] : [] },
					media_metadata: {},
				}),
				provider: "fake",
				model: "fake-vision",
				traceId: null,
				usage: [fakeUsage("vision", "fake-vision")],
			};
		},
	};
}

/** Embeds texts by their words: the same words have the same vector. */
export function fakeEmbedder(model = "fake-embedding"): Embedder {
	return {
		model,
		fusionWeights: { vector: 0.5, text: 0.5 },
		answerabilityThreshold: 0.01,
		exhaustive: false,
		async embed(texts) {
			const vectors = texts.map((text) => {
				const vector = new Float32Array(embeddingDimensions);
				for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
					const index = createHash("sha256").update(word).digest().readUInt32BE();
					vector[index % embeddingDimensions] = 1;
				}
				vector[0] ||= 0.01;
				const length = Math.hypot(...vector);
				return vector.map((value) => value / length);
			});
			return { vectors, usage: [fakeUsage("embedding", model)] };
		},
	};
}

function fakeUsage(purpose: ModelUsage["purpose"], model: string): ModelUsage {
	return {
		purpose,
		provider: "fake",
		model,
		inputTokens: 10,
		outputTokens: purpose === "embedding" ? 0 : 5,
		costUsd: 0.001,
	};
}

function readable(bytes: Uint8Array): string {
	const words = Buffer.from(bytes)
		.toString("latin1")
		.match(/[\w -]{3,}/g);
	return (words ?? [])
		.filter((part) => part !== "PNG")
		.join(" ")
		.trim();
}
