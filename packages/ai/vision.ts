import { ModelFailure } from "#core/errors.ts";
import { once } from "#core/once.ts";
import type { Vision, VisionRequest } from "#core/ports/index.ts";
import { type Adapter, lazyAdapters, type Settings } from "./adapters.ts";
import { placedVision } from "./placed-vision.ts";
import { type ListedModel, providersWith, readListedModel, visionProviders } from "./providers.ts";
import { refusalOf } from "./refusal.ts";
import { firstToServe } from "./takeover.ts";

/** `provider` may be `instant` for benches, and `replay` for evaluations. */
interface VisionSettings extends Settings<"vision"> {
	/** The dataset that `replay` answers from. */
	replayFolder?: string | undefined;
	/**
	 * Where set, OCR reads beside a provider's model where the text stands, and this is told why a picture has no places.
	 * @default the model alone
	 */
	onUnread?: ((reason: unknown) => void) | undefined;
}

/** Returns the environment's vision models. `provider` describes images where a request names none. */
export function visionFor({
	provider: defaultProvider,
	fallbacks = [],
	onTakeover = () => {},
	replayFolder,
	onUnread,
	...settings
}: VisionSettings): Vision {
	const models = lazyAdapters(
		"vision",
		async () => (await import("./offline/vision.ts")).offlineVision(),
		(provider): Promise<Adapter<Vision>> => import(`./${provider}/vision.ts`),
		settings,
	);
	if (defaultProvider === "instant") {
		models.set("instant", async () => (await import("./offline/instant-vision.ts")).instantVision());
	}
	if (defaultProvider === "replay" && replayFolder) {
		models.set(
			"replay",
			once(async () => (await import("./offline/replay-vision.ts")).replayVision(replayFolder)),
		);
	}
	if (!models.has(defaultProvider)) {
		throw new Error(
			`There is no vision provider "${defaultProvider}": set visionProvider in cdk.json to one of ${visionProviders.join(", ")}.`,
		);
	}
	const describeBy = async ({ provider, model }: ListedModel, request: VisionRequest) => {
		const vision = models.get(provider);
		if (!vision) throw new ModelFailure("provider_not_configured", `There is no vision provider "${provider}".`);
		if (provider === "offline" && model) {
			throw new ModelFailure("model_gone", `The provider offline has no model "${model}".`);
		}
		const described = onUnread && readsNoPlaces(provider) ? placed(await vision(), onUnread) : await vision();
		return described.describe({ ...request, provider, model });
	};
	const list = [defaultProvider, ...fallbacks].map(readListedModel);
	return {
		async describe(request) {
			if (!request.provider && !request.model) {
				return firstToServe(
					list,
					request.deadline,
					async (listed, deadline, billed) => {
						const answer = await describeBy(listed, { ...request, deadline });
						return { ...answer, usage: [...billed, ...answer.usage] };
					},
					onTakeover,
				);
			}
			const provider = request.provider ?? defaultProvider;
			const { model } = request;
			try {
				return await describeBy({ provider, model }, request);
			} catch (error) {
				throw await refusalOf(error, { provider, model, isDefault: provider === defaultProvider }, settings);
			}
		},
	};
}

const readsNoPlaces = (provider: string) => (providersWith("vision") as string[]).includes(provider);

const placed = (vision: Vision, onUnread: (reason: unknown) => void) =>
	placedVision(
		vision,
		async (request) => {
			const { readPicture, storedLines } = await import("./offline/read-picture.ts");
			return storedLines((await readPicture(request)).lines);
		},
		onUnread,
	);
