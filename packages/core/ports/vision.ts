import type { ImageDescription, ModelUsage } from "../items/analysis.ts";
import type { TakenAt } from "../items/taken-at.ts";
import type { Pixels } from "./images.ts";

export interface VisionRequest {
	/** The derived JPEG, longest side 1568 px at most. */
	image: Uint8Array;
	/** Decodes the picture at its full size, or scaled down to this many pixels. */
	pixels(maxPixels: number): Promise<Pixels>;
	originalFilename: string;
	/** Hex digest of the original's bytes. */
	sha256: string | null;
	width: number;
	height: number;
	takenAt: TakenAt | null;
	camera: string | null;
	colours: string[];
	/** The person's own tags, to be used before others are invented. */
	knownTags: string[];
	/** @default the environment's provider, and that provider's model */
	provider?: string | undefined;
	model?: string | undefined;
	/** The call, with its waits and retries, ends before it. */
	deadline: Date;
}

interface VisionAnswer {
	description: ImageDescription;
	provider: string;
	model: string;
	/** The provider's id of the call. */
	traceId: string | null;
	/** One entry for each call that was answered. */
	usage: ModelUsage[];
}

/** Vision models. */
export interface Vision {
	/**
	 * @throws PermanentFailure `vision_refused`, `vision_answer_invalid`;
	 * ModelFailure `provider_not_configured`, `model_gone`, `vision_unavailable`; of what the request names
	 * `provider_not_available`, `model_not_found`
	 */
	describe(request: VisionRequest): Promise<VisionAnswer>;
}
