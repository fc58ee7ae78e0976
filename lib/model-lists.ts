import { readListedModel } from "#ai/providers.ts";
import type { Environment } from "./environments.ts";

/**
 * Replaces the settings that a task's list of models says, too: the first is its provider, and the first model that the
 * list names of a provider is that provider's own.
 */
export function withListedModels(environment: Environment): Environment {
	return withList(withList(environment, "vision"), "chat");
}

function withList(environment: Environment, task: keyof Environment["modelLists"]): Environment {
	const { openaiServer, modelLists } = environment;
	const listed = modelLists[task].map(readListedModel);
	const [first] = listed;
	if (!first) return environment;
	const own = new Map<string, string>();
	const entries = listed.map(({ provider, model }) => {
		if (!model) return provider;
		if (!own.has(provider)) own.set(provider, model);
		return own.get(provider) === model ? provider : `${provider}/${model}`;
	});
	const ofServer = openaiServer && own.get("openai");
	const table = task === "chat" ? "chatModels" : "models";
	return {
		...environment,
		[`${task}Provider`]: first.provider,
		[table]: { ...environment[table], ...Object.fromEntries(own) },
		...(ofServer && { openaiServer: { ...openaiServer, models: { ...openaiServer.models, [task]: ofServer } } }),
		modelLists: { ...modelLists, [task]: [...new Set(entries)] },
	};
}
