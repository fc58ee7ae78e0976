import { ModelFailure } from "#core/errors.ts";
import { type Vision, visionProviders } from "#core/ports/index.ts";
import type { ProviderSettings } from "./provider.ts";

export interface VisionSettings {
	/** Whom requests are for that name no provider: one of `visionProviders`; `instant` for benches, `replay` for evaluations. */
	provider: string;
	/** The dataset that `replay` answers from. */
	replayFolder?: string;
	anthropic?: ProviderSettings;
	openai?: ProviderSettings;
}

/** The environment's vision models. Each is loaded by the first request for it, which keeps cold starts short. */
export function visionFor({
	provider: usual,
	replayFolder,
	anthropic,
	openai,
}: VisionSettings): Vision {
	const models = new Map<string, () => Promise<Vision>>([
		[
			"offline",
			async () => (await import("./offline/vision.ts")).offlineVision(),
		],
	]);
	if (anthropic) {
		models.set("anthropic", async () =>
			(await import("./anthropic/vision.ts")).anthropicVision(anthropic),
		);
	}
	if (openai) {
		models.set("openai", async () =>
			(await import("./openai/vision.ts")).openaiVision(openai),
		);
	}
	if (usual === "instant") {
		models.set("instant", async () =>
			(await import("./instant-vision.ts")).instantVision(),
		);
	}
	if (usual === "replay" && replayFolder) {
		models.set("replay", async () =>
			(await import("./replay-vision.ts")).replayVision(replayFolder),
		);
	}
	if (!models.has(usual)) {
		throw new Error(
			`There is no vision provider "${usual}": set visionProvider in cdk.json to one of ${visionProviders.join(", ")}.`,
		);
	}
	return {
		async describe(request) {
			const provider = request.provider ?? usual;
			const model = models.get(provider);
			if (!model) {
				throw new ModelFailure(
					"provider_not_configured",
					`There is no vision provider "${provider}": name one of ${visionProviders.join(", ")}.`,
				);
			}
			if (provider === "offline" && request.model) {
				throw new ModelFailure(
					"model_not_found",
					`The provider offline has no model "${request.model}": leave the model out, or name another provider.`,
				);
			}
			return (await model()).describe(request);
		},
	};
}
