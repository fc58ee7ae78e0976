import { ModelFailure } from "#core/errors.ts";
import type { ProviderSettings } from "./provider.ts";

/** Whom a request calls. */
interface CalledModel {
	provider: string;
	/** Undefined for the provider's own. */
	model: string | undefined;
	/** It is the environment's own provider. */
	isDefault: boolean;
}

/**
 * Converts a failure of what a request names to one in words for its caller, which list the possible values. A failure
 * of the environment's own provider or model stays as it is, in words for whoever runs the environment.
 */
export async function refusalOf(
	error: unknown,
	{ provider, model, isDefault }: CalledModel,
	settings: Readonly<Record<string, Partial<ProviderSettings> | undefined>>,
): Promise<unknown> {
	if (!(error instanceof ModelFailure)) return error;
	const { cause, usage } = error;
	if (error.code === "provider_not_configured" && !isDefault) {
		const possible = await possibleProviders(settings, provider);
		const detail = `The provider "${provider}" is not available here. Possible are ${possible}.`;
		return new ModelFailure("provider_not_available", detail, { cause, usage });
	}
	if (error.code === "model_gone" && model !== undefined) {
		const possible = await possibleProviders(settings);
		const detail = `The provider ${provider} has no model "${model.slice(0, 100)}" here: name another of its models, or none. Possible are ${possible}.`;
		return new ModelFailure("model_not_found", detail, { cause, usage });
	}
	return error;
}

/** Lists offline and the providers that have their key, each with its own model. */
async function possibleProviders(
	settings: Parameters<typeof refusalOf>[2],
	/** One that has just refused its key, or has none. */
	except?: string,
): Promise<string> {
	const names = await Promise.all(
		Object.entries(settings).map(async ([name, own]) => {
			if (!own || name === except) return [];
			// A key that cannot be read now serves no request either.
			const key = own.key ? await own.key.read().catch(() => null) : "the role's own";
			return key ? [`${name} (${own.model})`] : [];
		}),
	);
	return ["offline", ...names.flat()].join(", ");
}
