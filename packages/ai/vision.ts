import type { Vision } from "#core/ports.ts";

/** The vision model a provider's name stands for. Each is loaded only when named, which keeps cold starts short. */
export async function visionFor(provider: string): Promise<Vision> {
	switch (provider) {
		case "offline":
			return (await import("./offline/vision.ts")).offlineVision();
		case "instant":
			return (await import("./instant-vision.ts")).instantVision();
		default:
			throw new Error(
				`There is no vision provider "${provider}": set visionProvider in cdk.json to "offline".`,
			);
	}
}
